import { getCode } from "viem/actions";
import { PERMIT2 } from "../core/index.ts";
import { ContractError, contractError } from "./errors.ts";
import { nowTag } from "./local.ts";
import type { ReadClient } from "./types.ts";

export type RequirePermit2ReturnType = undefined;

export type RequirePermit2ErrorType = ContractError;

/**
 * Looks whether Permit2 is there: on a chain without it the contracts' call to it reverts without a name, and a signature for it is asked
 * for in vain.
 *
 * @throws ContractError `Permit2Missing` with its address
 * @example
 * await requirePermit2(client);
 */
export async function requirePermit2(client: ReadClient): Promise<RequirePermit2ReturnType> {
  const code = await getCode(client, { address: PERMIT2, blockTag: nowTag(client) }).catch(
    (error: unknown) => {
      throw contractError(error);
    },
  );
  if (code !== undefined && code !== "0x") return;
  throw new ContractError(
    "Permit2Missing",
    [PERMIT2],
    `Permit2 is not deployed at ${PERMIT2} on this chain.`,
  );
}

import type { Address, Hex } from "viem";
import { grantsAbi } from "../generated/index.ts";
import type { Contracts } from "./deployments.ts";
import type { ContractError } from "./errors.ts";
import type { Sent, WriteClient } from "./types.ts";
import { write } from "./write.ts";

export type RotateKeysParameters = {
  contracts: Contracts;
  grantId: Hex;
  /** X25519; keys are sealed to it from here on. */
  encryptionKey: Hex;
  /** Signs sessions from here on. The voucher signer of a channel stays. */
  signer: Address;
};

export type RotateKeysReturnType = Sent;

export type RotateKeysErrorType = ContractError;

/**
 * Names new keys for a grant of the client's account, for instance after a device was lost.
 *
 * @throws ContractError named as in IGrants
 * @example
 * await rotateKeys(buyer, { contracts, grantId, encryptionKey: keys.encryptionKey, signer: keys.signer });
 */
export async function rotateKeys(
  client: WriteClient,
  parameters: RotateKeysParameters,
): Promise<RotateKeysReturnType> {
  const { contracts, grantId, encryptionKey, signer } = parameters;
  const { hash, receipt } = await write(client, {
    abi: grantsAbi,
    address: contracts.Grants,
    functionName: "rotateKeys",
    args: [grantId, encryptionKey, signer],
  });
  return { hash, receipt };
}

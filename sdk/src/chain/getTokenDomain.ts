import { type Address, domainSeparator, parseAbi, type TypedDataDomain } from "viem";
import { getChainId } from "viem/actions";
import { ContractError, contractError } from "./errors.ts";
import { read } from "./read.ts";
import type { ReadClient } from "./types.ts";

const abi = parseAbi([
  "function name() view returns (string)",
  "function version() view returns (string)",
  "function DOMAIN_SEPARATOR() view returns (bytes32)",
]);

/** Of tokens that do not say: OpenZeppelin's and Solmate's use 1. USDC says 2. */
const DEFAULT_VERSION = "1";

export type GetTokenDomainParameters = { token: Address };

export type GetTokenDomainReturnType = TypedDataDomain;

export type GetTokenDomainErrorType = ContractError;

/**
 * The EIP-712 domain under which a token takes EIP-2612 permits and EIP-3009 authorisations. What is returned has the token's own
 * separator, so a signature under it counts there.
 *
 * @throws ContractError `TokenDomainUnknown` if the token does not say it, or says something else than it checks
 * @example
 * const signature = await signTypedData(wallet, permit(await getTokenDomain(client, { token }), message));
 */
export async function getTokenDomain(
  client: ReadClient,
  { token }: GetTokenDomainParameters,
): Promise<GetTokenDomainReturnType> {
  const ask = (functionName: "name" | "version" | "DOMAIN_SEPARATOR") =>
    read(client, { abi, address: token, functionName, args: [] }).catch((error: unknown) => {
      if (["Unreachable", "ChainFault"].includes(contractError(error).name)) throw error;
      return undefined; // the token has no such function
    });
  const [name, version = DEFAULT_VERSION, separator] = await Promise.all([
    ask("name"),
    ask("version"),
    ask("DOMAIN_SEPARATOR"),
  ]);
  const chainId = client.chain?.id ?? (await getChainId(client));
  const domain = { name, version, chainId, verifyingContract: token };
  if (name !== undefined && separator !== undefined && domainSeparator({ domain }) === separator)
    return domain;
  throw new ContractError(
    "TokenDomainUnknown",
    [token],
    `Token ${token} does not say what its signatures cover.`,
  );
}

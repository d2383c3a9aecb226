/** How an account can pay in a token: asked of the chain and of the wallet, never of a list of known tokens. */
import { type Address, erc20Abi, type Hex, type PublicClient, parseAbi, zeroHash } from "viem";
import type { Config } from "wagmi";
import { getCapabilities } from "wagmi/actions";
import type { WeirConfig } from "./config.ts";
import { tokenDomain } from "./weir.ts";

/** `none`: nothing is paid. `allowance`: an earlier approval is enough. */
export type Way = "none" | "native" | "allowance" | "eip3009" | "permit" | "permit2" | "batch" | "approve";

export interface TokenFacts {
  balance: bigint;
  /** What the spender may take already. */
  allowance: bigint;
  eip3009: boolean;
  permit: boolean;
  /** Undefined where Permit2 is not deployed. */
  permit2Allowance: bigint | undefined;
  /** The wallet sends several calls as one (EIP-5792). */
  batches: boolean;
}

/** Uniswap's Permit2, the same on every chain. */
export const PERMIT2: Address = "0x000000000022D473030F116dDEE9F6B43aC78BA3";
const PROBES = parseAbi([
  "function authorizationState(address authorizer, bytes32 nonce) view returns (bool)",
  "function nonces(address owner) view returns (uint256)",
]);

const isZero = (token: string): boolean => /^0x0{40}$/i.test(token);

async function walletBatches(wagmi: Config, chainId: number): Promise<boolean> {
  try {
    const found = (await getCapabilities(wagmi, { chainId })) as { atomic?: { status?: string } };
    return found.atomic?.status === "supported" || found.atomic?.status === "ready";
  } catch {
    return false; // most wallets do not know the question
  }
}

export async function tokenFacts(p: {
  wagmi: Config;
  config: WeirConfig;
  reader: PublicClient;
  token: Address;
  owner: Address;
  /** Grants for a purchase, an escrow for a top-up. */
  spender: Address;
}): Promise<TokenFacts> {
  const { reader, token, owner } = p;
  const erc20 = { address: token, abi: erc20Abi } as const;
  const allowed = (spender: Address) =>
    reader.readContract({ ...erc20, functionName: "allowance", args: [owner, spender] });
  /** A refused probe means "the token cannot"; a chain that is away fails the balance beside it. */
  const can = (probe: Promise<unknown>): Promise<boolean> =>
    probe.then(
      () => true,
      () => false,
    );
  const [balance, allowance, code, permit2Code, domain, eip3009, permit, batches] = await Promise.all([
    reader.readContract({ ...erc20, functionName: "balanceOf", args: [owner] }),
    allowed(p.spender),
    reader.getCode({ address: owner }),
    reader.getCode({ address: PERMIT2 }),
    can(tokenDomain(reader, token)),
    can(
      reader.readContract({
        address: token,
        abi: PROBES,
        functionName: "authorizationState",
        args: [owner, zeroHash],
      }),
    ),
    can(reader.readContract({ address: token, abi: PROBES, functionName: "nonces", args: [owner] })),
    walletBatches(p.wagmi, p.config.chainId),
  ]);
  // A contract's signature is no key's: tokens differ in whether they take it, so it is not offered.
  const signs = isKey(code);
  return {
    balance,
    allowance,
    eip3009: signs && domain && eip3009,
    permit: signs && domain && permit,
    permit2Allowance: signs && permit2Code ? await allowed(PERMIT2) : undefined,
    batches,
  };
}

/** No code, or only the pointer of EIP-7702, which leaves the key in charge. */
const isKey = (code: Hex | undefined): boolean => !code || code === "0x" || code.startsWith("0xef0100");

/** What can be chosen for this amount, the one with the fewest questions first. */
export function waysToPay(token: string, amount: bigint, facts: TokenFacts | undefined): Way[] {
  if (amount === 0n) return ["none"];
  if (isZero(token)) return ["native"];
  if (!facts) return [];
  const ways: Way[] = [];
  const { permit2Allowance } = facts;
  const permit2Ready = permit2Allowance !== undefined && permit2Allowance >= amount;
  if (facts.allowance >= amount) ways.push("allowance");
  if (facts.eip3009) ways.push("eip3009");
  if (facts.permit) ways.push("permit");
  if (permit2Ready) ways.push("permit2");
  if (facts.batches) ways.push("batch");
  ways.push("approve");
  if (permit2Allowance !== undefined && !permit2Ready) ways.push("permit2");
  return ways;
}

/** How many transactions the wallet will be asked for. */
export const transactionsOf = (way: Way, amount: bigint, facts: TokenFacts | undefined): 1 | 2 =>
  way === "approve" || (way === "permit2" && (facts?.permit2Allowance ?? 0n) < amount) ? 2 : 1;

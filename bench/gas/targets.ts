/** What the design promises, and the best that others do, measured the same way: ERC-20, whole transactions, payee funded before. */

export type Target = { target: number; peer?: string; peerGas?: number };

const X402 = "x402 batch-settlement (same compiler settings)";
const X402_TWO_STEPS = `${X402}, claim and settle: two transactions`;
const RAIDEN = "µRaiden (own sources and compiler)";
/** EIP-170. */
const CODE_LIMIT = 24_576;

export const TARGETS: Record<string, Target> = {
  "fund open, ERC-20": { target: 75_000, peer: X402, peerGas: 78_240 },
  "fund open, ETH": { target: 54_500 },
  "top-up, ERC-20": { target: 54_000, peer: X402, peerGas: 57_835 },
  "re-open, ERC-20": { target: 54_000, peer: X402, peerGas: 57_835 },
  "claim one, ERC-20": { target: 57_000, peer: RAIDEN, peerGas: 59_627 },
  "claim one with two cuts, ERC-20": {
    target: 69_000,
    peer: `${X402_TWO_STEPS}, without cuts`,
    peerGas: 91_384,
  },
  "claim of 50 with relay cut, each, ERC-20": {
    target: 13_400,
    peer: `${X402}, extrapolated, settle included, without cuts`,
    peerGas: 20_100,
  },
  "close with voucher and refund, ERC-20": { target: 64_000, peer: RAIDEN, peerGas: 70_745 },
  "close with voucher, refund and two cuts, ERC-20": {
    target: 75_000,
    peer: `${RAIDEN}, without cuts`,
    peerGas: 70_745,
  },
  "Grants.buy metered, ETH": { target: 138_000 },
  "Grants.buy metered, ERC-20 by PULL": { target: 165_000 },
  "new storage slots per message after open": { target: 0 },
  // The chain's price of EIP-7951 (6,900) and the call to it, and OpenZeppelin's arithmetic where no chain offers it: the budgets of the design.
  "P-256 check, precompile": { target: 7_650 },
  "P-256 check, Solidity fallback": { target: 247_000 },
};

/** The chain itself refuses more code than this. */
export const targetOf = (name: string): Target | undefined =>
  TARGETS[name] ?? (name.startsWith("size ") ? { target: CODE_LIMIT } : undefined);

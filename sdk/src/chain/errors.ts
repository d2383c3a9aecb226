/**
 * What went wrong on the way to the chain, as one named error.
 *
 * Contract errors keep the name and the arguments that the Solidity interface gives them, whichever contract of a
 * nested call raised them. Wallet and network faults get the names in `TRANSPORT_ERRORS`.
 */
import {
  type Abi,
  BaseError,
  ContractFunctionRevertedError,
  decodeErrorResult,
  type ContractErrorName as ErrorNameOf,
  type Hex,
  parseAbi,
} from "viem";
import {
  anchorsAbi,
  channelsAbi,
  consentsAbi,
  grantsAbi,
  hubsAbi,
  listingsAbi,
  ratingsAbi,
  relaysAbi,
  subscriptionsAbi,
} from "../generated/index.ts";

/**
 * What comes through our contracts from others: tokens (OpenZeppelin's and Solady's names, EIP-2612, the test token's EIP-3009)
 * and Permit2.
 */
const OUTSIDE_ERRORS = parseAbi([
  "error ERC20InsufficientBalance(address sender, uint256 balance, uint256 needed)",
  "error ERC20InsufficientAllowance(address spender, uint256 allowance, uint256 needed)",
  "error ERC20InvalidSender(address sender)",
  "error ERC20InvalidReceiver(address receiver)",
  "error ERC20InvalidApprover(address approver)",
  "error ERC20InvalidSpender(address spender)",
  "error ERC2612ExpiredSignature(uint256 deadline)",
  "error ERC2612InvalidSigner(address signer, address owner)",
  "error InvalidAccountNonce(address account, uint256 currentNonce)",
  "error EnforcedPause()",
  "error InsufficientBalance()",
  "error InsufficientAllowance()",
  "error TransferFailed()",
  "error TransferFromFailed()",
  "error AuthorizationNotInTime(uint256 validAfter, uint256 validBefore)",
  "error AuthorizationGone(address authorizer, bytes32 nonce)",
  "error AuthorizationNotSigned(address authorizer)",
  "error CallerNotRecipient(address caller, address to)",
  "error SignatureExpired(uint256 signatureDeadline)",
  "error InvalidNonce()",
  "error InvalidSigner()",
  "error InvalidSignature()",
  "error InvalidSignatureLength()",
  "error InvalidContractSignature()",
  "error InvalidAmount(uint256 maxAmount)",
]);

/** The name of an error that is not ours but comes through our contracts. */
export type OutsideErrorName = ErrorNameOf<typeof OUTSIDE_ERRORS>;

/** Older tokens and Permit2's transfer library revert with words. The first match wins. */
const REASONS: readonly [words: RegExp, name: OutsideErrorName | "AccountFrozen"][] = [
  [/exceeds balance/i, "ERC20InsufficientBalance"],
  [/exceeds allowance/i, "ERC20InsufficientAllowance"],
  [/authorization is (used|canceled)/i, "AuthorizationGone"],
  [/authorization is (expired|not yet valid)/i, "AuthorizationNotInTime"],
  [/invalid signature/i, "AuthorizationNotSigned"],
  [/blacklist|blocklist|frozen/i, "AccountFrozen"],
  [/paused/i, "EnforcedPause"],
  [/TRANSFER_FROM_FAILED/, "TransferFromFailed"],
];

const ALL_ERRORS: Abi = [
  ...channelsAbi,
  ...subscriptionsAbi,
  ...hubsAbi,
  ...listingsAbi,
  ...consentsAbi,
  ...grantsAbi,
  ...ratingsAbi,
  ...relaysAbi,
  ...anchorsAbi,
  ...OUTSIDE_ERRORS,
].filter((item) => item.type === "error");

/** viem's error class → our name. The first match in the chain of causes wins, in this order. */
const TRANSPORT_ERRORS = [
  ["UserRejectedRequestError", "UserRejected"],
  ["InsufficientFundsError", "InsufficientFunds"],
  ["ChainMismatchError", "WrongChain"],
  ["InvalidChainIdError", "WrongChain"],
  ["SwitchChainError", "WrongChain"],
  ["ContractFunctionZeroDataError", "NoContract"],
  ["NonceTooLowError", "NonceConflict"],
  ["NonceTooHighError", "NonceConflict"],
  ["WaitForTransactionReceiptTimeoutError", "ReceiptTimeout"],
  ["TransactionReceiptNotFoundError", "ReceiptTimeout"],
  ["HttpRequestError", "Unreachable"],
  ["WebSocketRequestError", "Unreachable"],
  ["SocketClosedError", "Unreachable"],
  ["TimeoutError", "Unreachable"],
] as const;

/** Hardhat's words, which viem does not know. */
const TOO_POOR = /sender doesn't have enough funds/i;

/** What a wallet answers in place of doing it, by code: EIP-1193, EIP-1474's "resource unavailable", EIP-5792; 5000 is CAIP-25's "no". */
export const WALLET_REFUSALS = {
  4001: "UserRejected",
  5000: "UserRejected",
  5750: "UserRejected", // the account was to become one that can do several steps at once
  4100: "WalletLocked",
  4200: "WalletCannot",
  4900: "WalletOffline",
  4901: "WalletOffChain",
  4902: "WrongChain",
  [-32002]: "WalletBusy",
  5700: "BatchNotPossible",
  5710: "BatchNotPossible",
  5760: "BatchNotPossible",
  5720: "BatchRepeated",
  5730: "BatchUnknown",
  5740: "BatchTooLarge",
} as const;

/** Every name that this file gives, besides those of contracts and tokens. The SDK's table of sentences has to know them all. */
export type TransportErrorName =
  | (typeof TRANSPORT_ERRORS)[number][1]
  | (typeof WALLET_REFUSALS)[keyof typeof WALLET_REFUSALS]
  | "AccountFrozen"
  | "Reverted"
  | "ChainFault";

/** Nodes say with -32002, which is a busy wallet's code, that they were too slow. */
const TOO_SLOW = /timed? ?out/i;

/**
 * One failed read or write.
 *
 * `name` is the contract error's name (`ChannelIsClosing`), that of a token or Permit2 (`ERC20InsufficientBalance`, `SignatureExpired`;
 * where an older token gives words, they are the only argument), one of `TransportErrorName` (`Reverted` has words at most), `TransactionReverted`,
 * `TransactionReplaced` or `EventMissing`.
 */
export class ContractError extends Error {
  readonly args: readonly unknown[];

  constructor(name: string, args: readonly unknown[], message: string, cause?: unknown) {
    super(message, { cause });
    this.name = name;
    this.args = args;
  }
}

/**
 * Walks an error's causes and returns the one that matters, under our name and with the original as `cause`. A
 * ContractError is returned as it is.
 *
 * @example
 * try { await buy(wallet, { contracts, purchase }) } catch (error) {
 *   if (contractError(error).name === "UserRejected") return;
 * }
 */
export function contractError(error: unknown): ContractError {
  if (error instanceof ContractError) return error;
  const chain = causesOf(error);
  const make = (name: TransportErrorName, cause: Error) =>
    new ContractError(name, [], shortMessage(cause), error);
  const decoded = chain.map(revertData).map(decode).find(Boolean);
  if (decoded) return new ContractError(decoded.name, decoded.args, describe(decoded), error);
  for (const [viemName, name] of TRANSPORT_ERRORS) {
    const found = chain.find((cause) => cause.name === viemName);
    if (found) return make(name, found);
  }
  const refusal = refusalIn(error);
  if (refusal) return new ContractError(refusal, [], wordsOf(error), error);
  const poor = chain.find((cause) => TOO_POOR.test(cause.message));
  if (poor) return make("InsufficientFunds", poor);
  const reverted = chain.find((cause) => cause instanceof ContractFunctionRevertedError);
  if (reverted instanceof ContractFunctionRevertedError) {
    const reason = reverted.reason ?? shortMessage(reverted);
    return new ContractError(namedBy(reason), [], reason, error);
  }
  return new ContractError("ChainFault", [], wordsOf(error), error);
}

/** Whether the person said no in the wallet: nothing was sent, and nothing is wrong. */
export const isRejected = (error: unknown): boolean => contractError(error).name === "UserRejected";

/** The first of a wallet's refusals among an error and its causes; wallets also throw plain objects, and wrap one in another's `data`. */
function refusalIn(error: unknown): TransportErrorName | undefined {
  const seen = new Set<unknown>();
  for (const queue = [error]; queue.length > 0; ) {
    const at = queue.shift();
    if (typeof at !== "object" || at === null || seen.has(at)) continue;
    seen.add(at);
    const { code, cause, data, message } = at as Record<"code" | "cause" | "data" | "message", unknown>;
    if (typeof code === "number" && Object.hasOwn(WALLET_REFUSALS, code)) {
      const name = WALLET_REFUSALS[code as keyof typeof WALLET_REFUSALS];
      return name === "WalletBusy" && TOO_SLOW.test(String(message)) ? "Unreachable" : name;
    }
    queue.push(cause, (data as { originalError?: unknown } | undefined)?.originalError);
  }
  return undefined;
}

/**
 * The error in revert data that an event carries, such as `reason` of PurchaseSkipped. Empty data (the call ran out of gas) and
 * unknown ones are `Reverted`.
 *
 * @example const { name } = revertError(skipped.reason);
 */
export function revertError(data: Hex): ContractError {
  const decoded = decode(data === "0x" ? undefined : data);
  return decoded
    ? new ContractError(decoded.name, decoded.args, describe(decoded))
    : new ContractError("Reverted", [], data === "0x" ? "ran out of gas" : data);
}

/** An error of a called contract is unknown to the calling contract's ABI, so all of them are tried. */
function decode(data: Hex | undefined): { name: string; args: readonly unknown[] } | undefined {
  if (!data) return undefined;
  try {
    const { errorName, args = [] } = decodeErrorResult({ abi: ALL_ERRORS, data });
    // Solidity's own two: a reason in words, and a failed assertion.
    if (errorName === "Error") return { name: namedBy(String(args[0])), args };
    return { name: errorName === "Panic" ? "Reverted" : errorName, args };
  } catch (fault) {
    if (fault instanceof BaseError) return undefined; // not one of ours: the caller reports it as undecodable
    throw fault;
  }
}

const namedBy = (reason: string): string => REASONS.find(([words]) => words.test(reason))?.[1] ?? "Reverted";

/** The error and everything that caused it, outermost first. */
export function causesOf(error: unknown): Error[] {
  const list: Error[] = [];
  for (let at = error; at instanceof Error && !list.includes(at); at = at.cause) list.push(at);
  return list;
}

/** Nodes put the revert data into `data`, some of them one level deeper. */
function revertData(error: Error): Hex | undefined {
  const data =
    error instanceof ContractFunctionRevertedError ? error.raw : (error as { data?: unknown }).data;
  const inner = typeof data === "object" && data !== null ? (data as { data?: unknown }).data : data;
  return typeof inner === "string" && /^0x[0-9a-fA-F]{8,}$/.test(inner) ? (inner as Hex) : undefined;
}

const shortMessage = (error: Error): string =>
  error instanceof BaseError ? error.shortMessage : error.message;

/** Of anything that was thrown: wallets throw plain objects, too. */
function wordsOf(error: unknown): string {
  if (error instanceof Error) return shortMessage(error);
  const message = (error as { message?: unknown } | null | undefined)?.message;
  return typeof message === "string" ? message : String(error);
}

const describe = ({ name, args }: { name: string; args: readonly unknown[] }): string =>
  `${name}(${args.map((arg) => (typeof arg === "object" ? "…" : String(arg))).join(", ")})`;

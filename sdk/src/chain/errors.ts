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
const TRANSPORT_ERRORS: readonly [viemName: string, name: string][] = [
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
];

/** Hardhat's words, which viem does not know. */
const TOO_POOR = /sender doesn't have enough funds/i;

/** JSON-RPC codes of EIP-1193 that wallets send without a class of viem's around them. */
const REJECTED_CODES: ReadonlySet<number> = new Set([4001, 5000]);

/**
 * One failed read or write.
 *
 * `name` is the contract error's name (`ChannelIsClosing`), that of a token or Permit2 (`ERC20InsufficientBalance`, `SignatureExpired`;
 * where an older token gives words, they are the only argument), or one of `AccountFrozen`, `UserRejected`, `InsufficientFunds`, `WrongChain`, `NoContract`,
 * `NonceConflict`, `ReceiptTimeout`, `Unreachable`, `TransactionReverted`, `Reverted` (words at most), `EventMissing`, `ChainFault`.
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
  const make = (name: string, cause: Error) => new ContractError(name, [], shortMessage(cause), error);
  const decoded = chain.map(revertData).map(decode).find(Boolean);
  if (decoded) return new ContractError(decoded.name, decoded.args, describe(decoded), error);
  for (const [viemName, name] of TRANSPORT_ERRORS) {
    const found = chain.find((cause) => cause.name === viemName);
    if (found) return make(name, found);
  }
  const rejected = chain.find((cause) => REJECTED_CODES.has(Number((cause as { code?: unknown }).code)));
  if (rejected) return make("UserRejected", rejected);
  const poor = chain.find((cause) => TOO_POOR.test(cause.message));
  if (poor) return make("InsufficientFunds", poor);
  const reverted = chain.find((cause) => cause instanceof ContractFunctionRevertedError);
  if (reverted instanceof ContractFunctionRevertedError) {
    const reason = reverted.reason ?? shortMessage(reverted);
    return new ContractError(namedBy(reason), [], reason, error);
  }
  return chain[0] ? make("ChainFault", chain[0]) : new ContractError("ChainFault", [], String(error), error);
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

const describe = ({ name, args }: { name: string; args: readonly unknown[] }): string =>
  `${name}(${args.map((arg) => (typeof arg === "object" ? "…" : String(arg))).join(", ")})`;

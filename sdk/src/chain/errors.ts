/**
 * What went wrong on the way to the chain, as one named error.
 *
 * Contract errors keep the name and the arguments that the Solidity interface gives them, whichever contract of a
 * nested call raised them. Wallet and network faults get the names in `TRANSPORT_ERRORS`.
 */
import { type Abi, BaseError, ContractFunctionRevertedError, decodeErrorResult, type Hex } from "viem";
import { channelsAbi, grantsAbi, hubsAbi, listingsAbi } from "../generated/index.ts";

const ALL_ERRORS: Abi = [...channelsAbi, ...hubsAbi, ...listingsAbi, ...grantsAbi].filter(
  (item) => item.type === "error",
);

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
 * `name` is the contract error's name (`ChannelIsClosing`), or one of `UserRejected`, `InsufficientFunds`, `WrongChain`, `NoContract`,
 * `NonceConflict`, `ReceiptTimeout`, `Unreachable`, `TransactionReverted`, `Reverted` (no decodable reason), `EventMissing`, `ChainFault`.
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
  if (reverted instanceof ContractFunctionRevertedError)
    return new ContractError("Reverted", [], reverted.reason ?? shortMessage(reverted), error);
  return chain[0] ? make("ChainFault", chain[0]) : new ContractError("ChainFault", [], String(error), error);
}

/** An error of a called contract is unknown to the calling contract's ABI, so all of them are tried. */
function decode(data: Hex | undefined): { name: string; args: readonly unknown[] } | undefined {
  if (!data) return undefined;
  try {
    const { errorName, args } = decodeErrorResult({ abi: ALL_ERRORS, data });
    return { name: errorName, args: (args as readonly unknown[] | undefined) ?? [] };
  } catch (fault) {
    if (fault instanceof BaseError) return undefined; // not one of ours: the caller reports it as undecodable
    throw fault;
  }
}

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

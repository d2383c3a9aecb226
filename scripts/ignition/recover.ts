/**
 * Clears up what an interruption leaves in doubt. Ignition notes a nonce before it sends, and the hash afterwards; a run that ended in
 * between (killed, out of money, connection lost) does not know whether there is a transaction, and Ignition alone would stop there.
 */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { trackTransaction } from "@nomicfoundation/ignition-core";
import type { EthereumProvider } from "hardhat/types/providers";
import { type Address, type Hex, isAddressEqual, toHex } from "viem";
import { writeAtomically } from "./records.ts";

type Message = {
  type: string;
  futureId?: string;
  networkInteractionId?: number;
  nonce?: number;
  from?: Address;
};
type Doubt = { line: number; from: Address; nonce: number };
type Transaction = { hash: Hex; from: Address; nonce: Hex };

/** Finds each doubtful transaction and hands it to the journal, or takes back the note of one that never left. */
export async function settleDoubts(provider: EthereumProvider, journal: string): Promise<void> {
  const path = join(journal, "journal.jsonl");
  const lines = (await readFile(path, "utf8")).split("\n");
  const neverSent = new Set<number>(notBegun(lines));
  const found: Hex[] = [];
  for (const { line, from, nonce } of doubtsOf(lines)) {
    if (nonce >= (await countOf(provider, from, "pending"))) neverSent.add(line);
    else {
      const hash = await findTransaction(provider, from, nonce);
      if (hash !== undefined) found.push(hash); // otherwise Ignition says what it misses
    }
  }
  if (neverSent.size > 0)
    await writeAtomically(path, lines.filter((_, line) => !neverSent.has(line)).join("\n"));
  for (const hash of found) await trackTransaction(journal, hash, provider);
}

/**
 * Steps that were noted and then not begun: killed between the two lines. Ignition takes such a step for broken, so its note is taken
 * back; nothing was sent for it.
 */
function notBegun(lines: string[]): number[] {
  const noted = new Map<string, number>();
  for (const [line, text] of lines.entries()) {
    if (text.trim() === "") continue;
    const { type, futureId = "" } = JSON.parse(text) as Message;
    if (/^(DEPLOYMENT|CALL|SEND_DATA)_EXECUTION_STATE_INITIALIZE$/.test(type)) noted.set(futureId, line);
    if (type === "NETWORK_INTERACTION_REQUEST") noted.delete(futureId);
  }
  return [...noted.values()];
}

/** Notes of a nonce that no hash follows. */
function doubtsOf(lines: string[]): Doubt[] {
  const senders = new Map<string, Address>();
  const open = new Map<string, Doubt>();
  for (const [line, text] of lines.entries()) {
    if (text.trim() === "") continue;
    const { type, futureId = "", networkInteractionId, nonce, from } = JSON.parse(text) as Message;
    if (from !== undefined) senders.set(futureId, from);
    const sender = senders.get(futureId);
    const interaction = `${futureId} ${networkInteractionId}`;
    if (type === "TRANSACTION_PREPARE_SEND" && sender !== undefined && nonce !== undefined)
      open.set(interaction, { line, from: sender, nonce });
    if (type === "TRANSACTION_SEND") open.delete(interaction);
  }
  return [...open.values()];
}

async function countOf(provider: EthereumProvider, from: Address, block: string): Promise<number> {
  return Number(await provider.request({ method: "eth_getTransactionCount", params: [from, block] }));
}

/** Among the pending ones, or in the first block after which the account has used the nonce. */
async function findTransaction(
  provider: EthereumProvider,
  from: Address,
  nonce: number,
): Promise<Hex | undefined> {
  if ((await countOf(provider, from, "latest")) <= nonce) return inBlock(provider, "pending", from, nonce);
  let last = Number(await provider.request({ method: "eth_blockNumber" }));
  let first = 0;
  while (first < last) {
    const middle = Math.floor((first + last) / 2);
    if ((await countOf(provider, from, toHex(middle))) > nonce) last = middle;
    else first = middle + 1;
  }
  return inBlock(provider, toHex(first), from, nonce);
}

async function inBlock(
  provider: EthereumProvider,
  block: string,
  from: Address,
  nonce: number,
): Promise<Hex | undefined> {
  const found = (await provider.request({ method: "eth_getBlockByNumber", params: [block, true] })) as {
    transactions: Transaction[];
  } | null;
  return found?.transactions.find((one) => isAddressEqual(one.from, from) && Number(one.nonce) === nonce)
    ?.hash;
}

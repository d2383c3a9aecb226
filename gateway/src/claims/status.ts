// What the operator sees of his channels' money. Whoever can read the data folder may ask for it: buyers' accounts are nobody else's business.
import { randomBytes, timingSafeEqual } from "node:crypto";
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type ChannelStatus, hex } from "@weir/sdk/core";
import type { Ledger } from "../keys/ledger.ts";
import type { Receipts } from "../keys/receipts.ts";
import type { Book } from "./book.ts";

/** In the data folder while the gateway runs: where it answers, and what it wants to be shown. */
export const STATUS_FILE = "status.json";

export type Status = {
  /** Channels of the listings of these hubs. */
  channels(hubs: ReadonlySet<bigint> | "all"): ChannelStatus[];
  /** Whether this is the text behind `Bearer` that the file names. */
  admits(token: string): boolean;
  /** Writes the file, for its owner alone. */
  open(url: string): void;
  close(): void;
};

export function createStatus({
  ledger,
  book,
  receipts,
  hubOf,
  dataDir,
}: {
  ledger: Ledger;
  book: Book;
  receipts: Receipts;
  hubOf: (listingId: bigint) => bigint | undefined;
  dataDir: string;
}): Status {
  const token = hex(randomBytes(32)).slice(2);
  const path = join(dataDir, STATUS_FILE);
  const shown = ({ listingId }: { listingId: bigint }, hubs: ReadonlySet<bigint> | "all"): boolean => {
    const hubId = hubOf(listingId);
    return hubs === "all" || (hubId !== undefined && hubs.has(hubId));
  };
  return {
    channels: (hubs) =>
      [...ledger.accounts()]
        .filter((account) => shown(account, hubs))
        .map((account) => {
          const { claimed, since, hash } = book.of(account.channelId);
          const covered = ledger.presentable(account);
          return {
            channelId: account.channelId,
            listingId: String(account.listingId),
            token: account.terms.token,
            owed: String(ledger.owed(account)),
            signed: String(account.total),
            received: receipts.of(account.channelId)?.cumulative.toString() ?? null,
            covered: String(covered > claimed ? covered : claimed),
            claimed: String(claimed),
            waitingSince: since,
            lastClaim: hash,
            capture: account.capture === null ? null : String(account.capture),
            closeHash: account.closeHash,
          };
        }),
    admits(shown) {
      const [a, b] = [Buffer.from(shown), Buffer.from(token)];
      return a.length === b.length && timingSafeEqual(a, b);
    },
    open(url) {
      rmSync(path, { force: true });
      writeFileSync(path, JSON.stringify({ url, token }), { mode: 0o600 });
    },
    close: () => rmSync(path, { force: true }),
  };
}

import {
  type Contracts,
  getChannel,
  getListing,
  getPublisherKeys,
  getPurchase,
  type ReadClient,
} from "../chain/index.ts";
import { type Crypto, type ExportReport, isMetered, VerifyError, verifyExport } from "../core/index.ts";

export type VerifiedExport = ExportReport & {
  /** What the chain says of the channel; null for a free grant. */
  channel: { claimed: bigint; deposit: bigint; closed: boolean } | null;
};

const plain = (value: unknown): string =>
  JSON.stringify(value, (_, item) =>
    typeof item === "bigint" ? String(item) : typeof item === "string" ? item.toLowerCase() : item,
  );

/**
 * Checks an export against itself and against the chain: that these terms were listed, that these keys are the hub's and
 * not revoked, that this purchase was made, and that no more was claimed than the file shows.
 * Throws VerifyError with the line (1 for what the first line states) and the rule; ContractError when the chain cannot
 * be read. The contracts come from the caller, never from the file.
 */
export async function verifyOnChain(p: {
  crypto: Crypto;
  client: ReadClient;
  contracts: Contracts;
  chainId: number;
  fromBlock?: bigint | undefined;
  lines: Iterable<string> | AsyncIterable<string>;
}): Promise<VerifiedExport> {
  const report = await verifyExport(p.crypto, p.lines);
  const { head } = report;
  const need = (holds: boolean, field: string, rule: string): void => {
    if (!holds) throw new VerifyError(1, field, rule);
  };
  const { contracts, client, fromBlock } = p;
  const { delivery, purchase, terms } = head;
  need(delivery.chainId === p.chainId, "chainId", `is ${p.chainId}`);
  for (const [field, name] of [
    ["channels", "Channels"],
    ["hubs", "Hubs"],
    ["grants", "Grants"],
  ] as const) {
    need(delivery[field].toLowerCase() === contracts[name].toLowerCase(), field, "is the deployed contract");
  }
  const { listingId, version } = purchase;
  const listed = await getListing(client, { contracts, listingId, version, fromBlock });
  need(plain(listed.terms) === plain(inOrderOf(listed.terms, terms)), "terms", "are those listed on chain");
  const bought = await getPurchase(client, { contracts, grantId: head.grantId, fromBlock });
  for (const field of [
    "buyer",
    "signer",
    "encryptionKey",
    "buyerSalt",
    "version",
    "plan",
    "market",
  ] as const) {
    need(plain(bought[field]) === plain(purchase[field]), `purchase.${field}`, "is the one bought on chain");
  }
  need(bought.paymentId === head.paymentId, "paymentId", "is the one bought on chain");
  const keys = await getPublisherKeys(client, { contracts, hubId: terms.hubId });
  for (const keyId of report.publisherKeyIds) {
    const own = head.publisherKeys.find((key) => key.keyId === keyId);
    const registered = keys.find((key) => key.keyId === keyId);
    need(registered !== undefined, "publisherKeys", `key ${keyId} is registered for hub ${terms.hubId}`);
    need(
      plain([own?.x, own?.y]) === plain([registered!.x, registered!.y]),
      "publisherKeys",
      `key ${keyId} is the hub's`,
    );
    need(!registered!.revokedAt, "publisherKeys", `key ${keyId} is not revoked`);
  }
  if (!isMetered(terms.plans[purchase.plan]!)) return { ...report, channel: null };
  const { claimed, deposit } = await getChannel(client, { contracts, channelId: head.paymentId });
  const closed = claimed === deposit;
  // A file that begins with the purchase explains the whole bill: nothing was claimed that it does not show.
  if (head.complete) need(claimed <= report.due, "bill", `${claimed} was claimed, ${report.due} is shown`);
  return { ...report, channel: { claimed, deposit, closed } };
}

/** The same fields in the chain's order: JSON keeps the order in which a file happens to be written. */
function inOrderOf(model: unknown, value: unknown): unknown {
  if (Array.isArray(model) && Array.isArray(value)) {
    return value.length === model.length ? value.map((item, i) => inOrderOf(model[i], item)) : value;
  }
  if (model === null || typeof model !== "object" || value === null || typeof value !== "object")
    return value;
  const record = value as Record<string, unknown>;
  const entries = Object.entries(model).map(([key, item]) => [key, inOrderOf(item, record[key])]);
  return Object.keys(record).length === entries.length ? Object.fromEntries(entries) : value;
}

// Writes test/vectors/eip712-channels.json and eip712-subscriptions.json: messages with edge values and the hashes that
// Solidity, viem, ethers and the SDK must all find; delivery.json, frames.json, listing.json and exported.jsonl: the formats of docs/protocol; and the
// table of fields in docs/protocol/wire.md. Run once per change of a message type: `node scripts/vectors.ts`.
import { readFile, writeFile } from "node:fs/promises";
import {
  type Address,
  domainSeparator,
  encodeAbiParameters,
  type Hex,
  hashStruct,
  hashTypedData,
  keccak256,
  parseAbiParameters,
  toHex,
  zeroAddress,
  zeroHash,
} from "viem";
import { privateKeyToAddress } from "viem/accounts";
import { deliveryVectors, frameTable, frameVectors } from "./vectors/delivery.ts";
import { exportVector, listingVector } from "./vectors/texts.ts";

/** The two escrows: their EIP-712 domain, their types (the terms first), and the name of the id that the terms give. */
const ESCROWS = [
  {
    out: new URL("../test/vectors/eip712-channels.json", import.meta.url),
    domain: "Weir Channels",
    id: "channelId",
    types: [
      "Terms(address payer,address payee,address operator,address token,address signer,uint64 listingId,bytes32 relaysHash,uint16 relayBps,address market,uint16 marketBps,uint40 challenge,bytes32 salt)",
      "Voucher(bytes32 channelId,uint96 cumulative,address relay)",
      "TickVoucher(bytes32 channelId,uint96 base,bytes32 tip,uint96 tickValue,uint16 maxTicks,address relay)",
      "CloseOffer(bytes32 channelId,uint96 finalCumulative,uint24 epoch,uint40 deadline)",
      "CloseNotice(bytes32 channelId,uint24 epoch,uint40 deadline)",
      "Session(bytes32 channelId,uint64 sessionNo,address relay,uint32 generation,uint64 fromSeq,uint96 baseTotal,uint40 expiry)",
      "Receipt(bytes32 channelId,bytes32 segmentId,uint96 cumulative)",
    ],
  },
  {
    out: new URL("../test/vectors/eip712-subscriptions.json", import.meta.url),
    domain: "Weir Subscriptions",
    id: "subscriptionId",
    types: [
      "SubscriptionTerms(address payer,address payee,address operator,address token,address signer,address stopper,uint64 listingId,uint96 price,uint40 period,uint96 upfront,bytes32 relaysHash,uint16 relayBps,address market,uint16 marketBps,uint40 notice,bytes32 salt)",
      "CancelNotice(bytes32 subscriptionId,uint32 stop,uint40 deadline)",
    ],
  },
] as const;

type Field = { name: string; type: string };
type Message = Record<string, string | number | bigint>;

/** "Voucher(bytes32 channelId,uint96 cumulative,address relay)" as a name and its fields. */
function parseType(text: string): [string, Field[]] {
  const [name, rest] = text.slice(0, -1).split("(") as [string, string];
  const fields = rest.split(",").map((part) => {
    const [type, field] = part.split(" ") as [string, string];
    return { name: field, type };
  });
  return [name, fields];
}

const address = (n: number): Address => privateKeyToAddress(toHex(n, { size: 32 }));
const word = (text: string): Hex => keccak256(toHex(text));

/** The value of a field in the zero, the maximal and the n-th ordinary message. */
function sampleOf(field: Field, kind: "zero" | "max" | number): string | number | bigint {
  if (field.type === "address") {
    if (kind === "zero") return zeroAddress;
    return kind === "max" ? `0x${"f".repeat(40)}` : address(100 * kind + field.name.length);
  }
  if (field.type === "bytes32") {
    if (kind === "zero") return zeroHash;
    return kind === "max" ? `0x${"f".repeat(64)}` : word(`${field.name} ${kind}`);
  }
  const bits = BigInt(field.type.slice("uint".length));
  if (kind === "zero") return 0n;
  const largest = 2n ** bits - 1n;
  return kind === "max" ? largest : BigInt(word(`${field.name} ${kind}`)) % largest;
}

const relays = [0, 1, 2, 4].map((count) => {
  const list = Array.from({ length: count }, (_, n) => address(50 + n));
  return { list, relaysHash: keccak256(encodeAbiParameters(parseAbiParameters("address[]"), [list])) };
});

/** Nonces of signed fundings of a subscription: keccak256(abi.encode(subscriptionId, amount, stop, fundSalt)). */
const fundNonces = (["zero", "max", 1] as const).map((kind) => {
  const values = [
    { name: "subscriptionId", type: "bytes32" },
    { name: "amount", type: "uint96" },
    { name: "stop", type: "uint32" },
    { name: "fundSalt", type: "bytes32" },
  ].map((field) => [field.name, sampleOf(field, kind)] as const);
  const message = Object.fromEntries(values.map(([name, value]) => [name, String(value)]));
  const encoded = encodeAbiParameters(
    parseAbiParameters("bytes32, uint96, uint32, bytes32"),
    values.map(([, value]) => value) as unknown as [Hex, bigint, number, Hex],
  );
  return { message, nonce: keccak256(encoded) };
});

for (const escrow of ESCROWS) {
  const types: Record<string, Field[]> = Object.fromEntries(escrow.types.map(parseType));
  const [termsType] = Object.keys(types);
  const domains = [
    { name: escrow.domain, version: "1", chainId: 31337, verifyingContract: address(1) },
    { name: escrow.domain, version: "1", chainId: 8453, verifyingContract: address(2) },
  ].map((domain) => ({
    ...domain,
    separator: domainSeparator({ domain }),
    deployment: keccak256(
      encodeAbiParameters(parseAbiParameters("address, uint256"), [
        domain.verifyingContract,
        BigInt(domain.chainId),
      ]),
    ),
  }));

  const vectors = Object.entries(types).flatMap(([primaryType, fields]) =>
    (["zero", "max", 1, 2] as const).map((kind, n) => {
      const at = n % domains.length;
      const { separator: _separator, deployment, ...domain } = domains[at]!;
      const message: Message = Object.fromEntries(fields.map((field) => [field.name, sampleOf(field, kind)]));
      const isTerms = primaryType === termsType;
      if (isTerms && typeof kind === "number") message.relaysHash = relays[kind]!.relaysHash;
      const typed = { types, primaryType, domain, message } as Parameters<typeof hashTypedData>[0];
      const structHash = hashStruct({ data: message, primaryType, types });
      const id = keccak256(
        encodeAbiParameters(parseAbiParameters("bytes32, bytes32"), [deployment, structHash]),
      );
      return {
        domain: at,
        primaryType,
        message: Object.fromEntries(Object.entries(message).map(([name, value]) => [name, String(value)])),
        structHash,
        digest: hashTypedData(typed),
        ...(isTerms ? { [escrow.id]: id } : {}),
      };
    }),
  );

  const nonces = escrow.id === "subscriptionId" ? { fundNonces } : {};
  await writeFile(escrow.out, `${JSON.stringify({ types, domains, relays, vectors, ...nonces }, null, 2)}\n`);
  console.error(`${vectors.length} messages written to ${escrow.out.pathname}`);
}

for (const [name, vectors] of [
  ["delivery", await deliveryVectors()],
  ["frames", await frameVectors()],
] as const) {
  const out = new URL(`../test/vectors/${name}.json`, import.meta.url);
  await writeFile(out, `${JSON.stringify(vectors, null, 2)}\n`);
  console.error(`${vectors.length} layouts written to ${out.pathname}`);
}
const vectors = new URL("../test/vectors/", import.meta.url);
await writeFile(new URL("listing.json", vectors), `${JSON.stringify(listingVector(), null, 2)}\n`);
await writeFile(new URL("exported.jsonl", vectors), `${(await exportVector()).join("\n")}\n`);
const page = new URL("../docs/protocol/wire.md", import.meta.url);
const [before, , after] = (await readFile(page, "utf8")).split(/<!-- \/?fields -->/);
await writeFile(
  page,
  `${before}<!-- fields -->\n\n| type | name | field | holds |\n| ---: | --- | --- | --- |\n${frameTable()}\n\n<!-- /fields -->${after}`,
);

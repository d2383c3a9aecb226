// Who may import whom: the two tables of docs/architecture.md as data, checked over every source file.
// Prints each breach with the row it breaks; exits 1 when there is one.
import { globSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";

/** `may` lists folders of this repository; packages are listed where the table restricts them. */
const ROWS: { folder: string; may: string[]; packages?: RegExp; rule: string }[] = [
  {
    folder: "sdk/src/core/",
    may: ["sdk/src/core/"],
    packages: /^(@noble\/|@hpke\/|cborg|fflate|viem|secp256k1$|node:(crypto|zlib)$)/,
    rule: "sdk/core imports noble, hpke, CBOR, deflate, viem's utilities and itself; no I/O, no rest of the sdk",
  },
  {
    folder: "sdk/src/chain/",
    may: ["sdk/src/chain/", "sdk/src/core/", "sdk/src/generated/"],
    packages: /^viem(\/|$)/,
    rule: "sdk/chain imports core, generated and viem",
  },
  {
    folder: "sdk/src/wire/",
    may: ["sdk/src/wire/", "sdk/src/core/"],
    rule: "sdk/wire imports core and packages, no rest of the sdk",
  },
  {
    folder: "sdk/src/client/",
    may: ["sdk/src/"],
    rule: "sdk/client imports the sdk, nothing of the programs",
  },
  {
    folder: "sdk/src/disk/",
    may: ["sdk/src/disk/"],
    packages: /^node:/,
    rule: "sdk/disk imports itself and Node",
  },
  {
    folder: "relay/",
    may: [
      "relay/",
      "@weir/sdk/core",
      "@weir/sdk/disk",
      "@weir/sdk/native",
      "@weir/sdk/chain",
      "@weir/sdk/wire",
      "@weir/sdk/generated",
    ],
    rule: "relay imports sdk core, chain, wire, disk and generated; never the client, the gateway or the app",
  },
  {
    folder: "gateway/",
    may: [
      "gateway/",
      "@weir/sdk/core",
      "@weir/sdk/disk",
      "@weir/sdk/native",
      "@weir/sdk/chain",
      "@weir/sdk/wire",
      "@weir/sdk/generated",
    ],
    rule: "gateway imports sdk core, chain, wire, disk and generated; never the client, the relay or the app",
  },
  {
    folder: "indexer/",
    may: ["indexer/", "@weir/sdk/core", "@weir/sdk/generated"],
    rule: "indexer imports sdk core and generated",
  },
  {
    folder: "app/",
    may: ["app/", "@/", "@weir/sdk/core", "@weir/sdk/chain", "@weir/sdk/client", "@weir/sdk/generated"],
    rule: "app imports sdk core, chain, client and generated; it speaks HTTP to the indexer",
  },
  {
    folder: "cli/",
    may: ["cli/", "@weir/sdk/"],
    rule: "cli imports the sdk; relay and gateway run as programs",
  },
];

/** Tests cross lines on purpose; only they, scripts and bench may name these helpers. */
const TEST = /(^|\/)test\//;

function owner(path: string): (typeof ROWS)[number] | undefined {
  return ROWS.find((row) => path.startsWith(row.folder));
}

function* specifiers(source: string): Generator<string> {
  const pattern =
    /(?:^|[\s;])(?:import|export)\s[^"';]*?from\s*["']([^"']+)["']|\bimport\(\s*["']([^"']+)["']|^import\s+["']([^"']+)["']/gm;
  for (const match of source.matchAll(pattern)) yield (match[1] ?? match[2] ?? match[3])!;
}

const breaches: string[] = [];

for (const path of globSync("{sdk,relay,gateway,indexer,app,cli}/**/*.{ts,tsx}", {
  exclude: ["**/node_modules/**", "**/.next/**", "**/out/**"],
})) {
  const row = owner(path);
  if (row === undefined || TEST.test(path)) continue;
  for (const specifier of specifiers(readFileSync(path, "utf8"))) {
    const local = specifier.startsWith(".") ? normalize(join(dirname(path), specifier)) : undefined;
    const internal =
      local ?? (specifier.startsWith("@weir/") || specifier.startsWith("@/") ? specifier : undefined);
    const allowed =
      internal === undefined
        ? (row.packages?.test(specifier) ?? true)
        : row.may.some((prefix) => internal === prefix || internal.startsWith(prefix));
    if (!allowed) breaches.push(`${path} imports ${specifier}: ${row.rule}`);
  }
}

/** Contracts: only interfaces, types, libraries and OpenZeppelin; another contract never by its implementation. */
const SOLIDITY: { folder: RegExp; may: RegExp; rule: string }[] = [
  {
    folder: /^contracts\/(types|libraries)\//,
    may: /^(contracts\/(types|libraries)\/|@openzeppelin\/)/,
    rule: "types and libraries import each other and OpenZeppelin",
  },
  {
    folder: /^contracts\/interfaces\//,
    may: /^(contracts\/(types|interfaces)\/|@openzeppelin\/)/,
    rule: "interfaces import types and each other",
  },
  {
    folder: /^contracts\/base\//,
    may: /^(contracts\/(types|libraries|interfaces)\/|@openzeppelin\/)/,
    rule: "base contracts import interfaces, types, libraries and OpenZeppelin",
  },
  {
    folder: /^contracts\/(?!mocks)[^/]+\.sol$/,
    may: /^(contracts\/(types|libraries|interfaces|base)\/|@openzeppelin\/)/,
    rule: "contracts import their base, interfaces, types, libraries and OpenZeppelin; never another contract",
  },
];
for (const path of globSync("contracts/**/*.sol")) {
  const row = SOLIDITY.find(({ folder }) => folder.test(path));
  if (row === undefined) continue;
  for (const [, specifier] of readFileSync(path, "utf8").matchAll(/^import\s[^"]*"([^"]+)";/gm)) {
    const target = specifier!.startsWith(".") ? normalize(join(dirname(path), specifier!)) : specifier!;
    if (!row.may.test(target)) breaches.push(`${path} imports ${specifier}: ${row.rule}`);
  }
}

if (breaches.length > 0) {
  console.error(breaches.join("\n"));
  process.exit(1);
}

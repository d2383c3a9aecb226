// P8, no admin: what the compiled contracts can do at all. Every state-changing function stands in a table with who may call it (tested in
// test/contracts: cell by cell where a role of the hub decides); none pauses, upgrades or rescues; no bytecode can run another contract's code on its own state or destroy itself.
import { globSync, readFileSync } from "node:fs";
import { basename } from "node:path";
import type { Abi } from "viem";
import { describe, expect, it } from "vitest";

type Artifact = { abi: Abi; deployedBytecode: string };
const ROOT = new URL("../../", import.meta.url).pathname;

/** Contracts that are deployed: not the abstract ones, which have no code, and no mocks. */
const artifacts = new Map(
  globSync("artifacts/contracts/*.sol/*.json", { cwd: ROOT })
    .map((path): [string, Artifact] => [
      basename(path, ".json"),
      JSON.parse(readFileSync(`${ROOT}${path}`, "utf8")) as Artifact,
    ])
    .filter(([, { deployedBytecode }]) => deployedBytecode !== "0x"),
);

const ANYBODY = "anybody, about what is his or for its holder";
const SELLER = "manager or owner of the hub";
const OWNER = "owner of the hub";
const DISPUTES = "Disputes";
const KEEPER = "manager or owner of the hub, or the listing's consent operator";

const BUYER = "the grant's buyer";
const PAYER = "the payer";
const SIGNED = "anybody with the payer's signature over id and amount";

const TABLE: Record<string, Record<string, string>> = {
  Hubs: {
    createHub: ANYBODY,
    setRoles: OWNER,
    transferHub: OWNER,
    acceptHub: "the account that the owner named",
    setPayout: OWNER,
    registerPublisherKey: OWNER,
    revokePublisherKey: OWNER,
    registerDevice: SELLER,
    rotateDeviceKey: SELLER,
    revokeDevice: SELLER,
  },
  Listings: {
    createListing: SELLER,
    reviseListing: SELLER,
    pauseListing: SELLER,
    resumeListing: SELLER,
    closeListing: SELLER,
    topUpBond: ANYBODY,
    withdrawBond: ANYBODY,
    lockBond: DISPUTES,
    releaseBond: DISPUTES,
    drawBond: DISPUTES,
    pull: ANYBODY,
  },
  Consents: {
    setConsentOperator: SELLER,
    openRound: KEEPER,
    addSubjects: KEEPER,
    giveConsents: KEEPER,
    withdrawConsents: KEEPER,
    withdrawOwnConsent: "the subject",
    withdrawRound: KEEPER,
  },
  Relays: {
    registerRelay: ANYBODY,
    updateRelay: ANYBODY,
    deregisterRelay: ANYBODY,
    withdrawStake: ANYBODY,
  },
  Anchors: { anchor: "publisher of the hub" },
  Ratings: { rate: BUYER, respond: SELLER },
  Channels: {
    fund: PAYER,
    fundFor: "anybody, with his own money",
    fundWith3009: SIGNED,
    fundWithPermit2: SIGNED,
    fundWithPermit: PAYER,
    claim: "anybody; only the payee says where to",
    claimTicks: "anybody; only the payee says where to",
    close: "payee or operator",
    closeWithOffer: "anybody with the signature of payee or operator",
    requestClose: PAYER,
    requestCloseWithNotice: "anybody with the signature of payer or signer",
    cancelClose: PAYER,
    withdraw: "anybody, for the payer, when the challenge is over",
    pull: ANYBODY,
  },
  Subscriptions: {
    fund: PAYER,
    fundFor: "anybody, with his own money",
    fundWith3009: SIGNED,
    fundWithPermit2: SIGNED,
    fundWithPermit: PAYER,
    claim: "anybody; only the payee says where to",
    cancel: "payer or signer",
    cancelWithNotice: "anybody with the signature of payer or signer",
    stop: "payee or stopper",
    pull: ANYBODY,
  },
  Grants: {
    buy: "the buyer; anybody with his signature over id and amount",
    buyMany: "the buyer",
    buyOne: "Grants itself",
    requestGrant: ANYBODY,
    approveRequest: "anybody with a manager's signature",
    declineRequest: SELLER,
    giveGrant: SELLER,
    revokeGrant: SELLER,
    unblock: SELLER,
    rotateKeys: BUYER,
    stopSuspended: "anybody, when consent is not alive",
  },
};

/** A seller pauses and resumes the sale of his own listing: new purchases only, nobody's exit. */
const OWN_PAUSE = new Set(["pauseListing", "resumeListing"]);
const ADMIN =
  /pause|freeze|halt|upgrade|initiali[sz]e|migrate|implementation|proxy|ownership|owner$|rescue|sweep|emergency|admin|setfee|blacklist|multicall|forward|execute|delegate|selfdestruct|kill/i;
/** A hub has an owner; the contracts have none. */
const HUB_OWNERS = new Set(["acceptHub", "transferHub"]);

/** Names, each once: Grants has two functions `revokeGrant`. */
const mutating = ({ abi }: Artifact): string[] => [
  ...new Set(
    abi.flatMap((item) =>
      item.type === "function" && item.stateMutability !== "view" && item.stateMutability !== "pure"
        ? [item.name]
        : [],
    ),
  ),
];

const OPCODES: Record<number, string> = { 242: "CALLCODE", 244: "DELEGATECALL", 255: "SELFDESTRUCT" };

/** Reads the code from its start, steps over the data of PUSH instructions, and leaves out what the compiler wrote behind it. */
function forbiddenOpcodes(bytecode: string): string[] {
  const code = Buffer.from(bytecode.slice(2), "hex");
  const end = code.length - 2 - code.readUInt16BE(code.length - 2);
  const found: string[] = [];
  for (let at = 0; at < end; at++) {
    const opcode = code[at]!;
    if (OPCODES[opcode] !== undefined) found.push(`${OPCODES[opcode]} at ${at}`);
    if (opcode >= 0x60 && opcode <= 0x7f) at += opcode - 0x5f;
  }
  return found;
}

describe.each([...artifacts])("%s", (_, artifact) => {
  it("has no function of an administrator", () => {
    const functions = artifact.abi.flatMap((item) => (item.type === "function" ? [item.name] : []));
    expect(functions.length).toBeGreaterThan(0);
    expect(functions.filter((f) => ADMIN.test(f) && !OWN_PAUSE.has(f) && !HUB_OWNERS.has(f))).toEqual([]);
    expect(artifact.abi.filter(({ type }) => type === "fallback" || type === "receive")).toEqual([]);
  });

  it("can neither run foreign code on its state nor destroy itself", () => {
    expect(forbiddenOpcodes(artifact.deployedBytecode)).toEqual([]);
  });

  it("fits a block: at most 24,576 bytes", () => {
    expect(artifact.deployedBytecode.length / 2 - 1).toBeLessThan(24_576);
  });
});

describe.each(Object.entries(TABLE))("roles of %s", (name, rows) => {
  it("every function that changes state has its row, and no other", () => {
    const artifact = artifacts.get(name);
    expect(artifact, `${name} is compiled`).toBeDefined();
    expect(mutating(artifact!).sort()).toEqual(Object.keys(rows).sort());
  });
});

it("every contract that is deployed has its table", () => {
  expect([...artifacts.keys()].sort()).toEqual(Object.keys(TABLE).sort());
});

it("the search for opcodes finds what it looks for", () => {
  expect(forbiddenOpcodes("0xf460f4620000fff2ff0000")).toEqual([
    "DELEGATECALL at 0",
    "CALLCODE at 7",
    "SELFDESTRUCT at 8",
  ]);
});

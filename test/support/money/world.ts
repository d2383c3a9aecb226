// One seller, two relays that may lie to a reader, a stranger's relay, one honest buyer and one who cheats, with the laws of money looked at while frames
// leave and after every step. Longer than its neighbours because all laws are here, each stated once.
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setImmediate as turn } from "node:timers/promises";
import { vi } from "vitest";
import { Database } from "../../../gateway/src/database.ts";
import type { Account } from "../../../gateway/src/keys/account.ts";
import {
  delivery,
  LISTING,
  listingOf,
  PUBLISHER_KEY,
  purchased,
} from "../../../gateway/test/support/parts.ts";
import { openDatabase } from "../../../relay/src/store/database.ts";
import { SCHEMA } from "../../../relay/src/store/schema.ts";
import {
  type Address,
  accrue,
  type Bytes,
  concat,
  decodeHeader,
  dueOf,
  HEADER_BYTES,
  type Hex,
  hex,
  lowerTicks,
  type Plan,
  proofToDetail,
  readUint,
  receiptDigest,
  SealPurpose,
  type SignedTicks,
  sessionDigest,
  signerOfTotal,
  type TickProof,
  tickTotal,
  tickVoucherDigest,
  uint,
  unhex,
  verifyTick,
  voucherDigest,
} from "../../../sdk/src/core/index.ts";
import {
  controlFrame,
  decodeFrame,
  type Fields,
  type FrameOf,
  type FrameStream,
  segmentFrame,
} from "../../../sdk/src/wire/index.ts";
import { type Bought, Chain } from "./chain.ts";
import { type End, Net, type Party } from "./pipe.ts";
import { addressOf, cheapCrypto as crypto, publicKeyOf } from "./primitives.ts";
import { BuyerProgram, GatewayProgram, type Place, RelayProgram } from "./programs.ts";

const secretOf = (n: number): Bytes => uint(n, 32);
const OPERATOR = addressOf(secretOf(0x51));
const RELAYS = [addressOf(secretOf(0x61)), addressOf(secretOf(0x62))] as const;
const STRANGER = addressOf(secretOf(0x63));
/** Nobody's: purchases count up from 1. */
const FORGER = secretOf(2 ** 48);
const STOP_STEP_MS = 50;
/** Turns of the event loop without anything happening: then nothing will. */
const QUIET_TURNS = 2;
const MOST_TURNS = 50_000;
/** Longer than any pause between two attempts. */
const ALIVE_SECONDS = 30;

const NOBODY = { saving: new Set<Promise<void>>() };

export type Who = "relay0" | "relay1" | "gateway" | "buyer";
type SealedRow = {
  generation: number;
  seq: number;
  epoch: number;
  messageCount: number;
  bodyBytes: number;
  sealedAtMs: number;
};
type Ticked = { relay: Address; total: bigint; proof: TickProof };
type Voucher = { cumulative: bigint; relay: Address; signature: Uint8Array };

const EVERYBODY: readonly Who[] = ["relay0", "relay1", "gateway", "buyer"];

/** A law does not hold. */
export class LawBroken extends Error {
  override readonly name = "LawBroken";
}
const law = (holds: boolean, text: string): void => {
  if (!holds) throw new LawBroken(text);
};

/** Empty databases, made once: a schedule starts from copies. */
export type Ground = { folder: string; relay: string; gateway: string };
export function prepareGround(): Ground {
  const shared = "/dev/shm";
  let folder: string;
  try {
    folder = mkdtempSync(join(shared, "weir-money-"));
  } catch {
    folder = mkdtempSync(join(tmpdir(), "weir-money-"));
  }
  const [relay, gateway] = [join(folder, "relay.db"), join(folder, "gateway.db")];
  openDatabase({ file: relay, schema: SCHEMA, onFatal: () => undefined }).close();
  new Database(gateway).close();
  return { folder, relay, gateway };
}

let worlds = 0;
let purchases = 1;

/** What has happened over all schedules: a test in which nothing happens proves nothing. */
export const tally = {
  served: 0,
  read: 0,
  released: 0,
  vouchers: 0,
  sessions: 0,
  kills: 0,
  claims: 0,
  closes: 0,
  cheated: 0,
  receipts: 0,
  restores: 0,
  recalled: 0,
  lifted: 0,
  ticks: 0,
  lies: 0,
};

export class World {
  readonly plan: Plan;
  readonly net = new Net();
  readonly chain: Chain;
  readonly relays: RelayProgram[];
  readonly gateway: GatewayProgram;
  buyer!: BuyerProgram;
  honest!: Bought;
  cheat!: Bought;
  readonly #place: Place;
  readonly #folder: string;
  readonly #late: (() => void)[] = [];
  readonly #dead = new Map<Who, number>();
  #fuse: { left: number; who: Who; how: "reset" | "mute" } | undefined;
  #broken: unknown;

  /** Called for each RECALL that the gateway sends. */
  onRecall: () => void = () => undefined;

  // ---- what was seen, over all lives

  /** Vouchers that left the honest buyer. */
  signed: Voucher[] = [];
  /** Totals that left it by tick, with what proves them. */
  ticked: Ticked[] = [];
  /** The chain that runs on a stream of its. */
  #chains = new WeakMap<End, SignedTicks>();
  #best = new Map<string, { total: bigint; accrued: bigint }>();
  #released = new Map<Hex, Set<string>>();
  #frozen = false;
  /** Of a channel's ledger: what copies have lost, and the epochs' value in the copy that was put back last. */
  #lost = new Map<Hex, { accrued: bigint; sums: bigint }>();
  /** Epochs whose opening a copy did not know. */
  #forgotten = new Set<string>();
  /** Copies of each program's files, as many as were made. */
  readonly #copies = new Map<Who, number>();
  #receipted: { party: Party; at: number } | undefined;
  /** The gateway gave keys away that its ledger does not know: a relay's own meter is all that holds then. */
  #generous = false;
  /** The cheat's vouchers and sessions, and his line to the gateway. */
  #line: FrameStream | undefined;
  #lineTo: unknown;
  cheated!: { total: bigint; sessionNo: bigint; wrongBase: Record<string, string> | undefined };

  private constructor(ground: Ground, plan: Plan) {
    this.plan = plan;
    this.#folder = join(ground.folder, String(worlds++));
    mkdirSync(this.#folder);
    const listing = listingOf([plan], { relays: [...RELAYS, STRANGER], operator: OPERATOR });
    const { terms } = listing.newest;
    const { hubId } = listing;
    this.chain = new Chain(delivery, { listingId: LISTING, hubId, terms }, publicKeyOf(PUBLISHER_KEY));
    const { net, chain } = this;
    this.#place = {
      ...{ net, chain, folder: this.#folder, late: (act) => this.#late.push(act) },
      relays: () => RELAYS.map((relay) => ({ listingId: LISTING, relay })),
      newestGeneration: async () => {
        const heads = await Promise.all(this.relays.map(({ segments }) => segments.head(LISTING)));
        return Math.max(0, ...heads.map((head) => head?.header.generation ?? 0));
      },
    };
    this.relays = RELAYS.map((operator, i) => new RelayProgram(this.#place, `r${i}`, operator, ground.relay));
    this.gateway = new GatewayProgram(this.#place, listing, OPERATOR, ground.gateway);
    net.onFrame = (from, frame) => this.#guard(() => this.#onFrame(from, frame));
    net.onActivity = () => this.#guard(() => this.#onActivity());
  }

  /** Starts gateway and relays; they serve one pair of buyers after the other. */
  static async open(ground: Ground, plan: Plan): Promise<World> {
    const world = new World(ground, plan);
    await world.gateway.start();
    for (const relay of world.relays) await relay.start();
    return world;
  }

  /** Two new purchases; the honest one is opened. */
  async begin(deposit: bigint): Promise<void> {
    this.signed = [];
    this.ticked = [];
    this.#best = new Map();
    this.#released = new Map();
    this.#frozen = false;
    this.#lost = new Map();
    this.#forgotten = new Set();
    this.#copies.clear();
    this.#generous = false;
    this.cheated = { total: 0n, sessionNo: 0n, wrongBase: undefined };
    const { terms } = this.chain.listing;
    const buy = (): Bought => {
      const n = purchases++;
      const base = purchased(0, this.plan);
      const signer = addressOf(secretOf(n));
      return this.chain.buy(
        {
          ...base,
          channelId: hex(uint(n, 32)),
          grantId: hex(uint(n + 2 ** 32, 32)),
          terms: { ...base.terms, signer, operator: OPERATOR },
          encryptionKey: hex(secretOf(n + 2 ** 32)),
          relays: terms.relays,
        },
        secretOf(n),
        deposit,
      );
    };
    [this.honest, this.cheat] = [buy(), buy()];
    this.buyer = new BuyerProgram(this.#place, this.honest, terms);
    await this.gateway.publish(1);
    await this.pass(100);
    await this.buyer.start(this.relays);
    await this.settle();
    for (const who of EVERYBODY) this.copy(who);
  }

  /** Ends the pair: what is left of it goes on nowhere. */
  async end(): Promise<void> {
    tally.read += this.buyer.read.size;
    this.#line?.abort(new Error("the cheat has left"));
    this.buyer.kill("reset");
    this.net.reap();
    await this.settle();
    const { db, store } = this.gateway;
    await db.commit(() => store.settle(LISTING, RELAYS, RELAYS.length));
  }

  close(): void {
    this.net.onFrame = () => undefined;
    this.net.onActivity = () => undefined;
    this.buyer?.kill("reset");
    this.gateway.kill();
    for (const relay of this.relays) relay.kill();
    for (const act of this.#late.splice(0)) act();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  // ---- time

  /** Laws are looked at deep inside the programs, who must not catch what is found. */
  #guard(act: () => void): void {
    try {
      act();
    } catch (error) {
      this.#broken ??= error;
    }
  }
  #raise(): void {
    if (this.#broken !== undefined) throw this.#broken;
  }

  /** Returns when nothing happens any more without the clock. */
  async settle(): Promise<void> {
    let quiet = 0;
    for (let turns = 0; quiet < QUIET_TURNS; turns += 1) {
      if (turns > MOST_TURNS) throw new Error("the programs do not come to rest");
      const before = this.net.activity;
      const { saving } = this.buyer ?? NOBODY;
      if (saving.size > 0) await Promise.all([...saving].map((work) => work.catch(() => undefined)));
      await turn();
      quiet = before === this.net.activity && saving.size === 0 ? quiet + 1 : 0;
    }
    this.#raise();
  }

  /** Lets the clock go on; programs that were killed come back when their time is over. */
  async pass(ms: number): Promise<void> {
    const step = ms > 2_000 ? 500 : 100;
    for (let left = ms; left > 0; left -= step) {
      const before = Math.floor(Date.now() / 1000);
      vi.advanceTimersByTime(Math.min(step, left));
      if (Math.floor(Date.now() / 1000) > before) this.gateway.sessions.advance(LISTING);
      await this.settle();
      await this.#revive(step);
      for (const relay of this.relays) {
        await this.gateway.connect(relay);
        await this.gateway.deliver(relay);
      }
      await this.settle();
    }
  }

  async #revive(ms: number): Promise<void> {
    for (const [who, left] of [...this.#dead]) {
      if (left > ms) {
        this.#dead.set(who, left - ms);
        continue;
      }
      this.#dead.delete(who);
      if (who === "gateway") {
        await this.gateway.start();
        // Killed again before it had done all that a restored one does first, it does it at the next start.
        if (this.gateway.party.alive) this.#afterRestore();
        const account = this.gateway.ledger.account(this.honest?.purchased.channelId);
        this.#frozen = account !== undefined && account.frozenEpoch !== null;
      } else if (who === "buyer") await this.buyer.start(this.relays);
      else await this.relays[Number(who.at(-1))]!.start();
    }
    if (!this.buyer) return;
    const { feed, party } = this.buyer;
    // "Failed" is what a person sees who then opens the page again; "stopped" after a close and a top-up, too.
    if (
      party.alive &&
      (feed?.state.status === "failed" ||
        (feed?.state.status === "stopped" && this.honest.slot.deposit > this.honest.slot.claimed))
    ) {
      this.buyer.kill("reset");
      await this.buyer.start(this.relays);
    }
  }

  // ---- death

  /** Kills a program after so many more things have happened, for so long. */
  light(who: Who, after: number, forMs: number, how: "reset" | "mute" = "reset"): void {
    this.#fuse = { left: after, who, how };
    this.#forMs = forMs;
    if (after === 0) this.#onActivity();
  }
  #forMs = 0;

  #onActivity(): void {
    this.#watchClose();
    const fuse = this.#fuse;
    if (!fuse || fuse.left-- > 0) return;
    this.#fuse = undefined;
    if (this.#dead.has(fuse.who)) return;
    tally.kills += 1;
    this.#dead.set(fuse.who, this.#forMs);
    if (fuse.who === "gateway") this.gateway.kill();
    else if (fuse.who === "buyer") this.buyer.kill(fuse.how);
    else this.relays[Number(fuse.who.at(-1))]!.kill();
  }

  #program(who: Who): RelayProgram | GatewayProgram | BuyerProgram {
    if (who === "gateway") return this.gateway;
    return who === "buyer" ? this.buyer : this.relays[Number(who.at(-1))]!;
  }
  #copyOf = (who: Who, n: number): string => join(this.#folder, `${who}-copy-${n}`);

  /** Puts a copy of a program's files aside. */
  copy(who: Who): void {
    const n = this.#copies.get(who) ?? 0;
    this.#program(who).copy(this.#copyOf(who, n));
    this.#copies.set(who, n + 1);
  }

  /** Kills a program, and puts a copy in the place of its files: one of those that were made, or the first one now. */
  async restore(who: Who, which: number, forMs: number): Promise<void> {
    const made = this.#copies.get(who) ?? 0;
    if (made === 0) return this.copy(who);
    tally.restores += 1;
    const program = this.#program(who);
    const known = who === "gateway" ? this.#beforeRestore() : undefined;
    if (program instanceof BuyerProgram) program.kill("reset");
    else program.kill();
    await program.restore(this.#copyOf(who, which % made));
    this.#dead.set(who, forMs);
    if (program instanceof RelayProgram)
      this.#best.delete(`${program.name}/${this.honest.purchased.channelId}`);
    if (known) this.#restored = known;
  }
  /** What the gateway knew when it was killed, until the copy in its place runs. */
  #restored: Map<Hex, bigint> | undefined;

  #beforeRestore(): Map<Hex, bigint> {
    const before = this.#restored ?? new Map();
    if (!this.gateway.ledger || before.size > 0) return before;
    for (const bought of [this.honest, this.cheat]) {
      const account = bought && this.gateway.ledger.account(bought.purchased.channelId);
      if (account) before.set(account.channelId, this.#most(account));
    }
    return before;
  }

  /** The copy runs. It may have lost what was opened after it was made, and nothing else that a relay or a receipt can tell. */
  #afterRestore(): void {
    const before = this.#restored;
    this.#restored = undefined;
    if (!before) return;
    const { ledger } = this.gateway;
    for (const [channelId, accrued] of before) {
      const account = ledger.account(channelId);
      this.#best.delete(channelId);
      this.#lost.set(channelId, { accrued, sums: account ? this.#sums(account) : 0n });
      const released = this.#released.get(channelId) ?? new Set();
      for (const key of released) {
        const [generation, epoch] = key.split("/").map(Number) as [number, number];
        if (account && ledger.isOpen(account, generation, epoch)) continue;
        released.delete(key);
        this.#forgotten.add(`${channelId}/${key}`);
      }
    }
  }

  /** What a close takes is looked at in the moment in which it is on the disk: later more may be published in epochs that are open. */
  #watchClose(): void {
    if (!this.gateway.party.alive || !this.honest || !this.gateway.ledger) return;
    const account = this.gateway.ledger.account(this.honest.purchased.channelId);
    const isFrozen = account !== undefined && account.frozenEpoch !== null;
    if (isFrozen && !this.#frozen) {
      const { capture } = account;
      law(capture !== null && capture <= this.#mostOwed(account), "what is captured is owed");
      law(capture! <= account.total, "what is captured is signed");
    }
    this.#frozen = isFrozen;
  }

  // ---- what others do

  /** Sends the honest buyer's stream or a relay's line something that its program never said. */
  inject(where: "buyer" | "gateway", voucher: Voucher, relay: RelayProgram): void {
    const { cumulative, signature } = voucher;
    const channelId = this.honest.grant.paymentId;
    if (where === "buyer")
      for (const end of this.net.ends(this.buyer.party))
        end.inject(controlFrame("PAY", { cumulative, signature }));
    else
      for (const end of this.net.ends(this.gateway.party))
        if (end.peer.party === relay.party)
          end.peer.inject(controlFrame("VOUCHERS", { items: [{ channelId, cumulative, signature }] }));
  }

  /** Old, doubled and bent ticks of the honest buyer, at his relay and at the gateway. */
  injectTicks(where: "buyer" | "gateway", { proof }: Ticked, relay: RelayProgram, more: number): void {
    const channelId = this.honest.grant.paymentId;
    const tick = { ticks: proof.ticks + more, preimage: proof.preimage };
    if (where === "buyer")
      for (const end of this.net.ends(this.buyer.party)) end.inject(controlFrame("TICK", tick));
    else
      for (const end of this.net.ends(this.gateway.party))
        if (end.peer.party === relay.party)
          end.peer.inject(controlFrame("TICKS", { items: [{ channelId, ...proof, ...tick }] }));
  }

  /** A relay says again what the honest buyer has: leads him back by a gap, and sends what it has stored there, all of it honest once. */
  async repeats(relay: RelayProgram, back: number): Promise<void> {
    const { position, generation } = this.buyer.stored() ?? {};
    if (!position || position.seq <= BigInt(back) || !relay.party.alive) return;
    const seq = position.seq - BigInt(back);
    const [segment] = await relay.segments.read({ listingId: LISTING, generation: generation!, seq }, 1);
    if (segment?.header.seq !== seq) return;
    const gap = controlFrame("GAP", { generation: generation!, fromSeq: position.seq + 1n, toSeq: seq - 1n });
    const again = concat(gap, segmentFrame(segment.bytes));
    for (const end of this.net.ends(this.buyer.party)) {
      if (end.peer.party !== relay.party) continue;
      tally.lies += 1;
      for (let times = 0; times < 8; times += 1) end.peer.inject(again);
    }
  }

  /** A relay refuses the honest buyer's session in the seller's name: the account stands at all that he has signed, says his own voucher. */
  refuses(relay: RelayProgram): void {
    const { pipeline, party } = this.gateway;
    const best = this.signed.at(-1);
    if (!best || !relay.party.alive || !party.alive) return;
    const refusal = controlFrame("REFUSED", {
      ...{ name: "WrongBase", message: "elsewhere" },
      detail: {
        ...{ generation: String(pipeline.generation), fromSeq: String(pipeline.nextSeq) },
        ...{ baseTotal: String(best.cumulative), keyId: "0", baseSignature: hex(new Uint8Array(64)) },
        ...proofToDetail({ ...best, total: best.cumulative }),
      },
    });
    for (const end of this.net.ends(this.buyer.party)) {
      if (end.peer.party !== relay.party) continue;
      tally.lies += 1;
      end.peer.inject(refusal);
    }
  }

  /** The buyer vanishes while more is published than he has signed for, and the gateway gives all keys away: a relay serves what is signed for. */
  async gives(relay: RelayProgram): Promise<void> {
    const { gateway } = this;
    if (!gateway.party.alive || !this.buyer.party.alive) return;
    this.light("buyer", 0, 5_000, "mute");
    await gateway.publish(14);
    await this.pass(4_000);
    const sessionNo = this.buyer.stored()?.sessionNo;
    const { party, pipeline } = gateway;
    if (!party.alive || sessionNo === undefined) return;
    this.#generous = true;
    const epoch = pipeline.currentEpoch();
    const seal = {
      ...{ keyId: 0, generation: pipeline.generation, purpose: SealPurpose.session, n: 0n },
      ...{ epochFrom: epoch - 8, epochTo: epoch + 3, sessionId: new Uint8Array(16), enc: new Uint8Array(32) },
      ...{ ct: new Uint8Array(48), signature: new Uint8Array(64) },
    };
    const release = controlFrame("RELEASE", { channelId: this.honest.purchased.channelId, sessionNo, seal });
    for (const end of this.net.ends(party)) if (end.peer.party === relay.party) end.inject(release);
  }

  /** Signed by the honest buyer's key, for tests of what must be refused. */
  forge(cumulative: bigint, relay: Address, key = this.honest.secret): Voucher {
    return { cumulative, relay, signature: this.#sign(this.honest, cumulative, relay, key) };
  }
  #sign(
    { purchased: { channelId }, secret }: Bought,
    cumulative: bigint,
    relay: Address,
    key = secret,
  ): Bytes {
    return crypto.signSecp(key, voucherDigest(delivery, { channelId, cumulative, relay }));
  }

  /** The cheat owns a relay: everything that is sealed is his, and only keys cost him. */
  #cheatLine(): FrameStream | undefined {
    if (!this.gateway.party.alive) return undefined;
    if (this.#line && !this.#line.closed && this.#lineTo === this.gateway.party) return this.#line;
    const line = this.gateway.line(STRANGER);
    this.#line = line;
    this.#lineTo = this.gateway.party;
    void (async () => {
      for (;;) {
        const frame = await line.read();
        if (frame === null) return;
        if (frame.type === "SESSION_REFUSED" && frame.name === "WrongBase")
          this.cheated.wrongBase = frame.detail;
        else if (frame.type === "RECALL") line.send("RECALLED", { items: this.#cheatRecalls(), next: null });
      }
    })().catch(() => undefined);
    return line;
  }

  /** What his relay makes the gateway believe after a restore: another relay's vouchers and ticks, one above the deposit, receipts for what nobody received. */
  #cheatRecalls(): Fields<"RECALLED">["items"] {
    const { channelId, grantId } = this.honest.purchased;
    const segmentId = hex(uint(1, 32));
    const forged = {
      segmentId,
      cumulative: this.honest.slot.deposit,
      signature: crypto.signSecp(
        FORGER,
        receiptDigest(delivery, { channelId, segmentId, cumulative: this.honest.slot.deposit }),
      ),
    };
    const ticks = this.ticked.at(-1)?.proof ?? null;
    return this.signed.slice(-3).map(({ cumulative, signature }) => ({
      channelId,
      grantId,
      cumulative,
      signature,
      ticks,
      receipt: forged,
    }));
  }

  /** Opens a session where the gateway said that it would begin, or anywhere; signs `more` beyond the least. */
  async cheatOpens(more: bigint, honestly: boolean): Promise<void> {
    const line = this.#cheatLine();
    if (!line) return;
    const { channelId, grantId } = this.cheat.purchased;
    const { pipeline } = this.gateway;
    const said = honestly ? this.cheated.wrongBase : undefined;
    const baseTotal = BigInt(said?.baseTotal ?? 0);
    const least = baseTotal + this.plan.entry + more;
    const cumulative = least > this.cheated.total ? least : this.cheated.total;
    this.cheated.sessionNo += 1n;
    const session = {
      channelId,
      sessionNo: this.cheated.sessionNo,
      relay: STRANGER,
      generation: Number(said?.generation ?? pipeline.generation),
      fromSeq: BigInt(said?.fromSeq ?? Math.max(0, pipeline.nextSeq - 1)),
      baseTotal,
      expiry: Math.floor(Date.now() / 1000) + 600,
    };
    const request: Fields<"SESSION"> = {
      ...session,
      grantId,
      signature: crypto.signSecp(this.cheat.secret, sessionDigest(delivery, session)),
      cumulative,
      voucherSignature: this.#sign(this.cheat, cumulative, STRANGER),
      transactionHash: null,
    };
    if (cumulative <= this.cheat.slot.deposit) this.cheated.total = cumulative;
    line.send("SESSION", request);
  }

  /** Pays what he likes: less, the same, more, more than he has, or somebody else's voucher. */
  cheatPays(cumulative: bigint, relay: Address = STRANGER): void {
    const line = this.#cheatLine();
    if (!line) return;
    if (relay === STRANGER && cumulative <= this.cheat.slot.deposit && cumulative > this.cheated.total)
      this.cheated.total = cumulative;
    const { channelId } = this.cheat.purchased;
    line.send("VOUCHERS", {
      items: [{ channelId, cumulative, signature: this.#sign(this.cheat, cumulative, relay) }],
    });
  }

  /** The honest buyer's vouchers, in the mouth of a relay that they do not name. */
  strangerReplays(voucher: Voucher): void {
    const { cumulative, signature } = voucher;
    const { channelId } = this.honest.purchased;
    this.#cheatLine()?.send("VOUCHERS", { items: [{ channelId, cumulative, signature }] });
  }

  /** Presents what may be claimed, as claims/channels.ts does, to a chain that believes nothing. */
  async claim(): Promise<void> {
    if (!this.gateway.party.alive) return;
    const { ledger, db } = this.gateway;
    for (const {
      purchased: { channelId, terms },
      slot,
    } of [this.honest, this.cheat]) {
      const account = ledger.account(channelId);
      if (!account || account.frozenEpoch !== null) continue;
      const vouchers = ledger.claimable(account);
      for (const voucher of vouchers) {
        const { cumulative, relay, signature } = voucher;
        const signer = crypto.recover(voucherDigest(delivery, { channelId, cumulative, relay }), signature);
        law(signer === terms.signer, "a claim is signed by the buyer");
        law(cumulative <= this.#mostOwed(account), "a claim before the close is owed");
        const paid = cumulative < slot.deposit ? cumulative : slot.deposit;
        if (paid <= slot.claimed) continue;
        slot.claimed = paid;
        tally.claims += 1;
      }
      const ticks = ledger.claimableTicks(account);
      if (ticks > 0) {
        const proof = lowerTicks(crypto, channelId, account.ticks!, ticks);
        const total = tickTotal(proof, ticks);
        const { relay, signature } = account.ticks!;
        const signer = signerOfTotal(crypto, delivery, channelId, { total, relay, signature, ticks: proof });
        law(signer === terms.signer, "a claim by ticks is signed by the buyer");
        law(total <= this.#mostOwed(account), "a claim by ticks before the close is owed");
        if (total > slot.claimed) slot.claimed = total < slot.deposit ? total : slot.deposit;
      }
      const paid = account.kept.filter(({ cumulative }) => cumulative <= slot.claimed);
      if (paid.length > 0)
        await db.commit(() => {
          for (const voucher of paid) ledger.drop(account, voucher);
        });
    }
    await this.settle();
  }

  /** The buyer ends the channel. What the gateway keeps is owed and signed, and all of it can be read. */
  async stop(): Promise<void> {
    const { feed, party } = this.buyer;
    if (!feed || !party.alive || feed.state.status === "stopped") return;
    let result: Awaited<ReturnType<typeof feed.stop>> | undefined;
    const ending = feed.stop().then(
      (done) => {
        result = done;
      },
      (error: unknown) => {
        if (party.alive) this.#broken ??= error;
      },
    );
    for (let i = 0; i < 120 && result === undefined && party.alive; i += 1) await this.pass(STOP_STEP_MS);
    if (!result) return; // killed meanwhile, or nobody answered yet
    await ending;
    if (result.by !== "gateway") return;
    const { capture } = result;
    tally.closes += 1;
    law(capture <= this.#signedBest(), "what is captured was signed");
    law(
      this.chain.closes.some((close) => close.capture === capture || this.honest.slot.claimed === capture),
      "the chain agrees",
    );
  }

  #signedBest(): bigint {
    const totals = [
      ...this.signed.map(({ cumulative }) => cumulative),
      ...this.ticked.map(({ total }) => total),
    ];
    return totals.reduce((best, total) => (total > best ? total : best), 0n);
  }

  // ---- laws while frames leave

  #onFrame(from: End, frame: Uint8Array): void {
    const { party } = from;
    if (!party.alive) return;
    const type = frame[0];
    const relay = this.relays.find((one) => one.party === party);
    if (type === 0x12 && relay) this.#served(relay, decodeHeader(frame.subarray(1, 1 + HEADER_BYTES)));
    else if (relay && type === 0x39) {
      const decoded = decodeFrame(frame) as FrameOf<"TICKS">;
      for (const item of decoded.items) this.#forwards(relay, item.channelId, tickTotal(item, item.ticks));
    } else if (relay && (type === 0x30 || type === 0x33)) {
      const decoded = decodeFrame(frame);
      const vouchers = decoded.type === "VOUCHERS" ? decoded.items : [decoded as FrameOf<"SESSION">];
      for (const { channelId, cumulative } of vouchers) this.#forwards(relay, channelId, cumulative);
    } else if (type === 0x3c) this.onRecall();
    else if (relay && type === 0x3d) {
      for (const { channelId, cumulative } of (decodeFrame(frame) as FrameOf<"RECALLED">).items) {
        this.#forwards(relay, channelId, cumulative);
        if (this.gateway.party.alive && cumulative > this.#stored(channelId)) tally.recalled += 1;
      }
    } else if (party === this.gateway.party && (type === 0x35 || type === 0x34)) {
      const decoded = decodeFrame(frame);
      if (decoded.type === "RELEASE") this.#keyLeaves(decoded);
      else if (decoded.type === "TOTALS")
        for (const { channelId, total } of decoded.items)
          law(total <= this.#stored(channelId), "a confirmed total is on the gateway's disk");
    } else if (party === this.buyer?.party && (type === 0x2a || type === 0x2b)) {
      const decoded = decodeFrame(frame) as FrameOf<"TICK_CHAIN" | "TICK">;
      if (decoded.type === "TICK") this.#ticks(decoded, from);
      else this.#begins(decoded, from);
    } else if (party === this.buyer?.party && (type === 0x22 || type === 0x20 || type === 0x29)) {
      const decoded = decodeFrame(frame);
      if (decoded.type === "RECEIPT") this.#receipt(decoded);
      if (decoded.type === "PAY") this.#signs(decoded, from);
      else if (decoded.type === "OPEN" && decoded.voucher)
        this.#signs(decoded.voucher, from, decoded.session!.sessionNo);
    }
  }

  #served(relay: RelayProgram, header: { generation: number; seq: bigint }): void {
    const channel = unhex(this.honest.purchased.channelId);
    const { generation, seq } = header;
    const { bought: isBought, money } = relay.looks;
    const bought = isBought.get(channel, generation, seq, seq);
    tally.served += 1;
    law(bought !== undefined, `segment ${seq} is charged on the disk before it is sent`);
    const row = money.get(channel)!;
    const [total, accrued] = [readUint(row.total as Uint8Array), readUint(row.accrued as Uint8Array)];
    law(dueOf(this.plan, accrued) <= total, "what is charged is signed before it is sent");
  }

  #forwards(relay: RelayProgram, channelId: Hex, cumulative: bigint): void {
    const row = relay.looks.money.get(unhex(channelId));
    const total = row ? readUint(row.total as Uint8Array) : 0n;
    law(cumulative <= total, "a voucher is on the relay's disk before the gateway hears of it");
  }

  /** A receipt says no more than what was opened, and comes once a second at most, but for the last one. */
  #receipt({ cumulative }: Fields<"RECEIPT">): void {
    tally.receipts += 1;
    const now = performance.now();
    const { party } = this.buyer;
    const again = this.#receipted?.party === party;
    law(
      !again || this.buyer.feed?.state.status === "stopping" || now - this.#receipted!.at >= 1_000,
      "a receipt a second",
    );
    this.#receipted = { party, at: now };
    const account = this.gateway.party.alive
      ? this.gateway.ledger.account(this.honest.purchased.channelId)
      : undefined;
    law(account === undefined || cumulative <= this.#mostOwed(account), "what is received was opened");
  }

  #keyLeaves({ channelId, seal }: Fields<"RELEASE">): void {
    tally.released += 1;
    if (channelId === this.cheat.purchased.channelId) tally.cheated += 1;
    const { db } = this.gateway;
    const set = this.#released.get(channelId) ?? new Set();
    this.#released.set(channelId, set);
    for (let epoch = seal.epochFrom; epoch <= seal.epochTo; epoch += 1) {
      set.add(`${seal.generation}/${epoch}`);
      const opened = db.get(
        "SELECT 1 FROM opened WHERE channelId = ? AND generation = ? AND epochFrom <= ? AND epochTo >= ?",
        channelId,
        seal.generation,
        epoch,
        epoch,
      );
      law(opened !== undefined, `epoch ${epoch} is in the ledger before its key leaves`);
    }
  }

  #stored(channelId: Hex): bigint {
    const row = this.gateway.db.get<{ total: string }>(
      "SELECT total FROM channels WHERE channelId = ?",
      channelId,
    );
    return BigInt(row?.total ?? 0);
  }

  #begins({ type: _, ...chain }: FrameOf<"TICK_CHAIN">, from: End): void {
    const { channelId } = this.honest.purchased;
    law(this.signed.at(-1)?.cumulative === chain.base, "a chain stands on the voucher that left before it");
    law(
      this.ticked.every(({ proof }) => proof.tip !== chain.tip),
      "a tip is used once",
    );
    const relay = this.#relayOf(from);
    const { base, tip, tickValue, maxTicks } = chain;
    const digest = tickVoucherDigest(delivery, { channelId, base, tip, tickValue, maxTicks, relay });
    law(crypto.recover(digest, chain.signature) === this.honest.grant.signer, "a chain is signed");
    this.#chains.set(from, chain);
  }

  #ticks({ ticks, preimage }: FrameOf<"TICK">, from: End): void {
    tally.ticks += 1;
    const chain = this.#chains.get(from)!;
    const total = tickTotal(chain, ticks);
    law(this.buyer.stored()!.signed >= total, "a tick's total is on the buyer's disk before it leaves");
    law(total > this.#signedBest(), "a tick raises the total");
    const { channelId } = this.honest.purchased;
    law(verifyTick(crypto, { channelId, ...chain }, preimage, ticks), "a tick leads to its tip");
    this.ticked.push({ relay: this.#relayOf(from), total, proof: { ...chain, ticks, preimage } });
  }

  #relayOf = (from: End): Address =>
    this.relays.find(({ party }) => party.name === from.peer.party.name)!.operator;

  #signs(voucher: { cumulative: bigint; signature: Uint8Array }, from: End, sessionNo?: bigint): void {
    if (sessionNo === undefined) tally.vouchers += 1;
    else tally.sessions += 1;
    const stored = this.buyer.stored();
    law(
      stored !== undefined && stored.signed >= voucher.cumulative,
      "a total is on the buyer's disk before it leaves",
    );
    law(
      sessionNo === undefined || stored!.sessionNo >= sessionNo,
      "a session is on the buyer's disk before it leaves",
    );
    this.signed.push({ ...voucher, relay: this.#relayOf(from) });
  }

  // ---- laws at rest

  #sums(account: Pick<Account, "channelId" | "plan">): bigint {
    const { db } = this.gateway;
    const rows = db.all<SealedRow>(
      `SELECT s.generation, s.seq, s.epoch, s.messageCount, s.bodyBytes, s.sealedAtMs FROM sealed AS s WHERE EXISTS (SELECT 1 FROM opened AS o
       WHERE o.channelId = ? AND o.generation = s.generation AND s.epoch BETWEEN o.epochFrom AND o.epochTo)`,
      account.channelId,
    );
    return rows.reduce((sum, row) => sum + accrue(this.plan, row), 0n);
  }
  /** The value of everything that was ever opened to the channel, in this ledger or in one that a copy has replaced. */
  #most(account: Account): bigint {
    const lost = this.#lost.get(account.channelId);
    const sums = this.#sums(account);
    return lost ? lost.accrued + sums - lost.sums : sums;
  }
  #mostOwed = (account: Account): bigint => dueOf(this.plan, this.#most(account));

  /** Everything that must hold whenever the programs are at rest. */
  async check(): Promise<void> {
    this.#raise();
    if (this.gateway.party.alive) for (const bought of [this.honest, this.cheat]) this.#checkGateway(bought);
    for (const relay of this.relays) if (relay.party.alive) await this.#checkRelay(relay);
    const { slot } = this.honest;
    law(slot.claimed <= this.#signedBest(), "what is claimed was signed");
    law(this.cheat.slot.claimed <= this.cheated.total, "what is claimed of the cheat was signed");
  }

  #checkGateway({ purchased: { channelId }, slot }: Bought): void {
    const { ledger } = this.gateway;
    const account = ledger.account(channelId);
    if (!account) return;
    const honest = channelId === this.honest.purchased.channelId;
    const owed = ledger.owed(account);
    const [sums, most] = [this.#sums(account), this.#most(account)];
    law(
      account.accrued >= sums && account.accrued <= most,
      `what is owed is the value of the epochs that were opened, each once (${sums} ≤ ${account.accrued} ≤ ${most})`,
    );
    if (account.accrued > sums) tally.lifted += 1;
    law(account.total === this.#stored(channelId), "memory and disk agree about the total");
    const best = this.#best.get(channelId) ?? { total: 0n, accrued: 0n };
    law(account.total >= best.total, "the total at the gateway never falls");
    law(account.accrued >= best.accrued, "what is owed never falls");
    this.#best.set(channelId, { total: account.total, accrued: account.accrued });
    law(
      account.total <= (honest ? this.#signedBest() : this.cheated.total),
      "a total at the gateway was signed",
    );
    for (const key of this.#released.get(channelId) ?? []) {
      const [generation, epoch] = key.split("/").map(Number) as [number, number];
      law(ledger.isOpen(account, generation, epoch), "what was released once stays open");
    }
    if (account.frozenEpoch !== null) return;
    law(owed <= account.total, "released value never exceeds what is signed");
    law(owed <= slot.deposit, "released value never exceeds what is deposited");
    if (honest)
      law(
        this.#signedBest() <= dueOf(this.plan, most) + this.plan.entry,
        "the buyer risks at most the entry",
      );
  }

  async #checkRelay(relay: RelayProgram): Promise<void> {
    const { channelId } = this.honest.purchased;
    const account = await relay.ledger.get(channelId);
    if (!account) return;
    const key = `${relay.name}/${channelId}`;
    const best = this.#best.get(key) ?? { total: 0n, accrued: 0n };
    law(account.total >= best.total, "the total at a relay never falls");
    law(account.accrued >= best.accrued, "what is charged never falls");
    this.#best.set(key, account);
    law(dueOf(this.plan, account.accrued) <= account.total, "what is charged is covered by the best total");
    const mine = this.signed.filter(({ relay: named }) => named === relay.operator);
    law(
      account.total === 0n ||
        mine.some(({ cumulative }) => cumulative === account.total) ||
        this.ticked.some(({ relay: named, total }) => named === relay.operator && total === account.total),
      "a total at a relay was signed for it",
    );
    if (!this.gateway.party.alive) return;
    const other = this.gateway.ledger.account(channelId);
    law(
      this.#generous ||
        account.accrued <= (other ? this.#most(other) : (this.#lost.get(channelId)?.accrued ?? 0n)),
      "nothing is charged twice",
    );
    if (this.gateway.sessions.recall.isDue(LISTING, relay.operator)) return;
    law(
      account.confirmed <= (other?.total ?? 0n),
      "what the gateway has confirmed to a relay it has, or has again",
    );
  }

  /** Nobody is stuck: while there is money, what is published now is read. */
  async finishAlive(): Promise<void> {
    const { feed } = this.buyer;
    const isOver = () => {
      const { status } = this.buyer.feed?.state ?? {};
      return status === "stopped" || status === "stopping" || status === "out-of-money";
    };
    if (this.#generous || !feed || isOver()) return;
    const before = this.buyer.read.size;
    for (let seconds = 0; seconds < ALIVE_SECONDS; seconds += 1) {
      if (this.gateway.party.alive) await this.gateway.publish(1);
      await this.pass(1_000);
      if (this.buyer.read.size > before || isOver()) return;
    }
    const { status, reason } = this.buyer.feed!.state;
    law(false, `a buyer with money reads on (${status}: ${reason?.name} ${reason?.message})`);
  }

  /** After everything is up again: what was bought is there, and its keys are given again. */
  async finish(): Promise<void> {
    this.#fuse = undefined;
    for (const relay of this.relays) relay.lagging = false;
    for (const who of this.#dead.keys()) this.#dead.set(who, 0);
    await this.pass(200);
    await this.check();
    const { channelId } = this.honest.purchased;
    const account = this.gateway.ledger.account(channelId);
    for (const relay of this.relays)
      for (const { generation, fromSeq, toSeq } of await relay.ledger.bought(channelId)) {
        const found = await relay.segments.read({ listingId: LISTING, generation, seq: fromSeq }, 1 << 24);
        const numbers = new Map(found.map(({ header }) => [header.seq, header]));
        for (let seq = fromSeq; seq <= toSeq; seq += 1n) {
          const header = numbers.get(seq);
          law(header !== undefined, "what was bought is still stored");
          law(
            this.#generous ||
              this.#forgotten.has(`${channelId}/${generation}/${header!.epoch}`) ||
              (account !== undefined && this.gateway.ledger.isOpen(account, generation, header!.epoch)),
            "what was bought opens again",
          );
        }
      }
  }
}

export { RELAYS };

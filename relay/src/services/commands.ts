/**
 * Commands of grants with WRITE: from the buyer to the listing's gateway, and its sealed result back. The relay sees who commands
 * which listing and how often; device, command and result are sealed past it.
 */
import {
  commandDigestOf,
  commandKeyMessage,
  type Hex,
  MAX_SEALED_COMMAND_BYTES,
  Rights,
} from "@weir/sdk/core";
import {
  type Fields,
  type FrameOf,
  type FrameStream,
  PROTOCOLS,
  RefusedError,
  refusedError,
} from "@weir/sdk/wire";
import { judge } from "../chain/judge.ts";
import {
  COMMAND_IDLE_MS,
  COMMAND_TIMEOUT_MS,
  COMMANDS_BURST,
  COMMANDS_PER_MINUTE,
  MAX_COMMAND_AHEAD_S,
  MAX_COMMANDERS,
  MAX_COMMANDERS_PER_GRANT,
  MAX_CONTROL_FRAME_BYTES,
  MAX_PENDING_COMMANDS,
  MAX_RATED_PEERS,
  MAX_STREAMS_PER_GATEWAY,
} from "../limits.ts";
import { checkGateway, type GatewayComponents } from "./gateway-auth.ts";
import { type Link, links } from "./links.ts";
import { places } from "./places.ts";
import { type Questions, questions } from "./questions.ts";
import { buckets } from "./rate.ts";
import {
  drained,
  firstFrame,
  type Peer,
  patience,
  type ServeComponents,
  sameAddress,
  serve,
} from "./serve.ts";
import { within } from "./wait.ts";

type Command = FrameOf<"COMMAND">;
type Result = FrameOf<"COMMAND_RESULT">;
type Seal = NonNullable<Result["seal"]>;
type CommandLink = Link & {
  key: Fields<"COMMAND_KEY"> | undefined;
  questions: Questions<Result>;
};

export type CommandsComponents = ServeComponents & GatewayComponents;

export const commandsService = () => (components: CommandsComponents) => {
  const { admission, crypto, delivery, operator, metrics } = components;
  const gateways = links<CommandLink>(drop);
  const perSecond = COMMANDS_PER_MINUTE / 60;
  // A peer asks for the key, too.
  const byPeer = buckets(2 * COMMANDS_BURST, 2 * perSecond, MAX_RATED_PEERS);
  const byGrant = buckets(COMMANDS_BURST, perSecond, MAX_RATED_PEERS);
  const commanders = places(
    "commanders",
    MAX_COMMANDERS,
    "commanders of this grant",
    MAX_COMMANDERS_PER_GRANT,
  );

  async function attend(frames: FrameStream, peer: Peer): Promise<void> {
    const first = await firstFrame(frames);
    if (first.type === "AUTH") await gatewaySide(frames, peer, first);
    else if (first.type === "COMMAND_KEY_REQUEST") await buyerSide(frames, peer, first);
    else throw new RefusedError("BadFrame", `${first.type} came in place of AUTH or COMMAND_KEY_REQUEST`);
  }

  async function gatewaySide(frames: FrameStream, peer: Peer, auth: FrameOf<"AUTH">): Promise<void> {
    const { listing, keyId, publicKey } = await checkGateway(components, frames, peer, auth);
    const { listingId } = listing;
    const link: CommandLink = {
      listingId,
      keyId,
      frames,
      key: undefined,
      questions: questions(),
    };
    await gateways.add(link);
    try {
      for (;;) {
        const frame = await frames.read();
        if (frame === null) return;
        if (frame.type === "COMMAND_RESULT") {
          link.questions.answer(frame);
        } else if (frame.type === "COMMAND_KEY") {
          const { type: _, ...key } = frame;
          const message = commandKeyMessage(delivery, key);
          if (key.listingId !== listingId || key.keyId !== keyId)
            throw new RefusedError("BadKey", "COMMAND_KEY is for another listing or by another key.");
          if (!(await crypto.es256Verify(publicKey, message, key.signature)))
            throw new RefusedError("BadSignature", "COMMAND_KEY is not signed by the publisher key.");
          link.key = key;
        } else throw new RefusedError("BadFrame", `${frame.type} is not a gateway's frame`);
      }
    } finally {
      gateways.remove(link);
      drop(link);
    }
  }

  function drop(link: CommandLink): void {
    link.questions.end();
  }

  async function buyerSide(
    frames: FrameStream,
    peer: Peer,
    first: FrameOf<"COMMAND_KEY_REQUEST">,
  ): Promise<void> {
    peer.isBuyer();
    const bear = patience();
    let place: (() => void) | undefined;
    const admitted = (grantId: Hex): void => {
      place ??= commanders.take(grantId);
      peer.admitted();
    };
    try {
      for (let frame: FrameOf<"COMMAND_KEY_REQUEST"> | Command = first; ; ) {
        const result = frame.type === "COMMAND" ? await reply(peer, frame, admitted) : null;
        const sent =
          frame.type === "COMMAND"
            ? frames.send("COMMAND_RESULT", result!)
            : frames.send("COMMAND_KEY", keyOf(peer, frame.listingId));
        if (!sent) await drained(frames);
        bear(result?.error ?? null);
        const next = await within(frames.read(), COMMAND_IDLE_MS, quiet);
        if (next === null) return;
        if (next.type !== "COMMAND" && next.type !== "COMMAND_KEY_REQUEST")
          throw new RefusedError("BadFrame", `${next.type} came in place of COMMAND`);
        frame = next;
      }
    } finally {
      place?.();
    }
  }

  function keyOf(peer: Peer, listingId: bigint): Fields<"COMMAND_KEY"> {
    if (!byPeer.take(peer.id)) throw tooOften();
    const { key } = linkTo(listingId);
    if (!key) throw offline();
    return key;
  }

  async function reply(
    peer: Peer,
    command: Command,
    admitted: (grantId: Hex) => void,
  ): Promise<Omit<Result, "type">> {
    const { requestId } = command;
    try {
      const seal = await forward(peer, command, admitted);
      metrics.add("commands_total");
      return { requestId, seal, error: null };
    } catch (error) {
      if (!(error instanceof RefusedError)) throw error;
      metrics.add("refusals_total", 1, error.name);
      return { requestId, seal: null, error: { name: error.name, message: error.message } };
    }
  }

  /** From cheap to dear: the peer's rate, size, clock, the gateway, then the chain and a signature. */
  async function forward(
    peer: Peer,
    { type: _, ...command }: Command,
    admitted: (grantId: Hex) => void,
  ): Promise<Seal> {
    if (!byPeer.take(peer.id)) throw tooOften();
    if (command.ct.length > MAX_SEALED_COMMAND_BYTES)
      throw new RefusedError(
        "TooLarge",
        `A sealed command has at most ${MAX_SEALED_COMMAND_BYTES} bytes, this one ${command.ct.length}.`,
      );
    const now = Math.floor(Date.now() / 1000);
    if (command.expiry <= now || command.expiry > now + MAX_COMMAND_AHEAD_S)
      throw new RefusedError(
        "Expired",
        `A command ends within ${MAX_COMMAND_AHEAD_S} s; this one at ${command.expiry}, now is ${now}.`,
      );
    linkTo(command.listingId);
    await admit(command);
    // Not before the signature holds: a grant's id is public, and nobody else uses its rate up.
    if (!byGrant.take(command.grantId)) throw tooOften();
    admitted(command.grantId);
    return ask(command);
  }

  /** @throws RefusedError NoGrant, NoRight, BeforeWindow, AfterWindow, Revoked, OutOfMoney, Closing, BadSignature */
  async function admit(command: Fields<"COMMAND">): Promise<void> {
    const grant = await admission.grant(command.grantId);
    if (grant.listingId !== command.listingId)
      throw new RefusedError("NoGrant", "The grant is for another listing.");
    const refusal = judge(grant, admission.now(), await admission.payment(grant), null, Rights.write);
    if (refusal) throw refusal;
    const digest = commandDigestOf(crypto, delivery, command, command);
    if (!sameAddress(crypto.recover(digest, command.signature), grant.signer))
      throw new RefusedError("BadSignature", "The command is not signed by the grant's signer.");
  }

  async function ask(command: Fields<"COMMAND">): Promise<Seal> {
    const link = linkTo(command.listingId);
    if (link.questions.size >= MAX_PENDING_COMMANDS)
      throw new RefusedError("Limit", "Too many commands are being waited for.", {
        limit: "pending commands",
      });
    const send = (requestId: number) => link.frames.send("COMMAND", { ...command, requestId });
    const result = await link.questions.ask(send, COMMAND_TIMEOUT_MS, lost);
    if (result?.error) throw refusedError({ ...result.error, detail: {} });
    if (!result?.seal) throw lost();
    return result.seal;
  }

  function linkTo(listingId: bigint): CommandLink {
    const link = gateways.get(listingId);
    if (!link || link.frames.closed) throw offline();
    return link;
  }

  return {
    ...serve(
      components,
      PROTOCOLS.command,
      { delivery, operator, maxFrameBytes: MAX_CONTROL_FRAME_BYTES, maxStreams: MAX_STREAMS_PER_GATEWAY },
      attend,
    ),
    count: gateways.count,
  };
};

const offline = (): RefusedError =>
  new RefusedError("GatewayOffline", "The seller's gateway is not connected: nothing was forwarded.");
const lost = (): RefusedError =>
  new RefusedError("NoAnswer", "The gateway was lost on the way: nobody knows whether the command arrived.");
const quiet = (): RefusedError => new RefusedError("Limit", "Nothing was said in time.", { limit: "idle" });
const tooOften = (): RefusedError =>
  new RefusedError("Limit", "Commands are sent too often.", { limit: "commands" });

// The one place that says what a device may do at the broker. Everything else asks here; what is not allowed by name is refused.
import { GatewayRefusal } from "../errors.ts";
import { MAX_TOPIC_BYTES, MAX_TOPIC_LEVELS } from "../limits.ts";

/** Who speaks: a device that has proved its password. */
export type Speaker = { hubId: bigint; device: string };

/** Topics below a device's name that the gateway writes: whether anybody pays now, and what to do. */
export const GATEWAY_TOPICS = ["demand", "command"] as const;

/** A command's id: the first half of its digest. */
const COMMAND_ID = /^[0-9a-f]{32}$/;

/** As the Hubs contract allows it: no separator, no wildcard, no `$`. */
const DEVICE_NAME = /^[A-Za-z0-9._-]{1,64}$/;
const HUB_ID = /^(0|[1-9]\d{0,18})$/;

export type Act =
  | { kind: "login"; will?: string | undefined }
  /** Also wills, retained messages, and HTTP: what comes in is a publish, whatever carries it. */
  | { kind: "publish"; topic: string }
  /** What it says to a command: `<device>/command/<id>`. */
  | { kind: "answer"; topic: string }
  | { kind: "subscribe"; filter: string }
  | { kind: "receive"; topic: string };

/** `<hubId>/<device>` → its parts, or undefined. */
export function parseUser(user: string | undefined): Speaker | undefined {
  const cut = user?.indexOf("/") ?? -1;
  if (user === undefined || cut < 0) return undefined;
  const [hubId, device] = [user.slice(0, cut), user.slice(cut + 1)];
  return HUB_ID.test(hubId) && DEVICE_NAME.test(device) ? { hubId: BigInt(hubId), device } : undefined;
}

/**
 * Throws GatewayRefusal unless `speaker` may do `act`; for a publish returns the topic behind `<device>/`, for an answer the command's
 * id, otherwise "".
 * A speaker that is not known may do nothing.
 */
export function authorize(speaker: Speaker | undefined, act: Act): string {
  if (speaker === undefined) throw new GatewayRefusal("Unauthorised", "log in first");
  const { device } = speaker;
  switch (act.kind) {
    case "login":
      if (act.will !== undefined) suffixOf(device, act.will);
      return "";
    case "publish":
      return suffixOf(device, act.topic);
    case "answer": {
      const prefix = `${device}/command/`;
      const id = act.topic.slice(prefix.length);
      if (act.topic.startsWith(prefix) && COMMAND_ID.test(id)) return id;
      throw new GatewayRefusal("ReservedTopic", `an answer goes to ${prefix}<id of the command>`, "topic");
    }
    case "subscribe":
    case "receive": {
      const topic = act.kind === "subscribe" ? act.filter : act.topic;
      if (GATEWAY_TOPICS.some((name) => topic === `${device}/${name}`)) return "";
      throw new GatewayRefusal(
        "NotOwnTopic",
        `a device listens to ${device}/demand and ${device}/command only`,
        "topic",
      );
    }
  }
}

/** Whether a topic can only be an answer; what else lies there is refused as a publish. */
export const isAnswer = (topic: string): boolean => /^[^/]+\/command\/[0-9a-f]{32}$/.test(topic);

function suffixOf(device: string, topic: string): string {
  const prefix = `${device}/`;
  if (!topic.startsWith(prefix) || topic.length === prefix.length)
    throw new GatewayRefusal("NotOwnTopic", `a device publishes below its own name: ${prefix}…`, "topic");
  const suffix = topic.slice(prefix.length);
  if (Buffer.byteLength(suffix) > MAX_TOPIC_BYTES)
    throw new GatewayRefusal(
      "TooLarge",
      `a topic has at most ${MAX_TOPIC_BYTES} bytes behind the device's name`,
      "topic",
    );
  const levels = suffix.split("/");
  if (levels.length > MAX_TOPIC_LEVELS)
    throw new GatewayRefusal(
      "TooLarge",
      `a topic has at most ${MAX_TOPIC_LEVELS} levels behind the device's name`,
      "topic",
    );
  // Lone surrogates do not survive UTF-8; control characters have no place in a name.
  if (/[+#]|\p{Cc}|\p{Cs}/u.test(suffix))
    throw new GatewayRefusal("BadRequest", "a topic has no wildcard or control character", "topic");
  if (GATEWAY_TOPICS.some((name) => levels[0] === name))
    throw new GatewayRefusal("ReservedTopic", `${prefix}${levels[0]} is written by the gateway`, "topic");
  return suffix;
}

// Which devices and topics feed a listing: the part `feed` of its metadata.
import { MAX_PATTERNS } from "./limits.ts";

export type Feed = {
  /** Names; undefined = every device of the hub. */
  devices: ReadonlySet<string> | undefined;
  /** Patterns over the part behind `<device>/`, with `+` for one level and a closing `#` for the rest; undefined = all. */
  topics: readonly string[] | undefined;
};

const WHOLE_HUB: Feed = { devices: undefined, topics: undefined };
/** Metadata that is no JSON or states nonsense feeds nothing: selling the wrong devices' data would be worse. */
const NOTHING: Feed = { devices: new Set(), topics: [] };

/** Listing metadata (JSON-LD text) → feed. Never throws. */
export function parseFeed(metadata: string): Feed {
  let json: unknown;
  try {
    json = JSON.parse(metadata);
  } catch (error) {
    if (error instanceof SyntaxError) return metadata === "" ? WHOLE_HUB : NOTHING;
    throw error;
  }
  if (typeof json !== "object" || json === null) return NOTHING;
  const feed = (json as { feed?: unknown }).feed;
  if (feed === undefined) return WHOLE_HUB;
  if (typeof feed !== "object" || feed === null) return NOTHING;
  const { devices, topics } = feed as { devices?: unknown; topics?: unknown };
  if (!isTexts(devices) || !isTexts(topics)) return NOTHING;
  return { devices: devices && new Set(devices), topics };
}

const isTexts = (value: unknown): value is string[] | undefined =>
  value === undefined ||
  (Array.isArray(value) && value.length <= MAX_PATTERNS && value.every((item) => typeof item === "string"));

/** Whether anything of this device may belong to the feed. */
export const feedsDevice = ({ devices }: Feed, device: string): boolean =>
  devices === undefined || devices.has(device);

/** Whether a message of this device and topic (behind `<device>/`) belongs to the feed. */
export const feeds = (feed: Feed, device: string, topic: string): boolean =>
  feedsDevice(feed, device) &&
  (feed.topics === undefined || feed.topics.some((pattern) => topicMatches(pattern, topic)));

/** MQTT's rules for wildcards. */
export function topicMatches(pattern: string, topic: string): boolean {
  const want = pattern.split("/");
  const have = topic.split("/");
  for (const [i, level] of want.entries()) {
    if (level === "#") return i === want.length - 1;
    if (have[i] === undefined || (level !== "+" && level !== have[i])) return false;
  }
  return want.length === have.length;
}

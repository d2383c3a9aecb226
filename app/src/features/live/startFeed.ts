import { fieldsOf } from "@/lib/schema.ts";
import { type Opening, open } from "@/lib/weir.ts";
import { type FeedSession, startSession } from "./session.ts";

/** Opens the feed of a purchase through the SDK, once per page. */
export function startFeed(parameters: Opening): FeedSession {
  const { listing, purchase } = parameters;
  return startSession(purchase, fieldsOf(listing.metadata, Number.POSITIVE_INFINITY), (signal) =>
    open({ ...parameters, signal }),
  );
}

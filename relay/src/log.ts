/** Structured logs on stderr. No addresses, peer ids, channels or grants: listing ids and names of refusals say enough. */
import { type Logger, pino } from "pino";

export type Log = Logger;

export const createLog = (level = "info"): Log =>
  pino({ name: "relay", level, base: null }, pino.destination({ fd: 2, sync: true }));

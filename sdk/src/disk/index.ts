/** What relay and gateway do alike with a file of SQLite's. Node only. */
export * from "./damage.ts";
export * from "./fold.ts";
export * from "./lock.ts";

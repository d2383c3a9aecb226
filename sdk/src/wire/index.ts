export * from "./frames.ts";
export * from "./limits.ts";
export * from "./messages.ts";
export * from "./network.ts";
export * from "./refusals.ts";

// What a listing can be about: a list by itself, so that the market's page takes nothing else with it.
export const CATEGORIES = [
  "transport",
  "weather",
  "energy",
  "environment",
  "finance",
  "geoscience",
  "telemetry",
  "health",
  "agriculture",
  "manufacturing",
  "buildings",
  "logistics",
  "retail",
  "telecom",
  "government",
  "science",
  "other",
] as const;
export type CategoryName = (typeof CATEGORIES)[number];

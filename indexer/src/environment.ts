/** The settings of this process. */
import { fileURLToPath } from "node:url";
import { readSettings } from "./settings.ts";

/** The repository: two folders up. */
export const ROOT = fileURLToPath(new URL("../..", import.meta.url));

export const settings = readSettings(process.env, ROOT);

/** The settings of this process. */
import { fileURLToPath } from "node:url";
import { readSettings } from "./settings.ts";

/** The repository: two folders up. */
export const ROOT = fileURLToPath(new URL("../..", import.meta.url));

export const settings = readSettings(process.env, ROOT);

/** The run of the local chain that the tables are made from, as the supervisor found it; null on other chains. */
export const tablesInstanceId = process.env.WEIR_INSTANCE_ID || null;

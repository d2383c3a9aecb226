// Builds contracts and app once, before any test file: files run side by side, and a build is nobody's to race for.
import { buildContracts } from "../../scripts/deploy.ts";
import { buildApp } from "../../scripts/stack/build.ts";

export default async function setup(): Promise<void> {
  await buildContracts();
  await buildApp(".weir/logs");
}

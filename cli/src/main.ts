#!/usr/bin/env node
// The `weir` command: noun, then verb. Exit codes: 0 done, 1 unexpected fault, 2 usage, 3 refused by rule, 4 unreachable.
import { enableCompileCache } from "node:module";

// Half of a short command's time is compiling what it imports: the second run finds it done.
enableCompileCache();
const { run } = await import("./run.ts");
await run(process.argv.slice(2));

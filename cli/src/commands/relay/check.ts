import { join } from "node:path";
import type { Command } from "commander";
import { type ReadOptions, readCommand } from "../../command.ts";
import { dataDir } from "../../place.ts";
import { runProgram } from "../../program.ts";

type Options = ReadOptions & { data?: string };

/** `weir relay check`: exit code 3 where the disk has changed anything. */
export const relayCheck = (): Command =>
  readCommand("check", "read all that a stopped relay has stored, and say what its disk has changed")
    .option("--data <folder>", "where it stores (default: relay in the data folder)")
    .action(({ data }: Options) =>
      runProgram("relay", ["check"], { WEIR_DATA_DIR: data ?? join(dataDir(), "relay") }),
    );

import { join } from "node:path";
import type { Command } from "commander";
import type { Address } from "viem";
import { type WriteOptions, writeCommand } from "../../command.ts";
import { writeDeployment } from "../../deployment-file.ts";
import { address, whole } from "../../parse.ts";
import { dataDir, openPlace } from "../../place.ts";
import { runProgram } from "../../program.ts";
import { readKeystore } from "../../wallet.ts";

type Options = WriteOptions & {
  operator?: Address;
  data?: string;
  host?: string;
  tcpPort?: number;
  wsPort?: number;
  httpPort?: number;
};

const port = whole(0, 65_535);

/** `weir relay run --keystore operator.json`: it needs no secret, only to know whom vouchers have to name. */
export const relayRun = (): Command =>
  writeCommand("run", "carry sealed data; ends on Ctrl-C")
    .option(
      "--operator <address>",
      "whom vouchers name (default: the keystore's account; its passphrase is not needed)",
      address,
    )
    .option("--data <folder>", "where it stores (default: relay in the data folder)")
    .option("--host <address>", "to listen on (default: 127.0.0.1)")
    .option("--tcp-port <port>", "for programs (default: any free)", port)
    .option("--ws-port <port>", "for browsers (default: any free)", port)
    .option("--http-port <port>", "for health and heads (default: any free)", port)
    .action(run);

async function run(options: Options): Promise<void> {
  const place = await openPlace(options);
  await runProgram("relay", [], {
    WEIR_RPC_URL: place.rpc,
    WEIR_CHAIN_ID: String(place.chain.id),
    WEIR_DEPLOYMENT: writeDeployment(place, options.deployment),
    WEIR_RELAY_OPERATOR: options.operator ?? readKeystore(options).address,
    WEIR_DATA_DIR: options.data ?? join(dataDir(), "relay"),
    WEIR_RELAY_HOST: options.host,
    WEIR_PORT_RELAY_TCP: options.tcpPort?.toString(),
    WEIR_PORT_RELAY_WS: options.wsPort?.toString(),
    WEIR_PORT_RELAY_HTTP: options.httpPort?.toString(),
  });
}

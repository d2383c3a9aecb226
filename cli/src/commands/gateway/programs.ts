// The gateway's own verbs: this command says where the chain is and passes the rest on.
import { join } from "node:path";
import type { Command } from "commander";
import { type ReadOptions, readCommand } from "../../command.ts";
import { writeDeployment } from "../../deployment-file.ts";
import { whole } from "../../parse.ts";
import { dataDir, openPlace } from "../../place.ts";
import { runProgram } from "../../program.ts";

export type GatewayOptions = ReadOptions & {
  config?: string;
  data?: string;
  passphraseFile?: string;
  host?: string;
  mqttPort?: number;
  httpPort?: number;
};

const port = whole(0, 65_535);

const gatewayCommand = (name: string, description: string): Command =>
  readCommand(name, description)
    .option("--config <file>", "the gateway's file (default: WEIR_GATEWAY_CONFIG)")
    .option("--data <folder>", "where it stores (default: gateway in the data folder)")
    .option("--passphrase-file <file>", "opens the secrets (default: WEIR_GATEWAY_PASSPHRASE)");

/** The environment that gateway/src/main.ts reads. */
export async function gatewayEnv(options: GatewayOptions): Promise<Record<string, string | undefined>> {
  const place = await openPlace(options);
  return {
    WEIR_RPC_URL: place.rpc,
    WEIR_CHAIN_ID: String(place.chain.id),
    WEIR_DEPLOYMENT: writeDeployment(place, options.deployment),
    WEIR_DATA_DIR: options.data ?? join(dataDir(), "gateway"),
    WEIR_GATEWAY_CONFIG: options.config,
    WEIR_GATEWAY_PASSPHRASE_FILE: options.passphraseFile,
    WEIR_GATEWAY_HOST: options.host,
    WEIR_PORT_MQTT: options.mqttPort?.toString(),
    WEIR_PORT_GATEWAY_HTTP: options.httpPort?.toString(),
  };
}

/** `weir gateway run --config gateway.json` */
export const gatewayRun = (): Command =>
  gatewayCommand("run", "take devices' messages, seal and sell them; ends on Ctrl-C")
    .option("--host <address>", "to listen on (default: 127.0.0.1)")
    .option("--mqtt-port <port>", "for devices (default: 1883)", port)
    .option("--http-port <port>", "for passwords, ingest, health (default: 8480)", port)
    .action(async (options: GatewayOptions) => runProgram("gateway", ["run"], await gatewayEnv(options)));

/** `weir gateway check --config gateway.json` */
export const gatewayCheck = (): Command =>
  gatewayCommand(
    "check",
    "whether a gateway with these settings could run: secrets, keys on chain, relays, disk",
  ).action(async (options: GatewayOptions) =>
    runProgram("gateway", ["check", ...(options.json ? ["--json"] : [])], await gatewayEnv(options)),
  );

/** `weir gateway status`: what the channels of the gateway that runs here are worth. */
export const gatewayStatus = (): Command =>
  gatewayCommand(
    "status",
    "what buyers owe the running gateway, what of it vouchers cover, what was claimed and by which transaction",
  ).action(async (options: GatewayOptions) =>
    runProgram("gateway", ["status", ...(options.json ? ["--json"] : [])], await gatewayEnv(options)),
  );

/** `weir gateway backup copy/`: with the gateway stopped. */
export const gatewayBackup = (): Command =>
  gatewayCommand("backup", "copy secrets and data of a stopped gateway into a new folder")
    .argument("<folder>", "a new one")
    .action(async (folder: string, options: GatewayOptions) =>
      runProgram(
        "gateway",
        ["backup", folder, ...(options.json ? ["--json"] : [])],
        await gatewayEnv(options),
      ),
    );

/** `weir gateway restore copy/` */
export const gatewayRestore = (): Command =>
  gatewayCommand("restore", "put a backup back where nothing is; the streams begin a new generation")
    .argument("<folder>", "what backup wrote")
    .action(async (folder: string, options: GatewayOptions) =>
      runProgram(
        "gateway",
        ["restore", folder, ...(options.json ? ["--json"] : [])],
        await gatewayEnv(options),
      ),
    );

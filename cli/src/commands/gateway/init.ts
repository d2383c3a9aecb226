import { existsSync, writeFileSync } from "node:fs";
import { basename, resolve } from "node:path";
import { type P256Key, registerPublisherKey } from "@weir/sdk/chain";
import type { Command } from "commander";
import type { Address, Hex } from "viem";
import { sendTransaction, waitForTransactionReceipt } from "viem/actions";
import { type WriteOptions, writeCommand } from "../../command.ts";
import { print, RefusedByRule } from "../../output.ts";
import { amount, id, url } from "../../parse.ts";
import { openPlace, type Place } from "../../place.ts";
import { askProgram } from "../../program.ts";
import { openWallet } from "../../wallet.ts";

type Options = WriteOptions & {
  secrets: string;
  secretsPassphraseFile?: string;
  config?: string;
  id: string;
  fund?: string;
  origin?: string;
};

/** `weir gateway init 1 --secrets hub-1.secrets.json --fund 0.1 --config gateway.json` */
export const gatewayInit = (): Command =>
  writeCommand("init", "make a gateway's secrets, register its key and account for a hub, and write its file")
    .argument("<hub>", "its number", id)
    .requiredOption(
      "--secrets <file>",
      "a new file for the operator account, the master seed and the publisher key",
    )
    .option("--secrets-passphrase-file <file>", "locks it (default: WEIR_GATEWAY_PASSPHRASE)")
    .option("--config <file>", "write the gateway's settings to this new file")
    .option("--id <name>", "the gateway's name in them", "gateway-1")
    .option("--origin <url>", "a market whose pages may ask the gateway", url)
    .option("--fund <ETH>", "send so much to the gateway's account: it pays for closes and claims")
    .action(init);

async function init(hubId: bigint, options: Options): Promise<void> {
  const { secrets, config } = options;
  const place = await openPlace(options);
  const { contracts } = place;
  if (config !== undefined && existsSync(config))
    throw new RefusedByRule(`--config: there is a file at ${config} already`);
  const fund = options.fund === undefined ? 0n : amount(options.fund, 18, "--fund");
  const wallet = await openWallet(place, options);
  const env = { WEIR_GATEWAY_PASSPHRASE_FILE: options.secretsPassphraseFile };
  const { code, rows } = await askProgram("gateway", ["init", secrets], env);
  const made = rows[0] as { operator: Address; publisherKey: P256Key } | undefined;
  if (code !== 0 || made === undefined) {
    process.exitCode = code;
    return;
  }
  const account = made.operator;
  const { keyId, hash } = await registerPublisherKey(wallet, {
    contracts,
    hubId,
    account,
    publicKey: made.publisherKey,
  });
  let fundHash: Hex | null = null;
  if (fund > 0n) {
    fundHash = await sendTransaction(wallet, {
      account: wallet.account,
      chain: place.chain,
      to: account,
      value: fund,
    });
    await waitForTransactionReceipt(wallet, {
      hash: fundHash,
      pollingInterval: place.client.pollingInterval,
    });
  }
  if (config !== undefined) writeConfig(place, hubId, config, options);
  print(
    options.json,
    {
      hub: hubId,
      operator: account,
      keyId,
      secrets,
      ...(config ? { config } : {}),
      transactionHash: hash,
      fundHash,
    },
    `hub ${hubId} is published by ${account}; keep ${basename(secrets)} and its passphrase: they are the hub`,
  );
}

function writeConfig(
  { market }: Place,
  hubId: bigint,
  path: string,
  { id: name, secrets, origin }: Options,
): void {
  const file = {
    id: name,
    hubs: [{ hubId: String(hubId), secrets: resolve(secrets) }],
    relays: market.relays.map(({ operator, multiaddrs }) => ({ operator, multiaddrs })),
    corsOrigins: origin === undefined ? [] : [origin],
  };
  writeFileSync(path, `${JSON.stringify(file, null, 2)}\n`, { flag: "wx", mode: 0o600 });
}

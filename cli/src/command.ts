// What commands have in common: the options that say where, who and how to print.
import { Command, Option } from "commander";
import { url } from "./parse.ts";
import type { PlaceOptions } from "./place.ts";
import type { WalletOptions } from "./wallet.ts";

export type ReadOptions = PlaceOptions;
export type WriteOptions = PlaceOptions & WalletOptions;

export const jsonCommand = (name: string, description: string): Command =>
  new Command(name).description(description).option("--json", "one JSON object per line");

/** A command that reads the chain. */
export const readCommand = (name: string, description: string): Command =>
  jsonCommand(name, description)
    .addOption(
      new Option("--rpc <url>", "RPC endpoint (default: the market's file, else http://127.0.0.1:8545)")
        .env("WEIR_RPC_URL")
        .argParser(url),
    )
    .addOption(
      new Option(
        "--deployment <file>",
        "the contracts' addresses (default: the market's file, else deployments/<chain id>.json)",
      ).env("WEIR_DEPLOYMENT"),
    )
    .addOption(
      new Option(
        "--market <file>",
        "stack.json of npm start or config.json of a market: chain, contracts, relays, gateways, tokens, indexer (default: .weir/stack.json)",
      ).env("WEIR_MARKET"),
    );

const withWallet = (command: Command): Command =>
  command
    .addOption(
      new Option("--keystore <file>", "the account that signs: a Web3 keystore file").env("WEIR_KEYSTORE"),
    )
    .addOption(
      new Option(
        "--passphrase-file <file>",
        "opens the keystore (default: WEIR_PASSPHRASE, else it is asked for on the terminal)",
      ).env("WEIR_PASSPHRASE_FILE"),
    );

/** A command that sends transactions or signs. */
export const writeCommand = (name: string, description: string): Command =>
  withWallet(readCommand(name, description));

/** A command that has a keystore to do with and no chain. */
export const keystoreCommand = (name: string, description: string): Command =>
  withWallet(jsonCommand(name, description));

/** A noun, which does nothing by itself. */
export const noun = (name: string, description: string, verbs: readonly Command[]): Command => {
  const command = new Command(name).description(description);
  for (const verb of verbs) command.addCommand(verb);
  return command;
};

/** Which keys are meant: they are bound to whoever asked for them. */
export const siteOption = (): Option =>
  new Option(
    "--site <name>",
    "whom the purchase keys belong to; the origin of a market to share them with its pages",
  )
    .env("WEIR_SITE")
    .default("weir");

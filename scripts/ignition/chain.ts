/** The chain to deploy to: its connection, its keys, and what kind of chain it is. */
import { createInterface } from "node:readline";
import hre from "hardhat";
import type { EthereumProvider } from "hardhat/types/providers";
import type { Hex } from "viem";
import { DeploymentRefused, sentence } from "./records.ts";

/** Throws DeploymentRefused with one sentence. The caller closes the connection. */
export async function connect(network: string, rpcUrl?: string) {
  const configured = hre.config.networks[network];
  if (configured?.type !== "http") {
    const names = Object.entries(hre.config.networks).flatMap(([name, { type }]) =>
      type === "http" ? [name] : [],
    );
    throw new DeploymentRefused(
      `there is no network "${network}" in hardhat.config.ts; there are ${names.join(", ")}`,
    );
  }
  const override = rpcUrl === undefined ? undefined : { type: "http" as const, url: rpcUrl };
  try {
    return await hre.network.create({ network, override });
  } catch (error) {
    throw new DeploymentRefused(`network "${network}": ${sentence(error)}`, { cause: error });
  }
}

/** The first questions to the chain: here an address that nobody answers, and a missing key, come to light. */
export async function greet(provider: EthereumProvider, network: string) {
  const ask = (method: string) =>
    provider.request({ method }).catch((error: unknown) => {
      // Hardhat's own errors have a number; a key of the wrong length is told by its cryptography, in terms of fields and bytes.
      const isHardhats = error instanceof Error && /^HHE\d+: /.test(error.message);
      const reason = isHardhats ? sentence(error) : `no usable key: ${sentence(error)}`;
      throw new DeploymentRefused(`network "${network}": ${reason}`, { cause: error });
    });
  const chainId = Number(await ask("eth_chainId"));
  const accounts = (await ask("eth_accounts")) as string[];
  if (accounts.length === 0)
    throw new DeploymentRefused(`network "${network}" has no account to deploy from`);
  return { chainId, accounts };
}

/** Changes with every start of a local chain. */
export async function instanceOf(provider: EthereumProvider): Promise<string> {
  const genesis = (await provider.request({ method: "eth_getBlockByNumber", params: ["0x0", false] })) as {
    hash: Hex;
  };
  try {
    const metadata = (await provider.request({ method: "hardhat_metadata" })) as { instanceId: string };
    return metadata.instanceId;
  } catch (error) {
    // Other local chains do not know the method; their first block carries the time of their start.
    if (isMethodMissing(error)) return genesis.hash;
    throw error;
  }
}

/** Whether the chain mines each transaction at once: a development chain. */
export async function isAutomined(provider: EthereumProvider): Promise<boolean> {
  try {
    return (await provider.request({ method: "hardhat_getAutomine" })) === true;
  } catch {
    return false; // nodes of real chains refuse the question in many ways; the careful settings are right for them
  }
}

const METHOD_NOT_FOUND = -32601;

function isMethodMissing(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === METHOD_NOT_FOUND;
}

/** The keystore's password: asked on stderr, since stdout is the result's; taken from a pipe as well. */
export function askPasswordsOnStderr(): void {
  hre.hooks.registerHandlers("userInterruptions", {
    async requestSecretInput(_context, _interruptor, description) {
      const isTerminal = process.stdin.isTTY === true;
      process.stderr.write(`${description}: `);
      // A terminal echoes what is typed by way of the output: there is none.
      const input = createInterface({ input: process.stdin, terminal: isTerminal });
      try {
        for await (const line of input) return line;
        return "";
      } finally {
        input.close();
        process.stderr.write("\n");
      }
    },
  });
}

import { peerIdFromString } from "@libp2p/peer-id";
import { getRelay, isRelayRegistered, registerRelay, updateRelay } from "@weir/sdk/chain";
import { hex } from "@weir/sdk/core";
import type { Command } from "commander";
import type { Hex } from "viem";
import { type WriteOptions, writeCommand } from "../../command.ts";
import { print, UsageError } from "../../output.ts";
import { amount, several } from "../../parse.ts";
import { openPlace } from "../../place.ts";
import { openWallet } from "../../wallet.ts";

type Options = WriteOptions & { endpoint: string[]; fee: string; region: string; stake: string };

const MAX_FEE_PERCENT = 30;
const MAX_REGION_BYTES = 8;
const MAX_ENDPOINTS_BYTES = 1_024;

/** `weir relay register --endpoint /dns4/relay.example/tcp/4002/ws/p2p/12D3… --stake 1` */
export const relayRegister = (): Command =>
  writeCommand("register", "enter a relay into the registry, or change its entry")
    .requiredOption(
      "--endpoint <multiaddr>",
      "an address with the peer id at its end, as the relay prints it; several with commas",
      several(String),
    )
    .option("--fee <percent>", "the share asked of what it carries, up to 30", "5")
    .option("--region <text>", "at most 8 bytes, such as eu-west", "")
    .option("--stake <ETH>", "comes back after leaving; only for a new entry", "1")
    .action(register);

async function register(options: Options): Promise<void> {
  const { endpoint: endpoints, region } = options;
  const feeBps = Math.round(Number(options.fee) * 100);
  if (!/^\d{1,2}(\.\d{1,2})?$/.test(options.fee) || feeBps > MAX_FEE_PERCENT * 100)
    throw new UsageError(`--fee: is a percentage from 0 to ${MAX_FEE_PERCENT}`);
  if (Buffer.byteLength(region) > MAX_REGION_BYTES)
    throw new UsageError(`--region: has at most ${MAX_REGION_BYTES} bytes`);
  if (Buffer.byteLength(endpoints.join("\n")) > MAX_ENDPOINTS_BYTES)
    throw new UsageError(`--endpoint: together they have at most ${MAX_ENDPOINTS_BYTES} bytes`);
  const peerId = peerIdIn(endpoints);
  const stake = amount(options.stake, 18, "--stake");
  const place = await openPlace(options);
  const { client, contracts } = place;
  const wallet = await openWallet(place, options);
  const operator = wallet.account.address;
  const entry = { contracts, peerId, endpoints, feeBps, region };
  const known = await isRelayRegistered(client, { contracts, operator });
  const { hash } = known
    ? await updateRelay(wallet, entry)
    : await registerRelay(wallet, { ...entry, stake });
  const held = (await getRelay(client, { contracts, operator })).stake;
  print(
    options.json,
    { operator, endpoints, feeBps, region, stake: held, transactionHash: hash },
    `${operator} is ${known ? "changed" : "entered"} in the registry`,
  );
}

/** The one peer id that the addresses end with. */
export function peerIdIn(endpoints: readonly string[]): Hex {
  const ids = new Set<string>();
  for (const endpoint of endpoints) {
    const [, id] =
      /^\/(?:ip4|ip6|dns|dns4|dns6)\/[^/\s]+\/tcp\/\d{1,5}(?:\/ws|\/wss|\/tls\/ws)?\/p2p\/([A-Za-z0-9]+)$/.exec(
        endpoint,
      ) ?? [];
    const http = /^\/(?:ip4|ip6|dns|dns4|dns6)\/[^/\s]+\/tcp\/\d{1,5}\/https?$/.test(endpoint);
    if (id !== undefined) ids.add(id);
    else if (!http)
      throw new UsageError(
        `--endpoint: ${endpoint} is no address such as /dns4/relay.example/tcp/4001/p2p/12D3…`,
      );
  }
  if (ids.size !== 1)
    throw new UsageError(
      "--endpoint: name at least one address that ends with /p2p/ and the peer id, the same everywhere",
    );
  try {
    return hex(peerIdFromString([...ids][0]!).toMultihash().bytes);
  } catch {
    // The library's words are about bases and codecs.
    throw new UsageError(`--endpoint: ${[...ids][0]} is no peer id`);
  }
}

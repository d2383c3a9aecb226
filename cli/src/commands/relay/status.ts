import { connect } from "node:net";
import { getOwed, getRelay, isRelayRegistered } from "@weir/sdk/chain";
import { ZERO_ADDRESS } from "@weir/sdk/core";
import type { Command } from "commander";
import type { Address } from "viem";
import { type WriteOptions, writeCommand } from "../../command.ts";
import { EXIT, print } from "../../output.ts";
import { address } from "../../parse.ts";
import { openPlace, type Place } from "../../place.ts";
import { inUnits } from "../../plans.ts";
import { readKeystore } from "../../wallet.ts";

const PATIENCE_MS = 5_000;
const ESCROWS = ["Channels", "Subscriptions"] as const;
type Check = { check: string; ok: boolean; detail: string };

/** `weir relay status`: registered, reachable, serving, earning. Exit code 4 where something that should answer does not. */
export const relayStatus = (): Command =>
  writeCommand("status", "a relay's checklist: registered, reachable, serving, owed")
    .argument("[operator]", "its operator (default: the keystore's account)", address)
    .action(status);

async function status(named: Address | undefined, options: WriteOptions): Promise<void> {
  const operator = named ?? readKeystore(options).address;
  const place = await openPlace(options);
  const checks: Check[] = [];
  const report = (check: string, ok: boolean, detail: string): void => {
    checks.push({ check, ok, detail });
    print(options.json, { check, ok, detail }, `${ok ? "ok " : "NO "} ${check.padEnd(12)} ${detail}`);
  };
  const { client, contracts, market } = place;
  const registered = await isRelayRegistered(client, { contracts, operator });
  report(
    "registered",
    registered,
    registered ? operator : `${operator} is not in the registry: \`weir relay register\``,
  );
  const endpoints = registered ? (await getRelay(client, { contracts, operator })).endpoints : [];
  for (const endpoint of endpoints) {
    const reached = await reach(endpoint);
    report("reachable", reached, endpoint);
  }
  const http =
    market.relays.find((relay) => relay.operator.toLowerCase() === operator.toLowerCase())?.http ??
    httpIn(endpoints);
  if (http !== undefined) await serving(http, report);
  await owed(place, operator, report);
  if (checks.some(({ ok }) => !ok)) process.exitCode = registered ? EXIT.unreachable : EXIT.refused;
}

/** Whether somebody takes a TCP connection at a multiaddr. */
function reach(endpoint: string): Promise<boolean> {
  const [, , host, , port] = endpoint.split("/");
  return new Promise((resolve) => {
    const socket = connect({ host: host ?? "", port: Number(port), timeout: PATIENCE_MS });
    const end = (reached: boolean) => {
      socket.destroy();
      resolve(reached);
    };
    socket
      .once("connect", () => end(true))
      .once("error", () => end(false))
      .once("timeout", () => end(false));
  });
}

function httpIn(endpoints: readonly string[]): string | undefined {
  for (const endpoint of endpoints) {
    const [, host, port, scheme] = /^\/(?:ip4|dns|dns4)\/([^/]+)\/tcp\/(\d+)\/(https?)$/.exec(endpoint) ?? [];
    if (host !== undefined) return `${scheme}://${host}:${port}`;
  }
  return undefined;
}

async function serving(
  http: string,
  report: (check: string, ok: boolean, detail: string) => void,
): Promise<void> {
  try {
    const ready = await fetch(`${http}/readyz`, { signal: AbortSignal.timeout(PATIENCE_MS) });
    report("ready", ready.ok, http);
    const heads = await fetch(`${http}/v1/heads`, { signal: AbortSignal.timeout(PATIENCE_MS) });
    const { items } = (await heads.json()) as { items: { sealedAtMs: number }[] };
    const newest = items.reduce((time, head) => Math.max(time, head.sealedAtMs), 0);
    const since = newest === 0 ? "" : `, the newest data of ${new Date(newest).toISOString()}`;
    report("serving", items.length > 0, `${items.length} listings${since}`);
  } catch (error) {
    report("ready", false, `${http} does not answer (${(error as Error).name})`);
  }
}

async function owed(
  { client, contracts, market }: Place,
  holder: Address,
  report: (check: string, ok: boolean, detail: string) => void,
): Promise<void> {
  const native = { address: ZERO_ADDRESS, symbol: "ETH", decimals: 18 };
  const others = market.tokens.filter((token) => token.address !== ZERO_ADDRESS);
  for (const token of [native, ...others]) {
    let sum = 0n;
    for (const escrow of ESCROWS)
      sum += await getOwed(client, { contracts, escrow, holder, token: token.address });
    report("owed", true, `${inUnits(sum, token)}${sum > 0n ? ": `weir relay pull`" : ""}`);
  }
}

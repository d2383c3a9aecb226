import { createServer } from "node:net";

/** Service → the variable that sets its port, and the port it takes without. */
const PORTS = {
  app: ["WEIR_PORT_APP", 3000],
  rpc: ["WEIR_PORT_RPC", 8545],
  indexer: ["WEIR_PORT_INDEXER", 42069],
  relayTcp: ["WEIR_PORT_RELAY_TCP", 4001],
  relayWs: ["WEIR_PORT_RELAY_WS", 4002],
  relayHttp: ["WEIR_PORT_RELAY_HTTP", 4003],
  relay2Tcp: ["WEIR_PORT_RELAY2_TCP", 4011],
  relay2Ws: ["WEIR_PORT_RELAY2_WS", 4012],
  relay2Http: ["WEIR_PORT_RELAY2_HTTP", 4013],
  mqtt: ["WEIR_PORT_MQTT", 1883],
  gatewayHttp: ["WEIR_PORT_GATEWAY_HTTP", 8480],
} as const satisfies Record<string, readonly [string, number]>;

export type PortName = keyof typeof PORTS;
export const PORT_VARIABLES = PORTS;

const taken = new Set<number>();

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(false));
    server.listen({ port, host: "127.0.0.1", exclusive: true }, () => server.close(() => resolve(true)));
  });
}

/** The service's port, or the next free one above it. Throws RangeError when the variable holds no port. */
export async function freePort(name: PortName): Promise<{ port: number; moved: boolean }> {
  const [variable, standard] = PORTS[name];
  const text = process.env[variable];
  const wanted = text === undefined || text === "" ? standard : Number(text);
  if (!Number.isInteger(wanted) || wanted < 1 || wanted > 65_535)
    throw new RangeError(`${variable}: ${text} is no port`);
  for (let port = wanted; port <= 65_535; port++) {
    if (taken.has(port) || !(await isFree(port))) continue;
    taken.add(port);
    return { port, moved: port !== wanted };
  }
  throw new RangeError(`${variable}: no free port from ${wanted} on`);
}

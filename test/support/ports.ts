// Ports for a test's own programs. A port that the system gives away is among those that it also gives to outgoing connections: by the time a
// program has started, or has been started again, one of them may have it. Below that range nobody is given any.
import { randomInt } from "node:crypto";
import { createServer } from "node:net";

const FROM = 20_000;
const TO = 32_000;

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(false));
    server.listen(port, "127.0.0.1", () => server.close(() => resolve(true)));
  });
}

/** Ports that nobody listens on now, picked by chance so that tests side by side do not meet. */
export async function freePorts(count: number): Promise<number[]> {
  const ports = new Set<number>();
  while (ports.size < count) {
    const port = randomInt(FROM, TO);
    if (await isFree(port)) ports.add(port);
  }
  return [...ports];
}

export const freePort = async (): Promise<number> => (await freePorts(1))[0]!;

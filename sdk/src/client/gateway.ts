// One request to a gateway's HTTP interface, and what it says instead of an answer.

/** What the gateway answered instead of what was asked for; `name` is its error's name. */
export class GatewayError extends Error {
  readonly status: number;
  readonly field: string | undefined;

  constructor(name: string, status: number, message: string, field?: string) {
    super(message);
    this.name = name;
    this.status = status;
    this.field = field;
  }
}

const PATIENCE_MS = 15_000;

/**
 * @param http the gateway's address, such as http://127.0.0.1:8080
 * @returns the answer's JSON, `undefined` where it has no body
 * @throws GatewayError named as the gateway says, `GatewayUnreachable` or `GatewayFault`
 */
export async function askGateway<T>(
  http: string,
  path: string,
  p: { method?: "GET" | "POST" | "DELETE"; body?: unknown; token?: string } = {},
): Promise<T> {
  const response = await fetch(`${http}${path}`, {
    method: p.method ?? "GET",
    headers: {
      ...(p.body === undefined ? {} : { "content-type": "application/json" }),
      ...(p.token === undefined ? {} : { authorization: `Bearer ${p.token}` }),
    },
    ...(p.body === undefined ? {} : { body: JSON.stringify(p.body) }),
    signal: AbortSignal.timeout(PATIENCE_MS),
  }).catch((error: Error) => {
    throw new GatewayError("GatewayUnreachable", 0, `the gateway at ${http} does not answer (${error.name})`);
  });
  if (response.status === 204) return undefined as T;
  const answer = await response.json().catch(() => undefined);
  if (!response.ok || typeof answer !== "object" || answer === null) {
    const said = (answer as { error?: { name?: string; message?: string; field?: string } } | undefined)
      ?.error;
    const { name = "GatewayFault", message = `the gateway answered ${response.status}`, field } = said ?? {};
    throw new GatewayError(name, response.status, message, field);
  }
  return answer as T;
}

/** What the gateway refuses. `name` is the stable part that programs look at; the message says what and by how much. */
export const REFUSALS = {
  BadRequest: 400,
  Unauthorised: 401,
  WrongSigner: 401,
  RoleMissing: 403,
  NotOwnTopic: 403,
  ReservedTopic: 403,
  NotFound: 404,
  UnknownHub: 404,
  UnknownDevice: 404,
  NonceUsed: 409,
  WrongGateway: 409,
  Expired: 410,
  TooLarge: 413,
  TooFast: 429,
  TooMany: 429,
  JournalFull: 507,
  NotReady: 503,
  ChainUnreachable: 503,
} as const;

export type RefusalName = keyof typeof REFUSALS;

/** A typed no to a device, a manager or a client of the HTTP interface. */
export class GatewayRefusal extends Error {
  override readonly name: RefusalName;
  readonly field: string | undefined;

  constructor(name: RefusalName, message: string, field?: string) {
    super(message);
    this.name = name;
    this.field = field;
  }

  get status(): (typeof REFUSALS)[RefusalName] {
    return REFUSALS[this.name];
  }
}

/** Asks the chain; what keeps it from answering is a refusal that may be tried again. */
export async function ask<T>(read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    throw new GatewayRefusal("ChainUnreachable", `the chain cannot be asked now (${(error as Error).name})`);
  }
}

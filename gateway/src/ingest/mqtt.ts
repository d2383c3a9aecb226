// The MQTT 3.1.1 broker for devices. Nothing a device publishes enters the broker's own store or routes: it goes into the
// journal while the publish is authorised, because aedes acknowledges QoS 1 right after that and before its publish event.
// Longer than its neighbours because every way into and out of the broker is here, where one can see that none goes round the rules.
import { createServer, type Server, type Socket } from "node:net";
import { Aedes, type AuthenticateError, type Client, type ConnectPacket } from "aedes";
import type { Logger } from "pino";
import { GatewayRefusal } from "../errors.ts";
import {
  BROKER_CONCURRENCY,
  BROKER_HEARTBEAT_MS,
  CONNECT_TIMEOUT_MS,
  DEVICE_DRAIN_TIMEOUT_MS,
  MAX_CLIENT_ID_BYTES,
  MAX_CONNECT_BYTES,
  MAX_CONNECTIONS,
  MAX_CONNECTIONS_PER_DEVICE,
  MAX_FILTER_LEVELS,
  MAX_INFLIGHT_QOS2,
  MAX_KEEPALIVE_SECONDS,
  MAX_PACKET_BYTES,
  MAX_PENDING_CONNECTIONS,
  MAX_QUEUED_PACKETS,
  SOCKET_PROBE_MS,
} from "../limits.ts";
import type { Metrics } from "../metrics.ts";
import { authorize, isAnswer, parseUser, type Speaker } from "./authorize.ts";
import type { Intake } from "./intake.ts";
import type { Passwords } from "./passwords.ts";
import { isToken, type Tokens } from "./tokens.ts";
import { createWaiting } from "./waiting.ts";

export type Broker = {
  /** Listens; resolves with the port. */
  start(host: string, port: number): Promise<number>;
  stop(): Promise<void>;
  /** Ends a device's connections: it was revoked or got another password. */
  disconnect(hubId: bigint, device: string): void;
  /** Ends the connections that a device opened with a token: its key was rotated. */
  disconnectTokens(hubId: bigint, device: string): void;
  connections(): number;
  /**
   * Hands a command to the device's newest connection that listens to its commands, and to no other one: twice carried out is worse than
   * not at all. Resolves when it was written; undefined when nobody listens.
   */
  command(hubId: bigint, device: string, payload: Uint8Array): Promise<void> | undefined;
  /** Whether the device listens to its commands now. */
  listens(hubId: bigint, device: string): boolean;
  /** Tells every device that listens to its demand what `demandOf` says now, if it is not what it was told last; resolves when written. */
  tellDemand(): Promise<void>;
};

/** CONNACK return codes of MQTT 3.1.1. */
const UNAVAILABLE = 3;
const BAD_LOGIN = 4;
const NOT_AUTHORISED = 5;

/** Parts of aedes and its parser that its types leave out; the exact version is pinned and test/mqtt.test.ts covers each. */
type Inner = {
  will: unknown;
  _will?: { topic: string } | undefined;
  subscriptions: Record<string, unknown>;
  _parser: {
    packet: { length: number };
    parse(chunk: Uint8Array): number;
    prependListener(
      event: "packet",
      listener: (packet: { cmd: string; subscriptions?: { qos: number }[] }) => void,
    ): void;
  };
};

const dropWill = (client: Client): void => {
  (client as unknown as Inner).will = null;
};

export function createBroker(init: {
  passwords: Passwords;
  tokens: Tokens;
  intake: Intake;
  metrics: Metrics;
  log: Logger;
  ready: () => boolean;
  /** Takes a device's answer to a command. */
  onAnswer: (speaker: Speaker, id: string, payload: Uint8Array) => void;
  /** Whether anybody pays for what this device says. */
  demandOf: (hubId: bigint, device: string) => boolean;
}): Broker {
  const { passwords, tokens, intake, metrics, log } = init;
  const byToken = new WeakSet<Client>();
  const speakers = new WeakMap<Client, Speaker>();
  const sockets = new Set<Socket>();
  const byUser = new Map<string, Set<Client>>();
  const waiting = createWaiting(MAX_PENDING_CONNECTIONS);

  const broker = new Aedes({
    connectTimeout: CONNECT_TIMEOUT_MS,
    concurrency: BROKER_CONCURRENCY,
    heartbeatInterval: BROKER_HEARTBEAT_MS,
    drainTimeout: DEVICE_DRAIN_TIMEOUT_MS,
    queueLimit: MAX_QUEUED_PACKETS,
    keepaliveLimit: MAX_KEEPALIVE_SECONDS,
    maxTopicLevels: MAX_FILTER_LEVELS,
    maxInflightInbound: MAX_INFLIGHT_QOS2,
    maxClientsIdLength: MAX_CLIENT_ID_BYTES, // see preConnect
    preConnect(client, packet, callback) {
      waiting.spoken(client.conn);
      callback(...prepare(packet));
    },
    authenticate(client, username, password, callback) {
      login(client, username, password).then(
        () => callback(null, true),
        (error: unknown) => callback(loginError(error), false),
      );
    },
    authorizePublish(client, packet, callback) {
      // Wills of clients that are gone come here as well, some of them without a client.
      const speaker = client ? speakers.get(client) : undefined;
      takeFrom(speaker, packet.topic, Buffer.from(packet.payload)).then(
        (waitMs) => {
          // Not calling back yet stops the reading of this socket: a fast device is slowed down, not cut off.
          if (waitMs > 0) setTimeout(callback, waitMs, null);
          else callback(null);
        },
        (error: Error) => {
          report("publish", client, error);
          callback(error);
        },
      );
    },
    authorizeSubscribe(client, subscription, callback) {
      try {
        authorize(speakers.get(client), { kind: "subscribe", filter: subscription.topic });
        callback(null, subscription);
      } catch (error) {
        report("subscribe", client, error as Error);
        callback(null, null);
      }
    },
    authorizeForward(client, packet) {
      try {
        authorize(speakers.get(client), { kind: "receive", topic: packet.topic });
        return packet;
      } catch (error) {
        report("forward", client, error as Error);
        return null;
      }
    },
  });

  const publishInside = broker.publish.bind(broker) as (
    packet: unknown,
    client: unknown,
    done: unknown,
  ) => void;
  // What a device publishes has left through the journal: it is neither retained, nor queued for absent clients, nor routed.
  (broker as { publish: unknown }).publish = (
    packet: unknown,
    client: unknown,
    done: (error: null) => void,
  ) => {
    if (client === null || client === undefined || typeof client === "function")
      publishInside(packet, client, done);
    else done(null);
  };

  /** A message goes into the journal, an answer to whoever sent the command. Resolves with the milliseconds the device has to wait. */
  async function takeFrom(speaker: Speaker | undefined, topic: string, payload: Uint8Array): Promise<number> {
    if (!isAnswer(topic)) return intake.take(speaker, [{ topic, payload }]);
    const id = authorize(speaker, { kind: "answer", topic });
    init.onAnswer(speaker!, id, payload);
    return intake.pace(speaker!);
  }

  // ---- what the gateway says: to one connection, never by topic alone, because two hubs may have devices of one name

  const told = new WeakMap<Client, boolean>();

  /** Resolves when it was written, or cannot be any more. */
  const say = (client: Client, topic: string, payload: Uint8Array | string, retain: boolean): Promise<void> =>
    new Promise((resolve) => {
      const packet = { cmd: "publish", topic, payload: Buffer.from(payload), qos: 1, dup: false, retain };
      client.publish(packet as never, () => resolve());
    });

  const hears = (client: Client, topic: string): boolean =>
    Object.hasOwn((client as unknown as Inner).subscriptions, topic);

  function earOf(hubId: bigint, device: string): Client | undefined {
    const open = [...(byUser.get(`${hubId}/${device}`) ?? [])];
    return open.findLast((client) => hears(client, `${device}/command`));
  }

  async function sayDemand(client: Client, retain: boolean): Promise<void> {
    const { hubId, device } = speakers.get(client)!;
    const wanted = init.demandOf(hubId, device);
    if (!retain && told.get(client) === wanted) return;
    told.set(client, wanted);
    await say(client, `${device}/demand`, wanted ? "1" : "0", retain);
  }

  broker.on("subscribe", (subscriptions, client) => {
    const speaker = speakers.get(client);
    // As a retained message would be: whoever subscribes is told at once how things stand.
    if (speaker && subscriptions.some(({ topic }) => topic === `${speaker.device}/demand`))
      if (hears(client, `${speaker.device}/demand`)) void sayDemand(client, true);
  });

  /** Before anything is looked up: the limits, and a client id that nobody else can have. */
  function prepare(packet: ConnectPacket): [Error | null, boolean] {
    if (!init.ready()) return [new GatewayRefusal("NotReady", "the gateway is starting"), false];
    const user = parseUser(packet.username);
    if (!user) {
      log.info({ event: "login refused", reason: "user" }, "a login names <hubId>/<device> as its user");
      metrics.count("refused_logins", { reason: "user" });
      packet.username = "";
      return [null, true]; // authenticate refuses it with a CONNACK
    }
    // The id is bound to the login, so a client can push out only older connections of the same device.
    packet.clientId = `${packet.username}#${packet.clientId || Math.random().toString(36).slice(2)}`;
    // Sessions are not kept: there is nothing to queue for a device that is away.
    packet.clean = true;
    return [null, true];
  }

  async function login(
    client: Client,
    username: string | undefined,
    password: Buffer | undefined,
  ): Promise<void> {
    const { speaker, expiresAtMs } = await prove(username, password, (client.conn as Socket).remoteAddress);
    if (client.closed) return; // reset meanwhile: nobody would hear of its end
    authorize(speaker, { kind: "login", will: (client as unknown as Inner)._will?.topic });
    const open = byUser.get(username!) ?? new Set<Client>();
    if (open.size >= MAX_CONNECTIONS_PER_DEVICE && ![...open].some((other) => other.id === client.id))
      throw new GatewayRefusal("TooMany", `a device has at most ${MAX_CONNECTIONS_PER_DEVICE} connections`);
    speakers.set(client, speaker);
    byUser.set(username!, open.add(client));
    if (expiresAtMs !== undefined) {
      byToken.add(client);
      const expired = setTimeout(() => end(client), expiresAtMs - Date.now());
      client.conn.once("close", () => clearTimeout(expired));
    }
    client.conn.once("close", () => {
      open.delete(client);
      if (open.size === 0 && byUser.get(username!) === open) byUser.delete(username!);
    });
  }

  /** By password, or by a token, which is good for as long as it says. */
  async function prove(
    username: string | undefined,
    password: Buffer | undefined,
    from: string | undefined,
  ): Promise<{ speaker: Speaker; expiresAtMs?: number }> {
    if (isToken(password)) return tokens.check(username, password!.toString("latin1"));
    const speaker = await passwords.check(username, password, from);
    if (!speaker) throw new GatewayRefusal("Unauthorised", "wrong user or password");
    return { speaker };
  }

  /** That a login has ended says nothing about the device: its will stays unspoken. */
  function end(client: Client): void {
    dropWill(client);
    client.close();
  }

  function loginError(error: unknown): AuthenticateError {
    const name = error instanceof GatewayRefusal ? error.name : "Fault";
    const message = error instanceof Error ? error.message : String(error);
    metrics.count("refused_logins", { reason: name });
    log[name === "Fault" ? "error" : "info"]({ event: "login refused", reason: name }, message);
    const returnCode =
      name === "Unauthorised"
        ? BAD_LOGIN
        : name === "TooMany" || name === "TooFast"
          ? UNAVAILABLE
          : NOT_AUTHORISED;
    return Object.assign(new Error(message), { returnCode }) as unknown as AuthenticateError;
  }

  function report(act: string, client: Client | null, error: Error): void {
    const speaker = client ? speakers.get(client) : undefined;
    log.info(
      { event: `${act} refused`, reason: error.name, user: speaker && `${speaker.hubId}/${speaker.device}` },
      error.message,
    );
  }

  broker.on("clientError", (client, error) => report("connection", client, error));
  broker.on("connectionError", (client, error) => report("connection", client, error));
  // Nothing of aedes may end the process.
  (broker as unknown as NodeJS.EventEmitter).on("error", (error: Error) =>
    log.error({ event: "broker", reason: error.name }, error.message),
  );

  const server: Server = createServer((socket) => {
    if (sockets.size >= MAX_CONNECTIONS || !waiting.add(socket)) {
      metrics.count("refused_connections");
      socket.destroy();
      return;
    }
    sockets.add(socket);
    socket.setNoDelay(true);
    socket.setKeepAlive(true, SOCKET_PROBE_MS);
    socket.once("close", () => {
      sockets.delete(socket);
      waiting.remove(socket);
    });
    const client = broker.handle(socket);
    client.once("connected", () => waiting.remove(socket));
    bound(client, socket);
  });

  /** The parser would buffer what a length field announces, up to 256 MB, and grant any QoS. */
  function bound(client: Client, socket: Socket): void {
    const parser = (client as unknown as Inner)._parser;
    const parse = parser.parse.bind(parser);
    let seen = 0;
    parser.parse = (chunk) => {
      seen += chunk.length;
      const left = parse(chunk);
      const known = speakers.has(client);
      const announced = left > 0 ? Math.max(parser.packet.length, left) : 0;
      if (announced > (known ? MAX_PACKET_BYTES : MAX_CONNECT_BYTES) || (!known && seen > MAX_PACKET_BYTES)) {
        report(
          "connection",
          client,
          new GatewayRefusal(
            "TooLarge",
            `a packet has at most ${known ? MAX_PACKET_BYTES : MAX_CONNECT_BYTES} bytes`,
          ),
        );
        socket.destroy();
      }
      return left;
    };
    parser.prependListener("packet", (packet) => {
      if (packet.cmd !== "subscribe") return;
      for (const subscription of packet.subscriptions ?? []) subscription.qos = Math.min(subscription.qos, 1);
    });
  }

  return {
    async start(host, port) {
      await broker.listen();
      await new Promise<void>((resolve, reject) => {
        server.once("error", reject);
        server.listen(port, host, () => {
          server.off("error", reject);
          resolve();
        });
      });
      return (server.address() as { port: number }).port;
    },
    async stop() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      // That the gateway goes away says nothing about its devices: their wills stay unspoken.
      for (const open of byUser.values()) for (const client of open) dropWill(client);
      await new Promise<void>((resolve) => broker.close(resolve));
      for (const socket of sockets) socket.destroy();
      await closed;
    },
    disconnect(hubId, device) {
      for (const client of byUser.get(`${hubId}/${device}`) ?? []) end(client);
    },
    disconnectTokens(hubId, device) {
      for (const client of byUser.get(`${hubId}/${device}`) ?? []) if (byToken.has(client)) end(client);
    },
    connections: () => sockets.size,
    command(hubId, device, payload) {
      const client = earOf(hubId, device);
      return client && say(client, `${device}/command`, payload, false);
    },
    listens: (hubId, device) => earOf(hubId, device) !== undefined,
    async tellDemand() {
      const open = [...byUser.values()].flatMap((clients) => [...clients]);
      await Promise.all(
        open
          .filter((client) => hears(client, `${speakers.get(client)!.device}/demand`))
          .map((client) => sayDemand(client, false)),
      );
    },
  };
}

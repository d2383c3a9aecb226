/**
 * NATS's text protocol on a bare socket, as cheap as it gets (https://docs.nats.io/reference/reference-protocols/nats-protocol). An
 * acknowledged message (QoS 1) is one that JetStream has put into its stream: its answer comes to the inbox of the connection.
 */
import { openSocket, type PlainSocket, readWhole } from "./plain.ts";

/** With `stream`, what is published to its topic is kept in a JetStream of that name. */
export type NatsOptions = { port: number; clientId: string; stream?: { name: string; topic: string } };

const LINE_END = 10;
const SPACE = 32;
const INBOX = "_INBOX.bench";
/** Subscriptions by their number: the inbox of JetStream's answers, and what a reader asked for. */
const ANSWERS = 1;
const MESSAGES = 2;
const END = Buffer.from("\r\n");
/** `{"stream":…` is an acknowledgement, `{"error":…` and `{"type":…` are answers of other kinds. */
const ACKNOWLEDGED = Buffer.from('{"stream":');

/** MQTT's topics with NATS's separator. */
const subjectOf = (topic: string): string => topic.replaceAll("/", ".");

/** Connects, and creates the stream that is asked for. @throws Error when the server refuses */
export async function connectNats({ port, clientId, stream }: NatsOptions): Promise<PlainSocket> {
  let onAnswer: (payload: Buffer) => void = () => undefined;
  let onPong: () => void = () => undefined;
  const socket = openSocket(port, clientId, () => client);
  const client: PlainSocket = {
    socket,
    onMessage: () => undefined,
    onAcknowledged: () => undefined,
    onLost: (error) => {
      throw error;
    },
    encode: (topic, payload, qos) =>
      Buffer.concat([
        Buffer.from(`PUB ${subjectOf(topic)} ${qos === 1 ? `${INBOX} ` : ""}${payload.length}\r\n`),
        payload,
        END,
      ]),
    subscribe: (topic) => listen(topic, MESSAGES),
  };

  /** Resolves when the server has taken the subscription: it answers in the order in which it was asked. */
  const listen = (topic: string, id: number): Promise<void> =>
    new Promise((resolve) => {
      onPong = resolve;
      socket.write(`SUB ${subjectOf(topic)} ${id}\r\nPING\r\n`);
    });

  readWhole(socket, (data) => {
    let at = 0;
    let acknowledged = 0;
    for (;;) {
      const end = data.indexOf(LINE_END, at);
      if (end < 0) break;
      const kind = data[at]! | 0x20; // lower case
      if (kind === 0x6d) {
        // MSG <subject> <subscription> [answer to] <bytes>, then so many bytes
        const size = numberBefore(data, end - 1);
        const payload = end + 1;
        if (payload + size + END.length > data.length) break;
        const body = data.subarray(payload, payload + size);
        if (subscriptionOf(data, at) === MESSAGES) client.onMessage(body);
        else if (ACKNOWLEDGED.compare(body, 0, ACKNOWLEDGED.length) === 0) acknowledged += 1;
        else onAnswer(body);
        at = payload + size + END.length;
        continue;
      }
      const line = data.toString("latin1", at, end - 1);
      if (line === "PING") socket.write("PONG\r\n");
      else if (line === "PONG") onPong();
      else if (line.startsWith("-ERR")) throw new Error(`the server at port ${port} refuses: ${line}`);
      at = end + 1;
    }
    if (acknowledged > 0) client.onAcknowledged(acknowledged);
    return at;
  });

  const greeting = {
    verbose: false,
    pedantic: false,
    lang: "node",
    version: "0",
    name: clientId,
    protocol: 1,
  };
  socket.write(`CONNECT ${JSON.stringify(greeting)}\r\n`);
  await listen(INBOX, ANSWERS);
  if (stream !== undefined) {
    const created = new Promise<Buffer>((resolve) => {
      onAnswer = resolve;
    });
    const wanted = { name: stream.name, subjects: [subjectOf(stream.topic)], storage: "file" };
    socket.write(
      client.encode(`$JS.API.STREAM.CREATE.${stream.name}`, Buffer.from(JSON.stringify(wanted)), 1),
    );
    const answer = JSON.parse((await created).toString()) as { error?: { description: string } };
    if (answer.error) throw new Error(`JetStream refuses the stream: ${answer.error.description}`);
    // An answer after this one is a message that was not stored.
    onAnswer = (payload) => {
      throw new Error(`JetStream has not stored a message: ${payload}`);
    };
  }
  return client;
}

/** The number whose last digit is before `end`. */
function numberBefore(data: Buffer, end: number): number {
  let value = 0;
  for (let at = end - 1, unit = 1; data[at] !== SPACE; at--, unit *= 10) value += (data[at]! - 0x30) * unit;
  return value;
}

/** The number behind the second space. */
function subscriptionOf(data: Buffer, at: number): number {
  let value = 0;
  for (let i = data.indexOf(SPACE, at + 4) + 1; data[i] !== SPACE; i++) value = 10 * value + data[i]! - 0x30;
  return value;
}

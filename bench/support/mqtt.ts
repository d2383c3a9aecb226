/** MQTT 3.1.1 on a bare socket, as cheap as it gets: the same generator and the same readers for every broker. */
import { openSocket, type PlainSocket, readWhole } from "./plain.ts";

const CONNACK = 2;
const PUBLISH = 3;
const PUBACK = 4;
const SUBACK = 9;

function packet(type: number, ...parts: readonly Uint8Array[]): Buffer {
  const body = Buffer.concat(parts);
  const length: number[] = [];
  let rest = body.length;
  do {
    length.push((rest & 0x7f) | (rest > 0x7f ? 0x80 : 0));
    rest >>= 7;
  } while (rest > 0);
  return Buffer.concat([Buffer.from([type, ...length]), body]);
}

function text(value: string): Buffer {
  const bytes = Buffer.from(value);
  return Buffer.concat([Buffer.from([bytes.length >> 8, bytes.length & 0xff]), bytes]);
}

/** A PUBLISH, encoded. `id` is needed with QoS 1. */
export const publishPacket = (topic: string, payload: Uint8Array, qos: 0 | 1, id = 0): Buffer =>
  packet(
    0x30 | (qos << 1),
    text(topic),
    qos === 1 ? Buffer.from([id >> 8, id & 0xff]) : Buffer.of(),
    payload,
  );

export type MqttOptions = { port: number; clientId: string; user?: string; password?: string };

/** Connects and logs in. @throws Error when the broker refuses */
export async function connectMqtt({ port, clientId, user, password }: MqttOptions): Promise<PlainSocket> {
  const socket = openSocket(port, clientId, () => client);
  const answers = new Map<number, (body: Buffer) => void>();
  const client: PlainSocket = {
    socket,
    encode: publishPacket,
    onMessage: () => undefined,
    onAcknowledged: () => undefined,
    onLost: (error) => {
      throw error;
    },
    async subscribe(topic) {
      const granted = answer(SUBACK);
      socket.write(packet(0x82, Buffer.from([0, 1]), text(topic), Buffer.of(0)));
      const code = (await granted)[2];
      if (code === undefined || code > 2) throw new Error(`no subscription to ${topic}`);
    },
  };
  const answer = (type: number) => new Promise<Buffer>((resolve) => answers.set(type, resolve));

  readWhole(socket, (data) => {
    let at = 0;
    let acknowledged = 0;
    for (;;) {
      let length = 0;
      let shift = 0;
      let body = at + 1;
      while (body < data.length && data[body]! & 0x80) {
        length |= (data[body++]! & 0x7f) << shift;
        shift += 7;
      }
      if (body >= data.length) break;
      length |= data[body++]! << shift;
      if (body + length > data.length) break;
      const type = data[at]! >> 4;
      if (type === PUBLISH) {
        const topicBytes = (data[body]! << 8) | data[body + 1]!;
        client.onMessage(data.subarray(body + 2 + topicBytes, body + length));
      } else if (type === PUBACK) acknowledged += 1;
      else answers.get(type)?.(data.subarray(body, body + length));
      at = body + length;
    }
    if (acknowledged > 0) client.onAcknowledged(acknowledged);
    return at;
  });
  const greeted = answer(CONNACK);
  const flags = 0x02 | (user === undefined ? 0 : 0x80) | (password === undefined ? 0 : 0x40);
  socket.write(
    packet(
      0x10,
      text("MQTT"),
      Buffer.from([4, flags, 0, 0]),
      text(clientId),
      ...(user === undefined ? [] : [text(user)]),
      ...(password === undefined ? [] : [text(password)]),
    ),
  );
  const code = (await greeted)[1];
  if (code !== 0) throw new Error(`the broker at port ${port} refuses ${clientId}: ${code}`);
  return client;
}

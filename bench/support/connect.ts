/** A plaintext broker by its kind. */
import { connectMqtt, type MqttOptions } from "./mqtt.ts";
import { connectNats, type NatsOptions } from "./nats.ts";
import type { PlainSocket } from "./plain.ts";

/** MQTT unless it says otherwise. */
export type PlainOptions = ({ broker?: "mqtt" } & MqttOptions) | ({ broker: "nats" } & NatsOptions);

export const connectPlain = (options: PlainOptions): Promise<PlainSocket> =>
  options.broker === "nats" ? connectNats(options) : connectMqtt(options);

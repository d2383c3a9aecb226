// A device that publishes numbers over MQTT and keeps its own log of what the gateway acknowledged.
import { EventEmitter } from "node:events";
import mqtt from "mqtt";

export class Device {
  /** After each acknowledgement. */
  readonly events = new EventEmitter<{ acknowledged: [] }>();
  readonly acknowledged = new Set<number>();
  /** Numbers published so far: 0 … sent − 1. */
  sent = 0;
  readonly #client: mqtt.MqttClient;
  readonly #topic: string;
  readonly #timer: NodeJS.Timeout;
  #closed = false;

  private constructor(client: mqtt.MqttClient, topic: string, perSecond: number) {
    this.#client = client;
    this.#topic = topic;
    this.#timer = setInterval(() => this.#publish(this.sent++), 1000 / perSecond);
  }

  /** Connects and begins. When the connection is lost it comes back by itself. */
  static async start(p: {
    url: string;
    login: { user: string; password: string };
    topic: string;
    perSecond: number;
  }): Promise<Device> {
    const { user: username, password } = p.login;
    const client = await mqtt.connectAsync(p.url, { username, password, reconnectPeriod: 200 });
    client.on("error", () => undefined); // it connects again by itself
    return new Device(client, p.topic, p.perSecond);
  }

  /** Publishes no new number; those that were not acknowledged are still repeated. */
  rest(): void {
    clearInterval(this.#timer);
  }

  async close(): Promise<void> {
    this.rest();
    this.#closed = true;
    await this.#client.endAsync(true);
  }

  /**
   * mqtt.js repeats what it has sent, and gives up what was waiting behind that when the connection is lost again: it is published anew, in
   * a later turn, because mqtt.js walks its queue while it says so.
   */
  #publish(n: number): void {
    if (this.#closed) return;
    this.#client.publish(this.#topic, JSON.stringify({ n }), { qos: 1 }, (error) => {
      if (error) return void setImmediate(() => this.#publish(n));
      this.acknowledged.add(n);
      this.events.emit("acknowledged");
    });
  }
}

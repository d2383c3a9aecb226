/**
 * What to paste so that a device publishes: programs that exist already, nothing of ours to install on it. Code, not words, so it is not
 * among the messages. One file because the five say the same thing in five ways.
 */
export interface KitFacts {
  hubId: string;
  device: string;
  /** `mqtt://host:port`. */
  mqtt: string;
  http: string;
  /** A placeholder until a password was ordered. */
  password: string;
}

export const KITS = ["mosquitto", "curl", "node", "python", "arduino"] as const;
export type KitName = (typeof KITS)[number];

const TOPIC = "data";

/** Host and port of a broker's address; MQTT's own ports where none is stated. */
export function brokerOf(mqtt: string): { host: string; port: number; tls: boolean } {
  const url = new URL(mqtt.replace(/^mqtts?:/, "http:"));
  const tls = mqtt.startsWith("mqtts:");
  return { host: url.hostname, port: Number(url.port) || (tls ? 8883 : 1883), tls };
}

/** POSIX shell: nothing inside single quotes is special. */
const sh = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;
const js = (text: string): string => JSON.stringify(text);

const MAKERS: Record<KitName, (facts: KitFacts) => string> = {
  mosquitto({ hubId, device, mqtt, password }) {
    const { host, port, tls } = brokerOf(mqtt);
    return [
      `mosquitto_pub -h ${host} -p ${port}${tls ? " --tls-use-os-certs" : ""} -q 1 \\`,
      `  -i ${sh(device)} -u ${sh(`${hubId}/${device}`)} -P ${sh(password)} \\`,
      `  -t ${sh(`${device}/${TOPIC}`)} -m '{"value": 21.5}'`,
    ].join("\n");
  },
  curl({ hubId, device, http, password }) {
    const url = new URL(`/v1/ingest/${hubId}/${device}?topic=${TOPIC}`, http);
    return [
      `curl -X POST ${sh(url.href)} \\`,
      `  -u ${sh(`${hubId}/${device}:${password}`)} \\`,
      `  -H 'content-type: application/json' -d '{"value": 21.5}'`,
    ].join("\n");
  },
  node({ hubId, device, mqtt, password }) {
    return `// npm install mqtt
import { connectAsync } from "mqtt";

const client = await connectAsync(${js(mqtt)}, {
  clientId: ${js(device)},
  username: ${js(`${hubId}/${device}`)},
  password: ${js(password)},
});
setInterval(() => {
  const reading = { value: 20 + Math.random() };
  client.publish(${js(`${device}/${TOPIC}`)}, JSON.stringify(reading), { qos: 1 });
}, 1000);
`;
  },
  python({ hubId, device, mqtt, password }) {
    const { host, port, tls } = brokerOf(mqtt);
    return `# pip install paho-mqtt
import json, random, time
import paho.mqtt.client as mqtt

client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, client_id=${js(device)})
client.username_pw_set(${js(`${hubId}/${device}`)}, ${js(password)})
${tls ? "client.tls_set()\n" : ""}client.connect(${js(host)}, ${port})
client.loop_start()
while True:
    reading = {"value": 20 + random.random()}
    client.publish(${js(`${device}/${TOPIC}`)}, json.dumps(reading), qos=1)
    time.sleep(1)
`;
  },
  arduino({ hubId, device, mqtt, password }) {
    const { host, port, tls } = brokerOf(mqtt);
    return `// Library Manager: PubSubClient. ESP32 or ESP8266.
#include <WiFi.h>
#include <${tls ? "WiFiClientSecure" : "WiFiClient"}.h>
#include <PubSubClient.h>

${tls ? 'const char* CERTIFICATE = "paste the certificate of your gateway here";\n' : ""}${tls ? "WiFiClientSecure" : "WiFiClient"} net;
PubSubClient client(net);

void setup() {
  WiFi.begin("your-network", "its-password");
  while (WiFi.status() != WL_CONNECTED) delay(200);
${tls ? "  net.setCACert(CERTIFICATE);\n" : ""}  client.setServer(${js(host)}, ${port});
}

void loop() {
  if (!client.connected()) {
    client.connect(${js(device)}, ${js(`${hubId}/${device}`)}, ${js(password)});
  }
  client.loop();
  String reading = String("{\\"value\\":") + analogRead(34) + "}";
  client.publish(${js(`${device}/${TOPIC}`)}, reading.c_str());
  delay(1000);
}
`;
  },
};

export const kitOf = (name: KitName, facts: KitFacts): string => MAKERS[name](facts);

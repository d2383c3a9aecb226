// Ready to paste: how one device publishes, in the words of the tools that people have; nothing of ours to install on it.

/** `user` is `<hub>/<device>`. A token is good for a day. */
export type KitLogin = { user: string; secret: string; by: "password" | "token" };
export const KIT_TOOLS = ["mosquitto", "node", "python", "arduino", "curl"] as const;
export type KitTool = (typeof KIT_TOOLS)[number];

type Parts = KitLogin & { host: string; port: number; tls: boolean; topic: string; ingest: string };

/** In single quotes for a shell. Secrets are base64url with dots, the rest is checked: nothing there has a quote. */
const shell = (text: string): string => `'${text.replaceAll("'", String.raw`'\''`)}'`;
const quoted = (text: string): string => JSON.stringify(text);

/**
 * One reading published, in five ways. No value of the login ends the quotation that it stands in.
 *
 * @param gateway `mqtt://` or `mqtts://` with MQTT's own ports where none is stated, and the HTTP address
 * @param topic behind `<device>/`
 */
export function publishKit(
  gateway: { mqtt: string; http: string },
  login: KitLogin,
  topic = "data",
): Record<KitTool, string> {
  const url = new URL(gateway.mqtt);
  const tls = url.protocol === "mqtts:";
  const [hubId, device] = login.user.split("/") as [string, string];
  const parts: Parts = {
    ...login,
    host: url.hostname,
    port: Number(url.port || (tls ? 8883 : 1883)),
    tls,
    topic: `${device}/${topic}`,
    ingest: `${gateway.http}/v1/ingest/${hubId}/${device}?topic=${encodeURIComponent(topic)}`,
  };
  return {
    mosquitto: mosquitto(parts),
    node: node(parts),
    python: python(parts),
    arduino: arduino(parts),
    curl: curl(parts),
  };
}

const mosquitto = ({ host, port, tls, user, secret, topic }: Parts): string =>
  `mosquitto_pub -h ${shell(host)} -p ${port}${tls ? " --tls-use-os-certs" : ""} -u ${shell(user)} -P ${shell(secret)} -t ${shell(topic)} -q 1 -m '{"value": 21.5}'`;

const node = ({ host, port, tls, user, secret, topic }: Parts): string => `// npm install mqtt
import mqtt from "mqtt";

const client = await mqtt.connectAsync(${quoted(`${tls ? "mqtts" : "mqtt"}://${host}:${port}`)}, {
  username: ${quoted(user)},
  password: ${quoted(secret)},
});
await client.publishAsync(${quoted(topic)}, JSON.stringify({ value: 21.5 }), { qos: 1 });
await client.endAsync();`;

const python = ({ host, port, tls, user, secret, topic }: Parts): string => `# pip install paho-mqtt
import json
import paho.mqtt.publish as publish

publish.single(
    ${quoted(topic)},
    json.dumps({"value": 21.5}),
    qos=1,
    hostname=${quoted(host)},
    port=${port},
    auth={"username": ${quoted(user)}, "password": ${quoted(secret)}},${tls ? "\n    tls={}," : ""}
)`;

const arduino = ({ host, port, tls, user, secret, topic }: Parts): string => `// Libraries: WiFi, PubSubClient
#include <WiFi.h>
#include <PubSubClient.h>
${tls ? "#include <WiFiClientSecure.h>\nWiFiClientSecure net; // net.setCACert(...) with your gateway's certificate" : "WiFiClient net;"}
PubSubClient mqtt(net);

void setup() {
  WiFi.begin("your network", "its password");
  while (WiFi.status() != WL_CONNECTED) delay(100);
  mqtt.setServer(${quoted(host)}, ${port});
  mqtt.setBufferSize(1024);
}

void loop() {
  if (!mqtt.connected()) mqtt.connect(${quoted(user)}, ${quoted(user)}, ${quoted(secret)});
  char text[64];
  snprintf(text, sizeof text, "{\\"value\\": %d}", analogRead(A0));
  mqtt.publish(${quoted(topic)}, text);
  mqtt.loop();
  delay(1000);
}`;

const curl = ({ user, secret, by, ingest }: Parts): string => {
  const login =
    by === "token" ? `-H ${shell(`Authorization: Bearer ${secret}`)}` : `-u ${shell(`${user}:${secret}`)}`;
  return `curl -f ${login} -H 'content-type: application/json' --data '{"value": 21.5}' ${shell(ingest)}`;
};

// Kits: what a device is told is what the gateway expects, and no value ends its quotation. That they publish: gateway/test/kit.test.ts.
import { KIT_TOOLS, type KitLogin, publishKit } from "@weir/sdk/client";
import { describe, expect, it } from "vitest";

const gateway = { mqtt: "mqtt://10.0.0.2:1885", http: "http://10.0.0.2:8090" };
const login: KitLogin = { user: "7/buoy-7", secret: "p-_Q", by: "password" };

describe("a kit", () => {
  it.each(KIT_TOOLS)("of %s has the device's user, secret, topic and address", (tool) => {
    const text = publishKit(gateway, login, "water/level")[tool];
    for (const part of ["7/buoy-7", "p-_Q", "10.0.0.2"]) expect(text).toContain(part);
    expect(text).toContain(
      tool === "curl" ? "/v1/ingest/7/buoy-7?topic=water%2Flevel" : "buoy-7/water/level",
    );
  });

  it("never lets a value end its quotation", () => {
    const evil = (secret: string) => publishKit(gateway, { ...login, secret });
    expect(evil("a'; rm -rf ~; '").mosquitto).toContain(String.raw`-P 'a'\''; rm -rf ~; '\'''`);
    for (const tool of ["node", "python", "arduino"] as const)
      expect(evil('a"; b')[tool]).toContain(String.raw`"a\"; b"`);
  });

  it("knows MQTT's own ports", () => {
    const at = (mqtt: string) => publishKit({ ...gateway, mqtt }, login).mosquitto;
    expect(at("mqtt://gateway.example")).toContain("-h 'gateway.example' -p 1883 -u");
    expect(at("mqtts://gateway.example")).toContain("-h 'gateway.example' -p 8883 --tls-use-os-certs -u");
  });
});

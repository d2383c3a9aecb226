// A device's kit as it is pasted: each of its programs, run by what everybody has, brings the gateway one message.
import { spawn, spawnSync } from "node:child_process";
import { KIT_TOOLS, type KitTool, publishKit } from "@weir/sdk/client";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Login, type RunningGateway, startWorld, type World } from "./support/world.ts";

/** Of several Pythons the one that Debian's package is for is not always the first. */
const python = ["python3", "/usr/bin/python3"].find(
  (program) => spawnSync(program, ["-c", "import paho.mqtt.publish"]).status === 0,
);
if (!python && process.env.WEIR_REQUIRE_ALL === "1") throw new Error("python3-paho-mqtt is needed");

/** What runs a program that comes on its standard input. An Arduino is not at hand. */
const RUNNERS: Partial<Record<KitTool, string[]>> = {
  mosquitto: ["bash"],
  curl: ["bash"],
  node: [process.execPath, "--input-type=module", "-"],
  python: [python ?? "python3", "-"],
};

let world: World;
let gateway: RunningGateway;
let login: Login;

beforeAll(async () => {
  world = await startWorld();
  await world.device("buoy");
  gateway = await world.gateway();
  login = await world.login(gateway, "buoy");
});
afterAll(() => world?.stop());

function run([command, ...args]: string[], program: string): Promise<{ code: number | null; said: string }> {
  // In the gateway's folder, whose packages the Node kit finds.
  const child = spawn(command!, args, { cwd: `${import.meta.dirname}/..` });
  let said = "";
  child.stdout.on("data", (text) => (said += text));
  child.stderr.on("data", (text) => (said += text));
  child.stdin.end(program);
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code) => resolve({ code, said }));
  });
}

async function messages(): Promise<number> {
  const text = await (await fetch(`${gateway.http}/metrics`)).text();
  return Number(/^weir_gateway_messages_total (\d+)$/m.exec(text)?.[1] ?? 0);
}

for (const tool of KIT_TOOLS.filter((tool) => RUNNERS[tool]))
  test.skipIf(tool === "python" && !python)(tool, async () => {
    const { user, password: secret } = login;
    const kit = publishKit(gateway, { user, secret, by: "password" });
    const before = await messages();
    const { code, said } = await run(RUNNERS[tool]!, kit[tool]);
    expect(code, said).toBe(0);
    expect(await messages()).toBe(before + 1);
  });

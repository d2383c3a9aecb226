import { KIT_TOOLS, type KitLogin, type KitTool, publishKit, setDevicePassword } from "@weir/sdk/client";
import { nativeCrypto } from "@weir/sdk/client/node";
import { MAX_TOKEN_SECONDS, signDeviceToken } from "@weir/sdk/core";
import { type Command, Option } from "commander";
import { type WriteOptions, writeCommand } from "../../command.ts";
import { readDeviceKey } from "../../device-key.ts";
import { line, UsageError } from "../../output.ts";
import { deviceName, id, url } from "../../parse.ts";
import { gatewayOf, openPlace } from "../../place.ts";
import { openWallet } from "../../wallet.ts";

type Options = WriteOptions & {
  gateway?: string;
  gatewayUrl?: string;
  mqtt?: string;
  key?: string;
  tool?: KitTool;
  topic: string;
};

/** `weir device kit 1 buoy-7`: a new password from the gateway, or a token under the device's key, and how to publish with it. */
export const deviceKit = (): Command =>
  writeCommand(
    "kit",
    "how a device publishes, ready to paste; sets a new password unless --key signs a token",
  )
    .argument("<hub>", "its number", id)
    .argument("<device>", "its name", deviceName)
    .option("--gateway <id>", "which gateway (default: the market's only one)")
    .option("--gateway-url <url>", "its http address, where no market's file names it", url)
    .option("--mqtt <url>", "its MQTT address, mqtt:// or mqtts://", mqttUrl)
    .option("--key <file>", "the device's private key in PEM: a token in place of a password")
    .option("--topic <path>", "behind the device's name", topic, "data")
    .addOption(new Option("--tool <name>", "only this one").choices(KIT_TOOLS))
    .action(kit);

async function kit(hubId: bigint, device: string, options: Options): Promise<void> {
  const place = await openPlace(options);
  const gateway = gatewayOf(place, options);
  let login: KitLogin;
  if (options.key !== undefined) {
    const { privateKey } = readDeviceKey(options.key);
    const time = Math.floor(Date.now() / 1000);
    const holder = { gatewayId: gateway.id, hubId, device, privateKey, time };
    login = { user: `${hubId}/${device}`, secret: signDeviceToken(nativeCrypto, holder), by: "token" };
  } else {
    const wallet = await openWallet(place, options);
    const { user, password } = await setDevicePassword(wallet, { gateway, hubId, device });
    login = { user, secret: password, by: "password" };
  }
  const tools = publishKit(gateway, login, options.topic);
  if (options.json) {
    console.log(line({ ...login, gateway: gateway.id, mqtt: gateway.mqtt, http: gateway.http, kit: tools }));
    return;
  }
  if (options.tool !== undefined) {
    console.log(tools[options.tool]);
    return;
  }
  console.log(`user      ${login.user}\n${login.by.padEnd(9)} ${login.secret}`);
  console.log(
    login.by === "password"
      ? "(shown once; the password before has ended)"
      : `(good for ${MAX_TOKEN_SECONDS / 3600} h; \`weir device token\` signs the next one)`,
  );
  for (const [tool, text] of Object.entries(tools)) console.log(`\n--- ${tool}\n${text}`);
}

function mqttUrl(text: string): string {
  if (!URL.canParse(text) || !["mqtt:", "mqtts:"].includes(new URL(text).protocol))
    throw new UsageError(`--mqtt: ${text} is no mqtt:// or mqtts:// address`);
  return text;
}

/** As the gateway takes it: below the device's name, without wildcards. */
function topic(text: string): string {
  if (!/^[^+#\p{Cc}\p{Cs}'"\\]{1,200}$/u.test(text) || text.startsWith("/") || text.endsWith("/"))
    throw new UsageError("--topic: has 1 to 200 characters without wildcards, quotes and control characters");
  return text;
}

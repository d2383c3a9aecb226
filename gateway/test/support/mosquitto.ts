import { spawn } from "node:child_process";

/** Runs mosquitto_pub as a device's owner would; resolves with its exit code and what it said. */
export function mosquittoPub(p: {
  port: number;
  user: string;
  password: string;
  topic: string;
  message: string;
  more?: string[];
}): Promise<{ code: number | null; said: string }> {
  const args = [
    "-h",
    "127.0.0.1",
    "-p",
    String(p.port),
    "-u",
    p.user,
    "-P",
    p.password,
    "-t",
    p.topic,
    "-m",
    p.message,
    "-q",
    "1",
    ...(p.more ?? []),
  ];
  const child = spawn("mosquitto_pub", args, { stdio: ["ignore", "pipe", "pipe"] });
  let said = "";
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding("utf8").on("data", (text: string) => (said += text));
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", (code) => resolve({ code, said }));
  });
}

// The lint rule on libp2p's streams finds what it is for, and lets be what is no stream.
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { expect, it } from "vitest";
import { streamBreaches } from "../../scripts/check-streams.ts";

const STREAM = 'import type { Stream } from "@libp2p/interface";\n';
const WIRE = 'import { FrameStream } from "@weir/sdk/wire";\n';
const loop = "for await (const data of source) take(data);\n";

it.each([
  ["over a parameter of any name", `${STREAM}async function read(source: Stream) {\n  ${loop}}\n`, 3],
  [
    "over what a connection opens",
    `${STREAM}for await (const data of await connection.newStream(p)) take(data);`,
    2,
  ],
  ["over the stream in a FrameStream", `${WIRE}for\n  await (const data of frames.stream) take(data);`, 2],
  ["in a file beside the frames", `import { FrameStream } from "./frames.ts";\n${loop}`, 2],
  ["over the iterator itself", `${STREAM}const next = stream[Symbol.asyncIterator]();`, 2],
  ["through the library's helpers", `${STREAM}const bytes = lpStream(stream);`, 2],
  ["with the drain promise", `${STREAM}await stream.onDrain();`, 2],
  ["with pause", `${STREAM}stream.pause();`, 2],
])("a loop %s is found", (_, source, line) => {
  expect(streamBreaches(source).map((breach) => breach.line)).toEqual([line]);
});

it.each([
  ["lines of a file", `import { createInterface } from "node:readline";\n${loop}`],
  [
    "a comment and a text",
    `${STREAM}// for await (of stream)\nconst rule = "no for await";\n/* stream.onDrain() */`,
  ],
  ["FrameStream", `${WIRE}for (;;) {\n  const frame = await frames.read();\n}`],
])("%s is let be", (_, source) => {
  expect(streamBreaches(source)).toEqual([]);
});

it("the check names file and line of an offending file, and fails", () => {
  const folder = mkdtempSync(join(tmpdir(), "weir-lint-"));
  try {
    const check = () =>
      spawnSync(process.execPath, [new URL("../../scripts/check-streams.ts", import.meta.url).pathname], {
        cwd: folder,
        encoding: "utf8",
      });
    const file = join(folder, "relay/src/services/bad.ts");
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, `${WIRE}export const fine = 1;\n`);
    expect(check()).toMatchObject({ status: 0, stderr: "" });
    writeFileSync(file, `${STREAM}\n${loop}`);
    const { status, stderr } = check();
    expect(status).toBe(1);
    expect(stderr).toContain("relay/src/services/bad.ts:3 for await over a stream has no back-pressure");
  } finally {
    rmSync(folder, { recursive: true });
  }
});

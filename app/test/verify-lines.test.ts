/** A file's lines, however its bytes are cut into chunks. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { linesOf, MAX_LINE_CHARS } from "../src/features/verify/lines.ts";

async function read(file: Blob): Promise<string[]> {
  const lines: string[] = [];
  for await (const line of linesOf(file)) lines.push(line);
  return lines;
}

/** A file whose stream comes in pieces of `size` bytes. */
function chunked(text: string, size: number): Blob {
  const bytes = new TextEncoder().encode(text);
  const stream = () =>
    new ReadableStream<Uint8Array>({
      start(controller) {
        for (let at = 0; at < bytes.length; at += size) controller.enqueue(bytes.slice(at, at + size));
        controller.close();
      },
    });
  return { size: bytes.length, stream } as unknown as Blob;
}

test("the same lines for every size of chunk, letters of several bytes and Windows line ends included", async () => {
  const line = fc.string({ unit: "grapheme" }).map((text) => text.replaceAll(/[\r\n]/g, ""));
  const property = fc.asyncProperty(
    fc.array(line, { minLength: 1 }),
    fc.integer({ min: 1, max: 20 }),
    fc.constantFrom("\n", "\r\n"),
    fc.boolean(),
    async (lines, size, end, closed) => {
      const text = lines.join(end) + (closed ? end : "");
      const expected = closed || lines.at(-1) !== "" ? lines : lines.slice(0, -1);
      expect(await read(chunked(text, size))).toEqual(expected);
    },
  );
  await fc.assert(property, { numRuns: 200 });
});

test("a line without end is refused by its number before it fills the memory", async () => {
  const endless = chunked(`first\n${"x".repeat(MAX_LINE_CHARS + 1)}`, 65_536);
  await expect(read(endless)).rejects.toMatchObject({ name: "VerifyError", line: 2, field: "line" });
});

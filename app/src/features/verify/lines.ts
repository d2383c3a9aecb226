/** A file's lines as they are read, so that an export of any size fits into memory. */
import { VerifyError } from "@weir/sdk/core";

/** The longest line is a segment's: 1 MiB of body in base64, and its header. */
export const MAX_LINE_CHARS = 2_000_000;

/** Lines without their ends; the empty one behind the last line end is none. `onBytes` hears how much was read so far. */
export async function* linesOf(
  file: Blob,
  onBytes: (bytes: number) => void = () => undefined,
): AsyncGenerator<string> {
  const reader = file.stream().getReader();
  const decoder = new TextDecoder();
  let bytes = 0;
  let rest = "";
  let line = 0;
  try {
    for (;;) {
      const { done, value } = await reader.read();
      bytes += value?.byteLength ?? 0;
      onBytes(bytes);
      const parts = (rest + decoder.decode(value, { stream: !done })).split("\n");
      rest = done ? "" : (parts.pop() ?? "");
      for (const [index, part] of parts.entries()) {
        if (done && index === parts.length - 1 && part === "") break;
        line += 1;
        assertShort(part, line);
        yield part.endsWith("\r") ? part.slice(0, -1) : part;
      }
      assertShort(rest, line + 1);
      if (done) return;
    }
  } finally {
    await reader.cancel();
  }
}

function assertShort(text: string, line: number): void {
  if (text.length > MAX_LINE_CHARS)
    throw new VerifyError(line, "line", `has at most ${MAX_LINE_CHARS} characters`);
}

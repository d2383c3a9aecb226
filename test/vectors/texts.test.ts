// docs/protocol/listing.md and export.md: the texts that the code makes are those of the vectors, their pages name every key, and no line of an
// export can be edited, left out or moved.
import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { exportVector, type ListingVector, listingVector } from "../../scripts/vectors/texts.ts";
import { portableCrypto, VerifyError, verifyExport } from "../../sdk/src/core/index.ts";
import { nativeCrypto } from "../../sdk/src/core/native.ts";

const file = (path: string) => readFileSync(new URL(path, import.meta.url), "utf8");
const page = (name: string) => file(`../../docs/protocol/${name}.md`);
const lines = file("exported.jsonl").trimEnd().split("\n");
const verify = (changed: readonly string[]) => verifyExport(nativeCrypto, changed);

it("the code makes the listing of listing.json, and the page names every key of it", () => {
  const vector = JSON.parse(file("listing.json")) as ListingVector;
  expect(vector).toEqual(JSON.parse(JSON.stringify(listingVector())));
  const text = JSON.parse(vector.text) as Record<string, unknown>;
  const keys = [...page("listing").matchAll(/^\| ((?:`[@\w]+`(?:, )?)+) \|/gm)].flatMap(([, cell]) =>
    cell!.split(", ").map((key) => key.slice(1, -1)),
  );
  expect(Object.keys(text)).toEqual(keys);
});

it("the code makes the lines of exported.jsonl, and the page names each of their fields", async () => {
  expect(lines).toEqual(await exportVector());
  const rows = new Map(
    [...page("export").matchAll(/^\| `(\w+)`[^|]* \| ([^\n]+) \|$/gm)].map(([, type, fields]) => [
      type,
      fields,
    ]),
  );
  const types = new Set<string>();
  for (const line of lines) {
    const { type, ...fields } = JSON.parse(line) as { type: string };
    types.add(type);
    for (const field of Object.keys(fields))
      expect([type, rows.get(type)]).toEqual([type, expect.stringMatching(new RegExp(`\\b${field}\\b`))]);
  }
  expect([...types].sort()).toEqual([...rows.keys()].sort());
});

it("the export holds, in both fillings of the cryptography", async () => {
  for (const crypto of [nativeCrypto, portableCrypto])
    expect(await verifyExport(crypto, lines)).toMatchObject({
      segments: 2,
      messages: 4,
      due: 4n * 10n ** 11n,
      gaps: [{ generation: 1_800_000_000, fromSeq: 5n, toSeq: 5n }],
    });
});

it("an export with a line left out, said twice or moved does not", async () => {
  // A voucher is evidence that a buyer may keep to himself, and its line may stand anywhere.
  const evidence = lines.findIndex((line) => line.includes('"type":"voucher"'));
  const last = lines.length - 1;
  for (let n = 0; n < last; n += 1) {
    if (n === evidence) continue;
    const without = lines.toSpliced(n, 1);
    for (const [what, changed] of [
      ["left out", without],
      // A gap that is named twice is still one gap.
      ...(lines[n]!.includes('"type":"gap"') ? [] : [["twice", lines.toSpliced(n, 0, lines[n]!)] as const]),
      ["moved", without.toSpliced(n + (n + 1 === evidence ? 2 : 1), 0, lines[n]!)],
    ] as const)
      expect([n, what, await verify(changed).catch((error: Error) => error.name)]).toEqual([
        n,
        what,
        "VerifyError",
      ]);
  }
  await expect(verify(lines.slice(0, last))).rejects.toThrow(VerifyError);
});

// The generated ABIs and errors are those of the contracts as they compile now.
import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { generate } from "../../scripts/generate.ts";

it("sdk/src/generated is what the contracts say", async () => {
  for (const [name, content] of Object.entries(await generate())) {
    expect(
      readFileSync(`sdk/src/generated/${name}`, "utf8") === content,
      `${name}: run npm run generate`,
    ).toBe(true);
  }
});

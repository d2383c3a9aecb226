/** Copied is what was written, and nothing else. */
import { afterEach, expect, it, vi } from "vitest";
import { copyText } from "../src/lib/copyText.ts";

afterEach(() => vi.unstubAllGlobals());

it("is copied once the browser has written it", async () => {
  const written: string[] = [];
  vi.stubGlobal("navigator", { clipboard: { writeText: async (text: string) => void written.push(text) } });
  expect(await copyText("1/buoy-7")).toBe(true);
  expect(written).toEqual(["1/buoy-7"]);
});

it("is not where the page has no clipboard, as without https", async () => {
  vi.stubGlobal("navigator", {});
  expect(await copyText("1/buoy-7")).toBe(false);
});

it("is not where the browser or the person forbids it", async () => {
  const denied = new DOMException("Write permission denied.", "NotAllowedError");
  vi.stubGlobal("navigator", { clipboard: { writeText: () => Promise.reject(denied) } });
  expect(await copyText("1/buoy-7")).toBe(false);
});

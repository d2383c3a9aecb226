// What a reader gets of a message's payload as JSON: the value when it is asked for, and nothing for what is no JSON.
import { expect, it } from "vitest";
import { DecodedMessage } from "../src/client/index.ts";

const utf8 = new TextEncoder();
const messageOf = (payload: Uint8Array) =>
  new DecodedMessage({ device: "d", topic: "t", timeMs: 5, payload });
const jsonOf = (text: string) => messageOf(utf8.encode(text)).json;

it("is the payload's value, the same each time", () => {
  const message = messageOf(utf8.encode('{"temperature":20.5,"place":"Köln"}'));
  expect(message.json).toEqual({ temperature: 20.5, place: "Köln" });
  expect(message.json).toBe(message.json);
  const texts = [" 7", "-7.5e3", "null", '"a"', "[1]", "true", "false", '{"a":1}\r\n', "\t0 "];
  expect(texts.map(jsonOf)).toEqual(texts.map((text) => JSON.parse(text)));
});

it("is undefined for anything else", () => {
  for (const text of ["", "{", "{}x", "hello", "nul", "+1", "{]", "1-"])
    expect(jsonOf(text), text).toBeUndefined();
  expect(messageOf(Uint8Array.of(0x22, 0xff, 0x22)).json).toBeUndefined(); // no UTF-8
  const broken = messageOf(utf8.encode("{"));
  expect([broken.json, broken.json]).toEqual([undefined, undefined]);
});

it("is parsed when it is first asked for", () => {
  const payload = utf8.encode('{"a":1}');
  const message = messageOf(payload);
  payload.set(utf8.encode("2"), 5);
  expect(message.json).toEqual({ a: 2 });
  payload.set(utf8.encode("3"), 5);
  expect(message.json).toEqual({ a: 2 });
});

// A relay's endpoints as its operator declared them.
// ├── each kind is told from the others, with its peer or its address
// ├── what is none is refused with its text
// └── a peer id becomes the multihash that the registry stores
import fc from "fast-check";
import { expect, test } from "vitest";
import { EndpointInvalid, peerIdBytes, readEndpoint } from "../src/client/index.ts";

const PEER = "12D3KooWD3eckifWpRn9wQpMG9R9hX3sD158z7EqHWmweQAJU5SA";

test.each([
  [`/ip4/127.0.0.1/tcp/4001/p2p/${PEER}`, { transport: "tcp", peerId: PEER }],
  [`/ip4/127.0.0.1/tcp/4002/ws/p2p/${PEER}`, { transport: "websocket", peerId: PEER }],
  [`/dns4/relay.example/tcp/443/tls/ws/p2p/${PEER}`, { transport: "websocket", peerId: PEER }],
  ["/ip4/127.0.0.1/tcp/4003/http", { transport: "http", url: "http://127.0.0.1:4003" }],
  ["/dns4/relay.example/tcp/443/https", { transport: "http", url: "https://relay.example:443" }],
  ["/ip6/::1/tcp/80/http", { transport: "http", url: "http://[::1]:80" }],
])("%s", (text, expected) => expect(readEndpoint(text)).toMatchObject({ text, ...expected }));

test.each([
  "",
  "relay.example",
  "/ip4/1.2.3.4",
  "/ip4/1.2.3.4/tcp/1",
  "/ip4/999.1.1.1/tcp/1/ws",
  "/unix/tmp/x",
])("%j is refused", (text) => expect(() => readEndpoint(text)).toThrow(EndpointInvalid));

test("whatever a stranger writes is read or refused by name", () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      try {
        return readEndpoint(text).text === text;
      } catch (error) {
        return error instanceof EndpointInvalid;
      }
    }),
  );
});

test("the registry's bytes of a peer id", async () => {
  expect(await peerIdBytes(PEER)).toMatch(/^0x0024080112[0-9a-f]{66}$/);
});

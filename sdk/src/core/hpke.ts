// The one HPKE suite (RFC 9180) of the protocol, for seals and for notes.
import { Aes256Gcm, CipherSuite, HkdfSha256 } from "@hpke/core";
import { DhkemX25519HkdfSha256 } from "@hpke/dhkem-x25519";
import { concat, uint } from "./bytes.ts";

// 0x0020 DHKEM(X25519, HKDF-SHA256), 0x0001 HKDF-SHA256, 0x0002 AES-256-GCM.
export const suite = new CipherSuite({
  kem: new DhkemX25519HkdfSha256(),
  kdf: new HkdfSha256(),
  aead: new Aes256Gcm(),
});
export const SUITE_ID = concat(uint(0x20, 2), uint(1, 2), uint(2, 2));

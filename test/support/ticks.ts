/** Chains of ticks as a scripted buyer signs them; every part can be falsified. */
import { randomBytes } from "node:crypto";
import {
  type Bytes,
  type Delivery,
  type Hex,
  hex,
  type TickVoucher,
  tickAt,
  tickChain,
  tickVoucherDigest,
} from "@weir/sdk/core";
import { nativeCrypto } from "@weir/sdk/native";
import type { Fields } from "@weir/sdk/wire";

type Signer = { channelId: Hex; relay: Hex; delivery: Delivery; key: Bytes };
export type SignedChain = { signed: Fields<"TICK_CHAIN">; tick(ticks: number): Fields<"TICK"> };
export type MoreOfChain = Partial<TickVoucher> & { key?: Bytes; seed?: Bytes };

/** A chain of twenty; `more` changes what is signed, `sent` what is said afterwards. */
export function signTicks(
  signer: Signer,
  of: Pick<TickVoucher, "base" | "tickValue">,
  more: MoreOfChain = {},
  sent: Partial<Fields<"TICK_CHAIN">> = {},
): SignedChain {
  const { key = signer.key, seed = new Uint8Array(randomBytes(32)), ...fields } = more;
  const channelId = fields.channelId ?? signer.channelId;
  const links = tickChain(nativeCrypto, channelId, seed, Math.min(1024, fields.maxTicks ?? 20));
  const [tip, maxTicks] = [hex(links[0]!), links.length - 1];
  const voucher = { ...of, channelId, tip, maxTicks, relay: signer.relay, ...fields };
  const signature = nativeCrypto.signSecp(key, tickVoucherDigest(signer.delivery, voucher));
  const { base, tickValue } = voucher;
  return {
    signed: { base, tip: voucher.tip, tickValue, maxTicks: voucher.maxTicks, signature, ...sent },
    tick: (ticks) => ({ ticks, preimage: tickAt(links, Math.min(ticks, links.length - 1)) }),
  };
}

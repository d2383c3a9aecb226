"use client";

import { useQueryClient } from "@tanstack/react-query";
import { useCallback, useRef, useState } from "react";
import type { Hex } from "viem";
import { useConfig, useConnection } from "wagmi";
import type { FeedSession } from "@/features/live/session.ts";
import { startFeed } from "@/features/live/startFeed.ts";
import { useWeirConfig } from "@/features/shell/ConfigProvider.tsx";
import { useAccountSecret } from "@/features/wallet/useAccountSecret.ts";
import type { ListingDetail } from "@/lib/indexer.ts";
import { isUndone } from "@/lib/outbox.ts";
import { publicClientOf } from "@/lib/wagmi.ts";
import { type Approval, actions, keysOf, prepare } from "@/lib/weir.ts";
import { checkBefore, ListingRevised } from "./checkBefore.ts";
import { firstMessage, purchaseOf } from "./opening.ts";
import { type Asking, pay } from "./pay.ts";
import type { Choice } from "./useChoice.ts";

export const STAGES = ["check", "wallet", "mined", "connecting", "first"] as const;
export type Stage = (typeof STAGES)[number];

export interface BuyState {
  stage: Stage | undefined;
  /** What the wallet is being asked for, while the stage is "wallet". */
  asking: "keys" | "keysAgain" | Asking | undefined;
  error: unknown;
  /** The wallet said yes to the payment: until the chain refuses it, buying again would pay twice. */
  sent: boolean;
  /** Set as soon as the purchase is mined: from here on the money is in the escrow. */
  grantId: Hex | undefined;
  /** The running feed; whoever shows this state holds it open until the live page does. */
  session: FeedSession | undefined;
  done: boolean;
  /** The wallet is asked for two transactions. */
  twoSteps: boolean;
}

const IDLE: BuyState = {
  stage: undefined,
  asking: undefined,
  error: undefined,
  sent: false,
  grantId: undefined,
  session: undefined,
  done: false,
  twoSteps: false,
};

/** The purchase, from the first check to the first decrypted message. */
export function useBuy(listing: ListingDetail, approval?: Approval) {
  const config = useWeirConfig();
  const wagmi = useConfig();
  const queries = useQueryClient();
  const { address } = useConnection();
  const { getSecret, backupRequest } = useAccountSecret();
  const [state, setState] = useState<BuyState>(IDLE);
  const running = useRef(false);

  const run = useCallback(
    async (choice: Choice) => {
      if (!address || running.current) return;
      running.current = true;
      const to = (part: Partial<BuyState>) => setState((now) => ({ ...now, ...part }));
      const { version, planIndex, amount, way } = choice;
      setState({ ...IDLE, stage: "check", twoSteps: choice.twoSteps });
      try {
        const publicClient = publicClientOf(wagmi, config);
        const fresh = await checkBefore({ config, publicClient, listing, version, buyer: address, amount });
        to({ stage: "wallet", asking: "keys" });
        const secret = await getSecret(0, (round) => to({ asking: round === 1 ? "keys" : "keysAgain" }));
        const prepared = await prepare({
          config,
          listing: fresh,
          planIndex,
          buyer: address,
          amount,
          accountSecret: secret,
          way,
          approval,
        });
        // Before a signature or an approval is asked for: what the contract would refuse anyway.
        const { checkPurchase } = await actions();
        await checkPurchase(publicClient, { contracts: config.contracts, purchase: prepared.purchase });
        const hash = await pay({
          wagmi,
          config,
          prepared,
          choice,
          onAsk: (asking) => to({ stage: "wallet", asking }),
          onSent: () => to({ stage: "mined", asking: undefined, sent: true }),
        });
        to({ stage: "connecting", grantId: prepared.grantId });
        void queries.invalidateQueries({ queryKey: ["purchases"] });
        const purchase = purchaseOf({ prepared, listing: fresh, planIndex, hash });
        const session = startFeed({
          config,
          reader: publicClient,
          listing: fresh,
          purchase,
          buyer: address,
          keys: prepared.keys,
          voucherKeys: prepared.keys,
          reload: () => keysOf({ config, reader: publicClient, purchase }, getSecret),
          transactionHash: hash,
        });
        to({ session });
        await firstMessage(session, () => to({ stage: "first" }));
        to({ done: true });
      } catch (error) {
        if (error instanceof ListingRevised)
          await queries.invalidateQueries({ queryKey: ["listing", listing.id] });
        to(isUndone(error) ? { error, sent: false } : { error });
      } finally {
        running.current = false;
      }
    },
    [address, approval, config, getSecret, listing, queries, wagmi],
  );
  return { state, run, reset: () => setState(IDLE), backupRequest };
}

"use client";

import { useMutation, useQuery } from "@tanstack/react-query";
import { useConfig, useConnection } from "wagmi";
import { useWeirConfig } from "@/features/shell/ConfigProvider.tsx";
import { indexerGet, type ListingDetail, type Page, type RequestItem } from "@/lib/indexer.ts";
import { publicClientOf } from "@/lib/wagmi.ts";
import { walletOf } from "@/lib/wallet.ts";
import { type Approval, actions } from "@/lib/weir.ts";

/** ListingFlags.RESTRICTED: sold by approval only. */
const RESTRICTED = 1 << 20;
/** A seller answers when he answers; an open tab shows it soon after. */
const EVERY_MS = 3_000;

const isRestricted = (listing: ListingDetail): boolean =>
  (Number(listing.terms.flags ?? 0) & RESTRICTED) !== 0;

/** The connected account's newest request for a restricted listing, and the way to make one. */
export function useRequest(listing: ListingDetail) {
  const config = useWeirConfig();
  const wagmi = useConfig();
  const { address } = useConnection();
  const restricted = isRestricted(listing);
  const found = useQuery({
    queryKey: ["requests", address, listing.id],
    enabled: restricted && address !== undefined,
    refetchInterval: EVERY_MS,
    queryFn: ({ signal }) => {
      // Of this listing alone: any other seller can decline what nobody asked for, and so make the list longer.
      const path = `/v1/accounts/${address}/requests?listing=${listing.id}&limit=1`;
      return indexerGet<Page<RequestItem>>(config.indexers, path, signal);
    },
  });
  const ask = useMutation({
    mutationFn: async (note: string) => {
      if (!address) throw new Error("no account is connected");
      const { getHub, requestGrant } = await actions();
      const { sealNote } = await import("@weir/sdk/core");
      const { contracts, chainId } = config;
      const listingId = BigInt(listing.id);
      const reader = publicClientOf(wagmi, config);
      const { encryptionKey } = await getHub(reader, { contracts, hubId: BigInt(listing.hubId) });
      const context = { chainId, grants: contracts.Grants, listingId, buyer: address, encryptionKey };
      const sealed = await sealNote(context, note);
      const wallet = await walletOf(wagmi, config);
      return requestGrant(wallet, { contracts, listingId, version: listing.version, note: sealed });
    },
    onSuccess: () => found.refetch(),
  });
  const newest = found.data?.items[0];
  const given = newest?.approval;
  const approval: Approval | undefined =
    given && Number(given.deadline) * 1_000 > Date.now()
      ? { manager: given.manager, deadline: Number(given.deadline), signature: given.signature }
      : undefined;
  return { restricted, address, request: newest, approval, ask, error: found.error };
}

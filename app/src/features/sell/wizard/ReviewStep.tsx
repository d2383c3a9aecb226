"use client";

import { useQuery } from "@tanstack/react-query";
import { createListing, reviseListing } from "@weir/sdk/chain";
import { metadataBytes } from "@weir/sdk/core";
import { useTranslations } from "next-intl";
import { useConfig } from "wagmi";
import { Copy } from "@/components/Copy.tsx";
import { Stat } from "@/components/Stat.tsx";
import { useWeirConfig } from "@/features/shell/ConfigProvider.tsx";
import type { ListingDetail } from "@/lib/indexer.ts";
import { formatAmount } from "@/lib/money.ts";
import { publicClientOf } from "@/lib/wagmi.ts";
import { abis } from "@/lib/weir.ts";
import { ActButton } from "../ActButton.tsx";
import type { MyListing } from "../listings/useMyListings.ts";
import { useAct } from "../useAct.ts";
import { Changes } from "./Changes.tsx";
import { useWizard } from "./context.ts";
import { PagePreview } from "./Preview.tsx";
import type { Step } from "./rules.ts";
import { useProblemWords } from "./useProblemWords.ts";

/** The last look: what stands against it, what changes, what it costs, and the button that signs. */
export function ReviewStep({
  listing,
  detail,
  onGo,
  onDone,
}: {
  /** What is revised; undefined = a new one. */
  listing: MyListing | undefined;
  detail: ListingDetail;
  onGo: (step: Step) => void;
  onDone: () => void;
}) {
  const t = useTranslations("sell.wizard");
  const { hub, draft, read } = useWizard();
  const problemWords = useProblemWords(draft.token);
  const bond = useMinimumBond();
  const { terms, metadata, problems } = read;
  const sign = useAct(({ client, contracts }) =>
    listing
      ? reviseListing(client, { contracts, listingId: listing.listingId, terms, metadata })
      : createListing(client, { contracts, hubId: hub.hubId, terms, metadata }),
  );
  return (
    <div className="grid grid-cols-[minmax(0,1fr)] gap-8">
      {problems.length > 0 ? (
        <section
          className="grid gap-2 rounded-md border-l-4 border-mark bg-mark-wash p-4"
          aria-label={t("problems")}
        >
          <h3 className="text-base">{t("problems")}</h3>
          <ul className="grid list-disc gap-1 pl-5 text-sm">
            {problems.map((problem) => (
              <li key={`${problem.field}.${problem.rule}`}>
                <button
                  type="button"
                  onClick={() => onGo(problem.step)}
                  className="text-left underline underline-offset-4 [overflow-wrap:anywhere]"
                >
                  {t(`steps.${problem.step}`)}: {problemWords(problem)}
                </button>
              </li>
            ))}
          </ul>
        </section>
      ) : null}
      {listing ? (
        <section className="grid grid-cols-[minmax(0,1fr)] gap-3">
          <h3 className="text-lg">{t("whatChanges", { version: listing.version + 1 })}</h3>
          <p className="text-sm text-soft">{t("earlierKeep")}</p>
          <Changes listing={listing} terms={terms} metadata={metadata} />
        </section>
      ) : null}
      <dl className="grid gap-5 sm:grid-cols-3">
        {listing ? null : (
          <Stat label={t("bond")} note={t("bondNote")}>
            {bond.data === undefined ? "…" : `${formatAmount(bond.data, 18)} ETH`}
          </Stat>
        )}
        <Stat label={t("size")} note={t("sizeNote")}>
          {t("bytes", { count: metadataBytes(metadata) })}
        </Stat>
        <Stat label={t("metadataHash")} note={t("metadataHashNote")}>
          <Copy value={terms.metadataHash} label={t("metadataHash")} />
        </Stat>
      </dl>
      <ActButton
        tone="primary"
        disabled={problems.length > 0}
        run={() => sign.mutate(undefined, { onSuccess: onDone })}
        pending={sign.isPending}
        error={sign.error}
      >
        {listing ? t("revise") : t("offer")}
      </ActButton>
      <PagePreview detail={detail} />
    </div>
  );
}

function useMinimumBond() {
  const config = useWeirConfig();
  const wagmi = useConfig();
  return useQuery({
    queryKey: ["sell", "bond"],
    staleTime: Number.POSITIVE_INFINITY,
    queryFn: async () => {
      const { Listings: abi } = await abis();
      const reader = publicClientOf(wagmi, config);
      return reader.readContract({ abi, address: config.contracts.Listings, functionName: "minimumBond" });
    },
  });
}

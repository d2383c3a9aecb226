"use client";

import { useTranslations } from "next-intl";
import { Pulse } from "@/components/Pulse.tsx";
import { CARD_LINK_CLASS, CardFrame, GRID } from "./CardFrame.tsx";
import { CardsWaiting } from "./CardsWaiting.tsx";

/** Where words will be, standing still. */
const Blank = ({ width }: { width: string }) => (
  <span aria-hidden="true" className={`inline-block h-6 rounded-md bg-sunk align-middle ${width}`} />
);

/**
 * What stands in the market before its scripts are there, and where lib/firstCards.ts puts the listings that came sooner: one card without
 * words to copy, and an empty list to copy it into. React leaves the inside of that list alone.
 */
export function FirstCards() {
  const t = useTranslations("market");
  return (
    <>
      <div data-first="waiting" suppressHydrationWarning>
        <CardsWaiting />
      </div>
      <ul data-first="pattern" hidden>
        <CardFrame
          pulse={<Pulse liveness="unknown" sealedAtMs={undefined} now={0} />}
          link={<a data-part="link" href="/listing" className={CARD_LINK_CLASS} />}
          tags={<Blank width="w-2/3" />}
          price={<Blank width="w-1/2" />}
        />
      </ul>
      <section className="page" aria-label={t("results")} data-first="cards" hidden suppressHydrationWarning>
        <p className="mb-3 text-sm">
          <Blank width="w-40" />
        </p>
        {/* biome-ignore lint/security/noDangerouslySetInnerHtml: says that what is inside is not React's; it is empty */}
        <ul className={GRID} suppressHydrationWarning dangerouslySetInnerHTML={{ __html: "" }} />
      </section>
    </>
  );
}

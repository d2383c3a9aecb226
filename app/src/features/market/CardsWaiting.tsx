"use client";

import { useTranslations } from "next-intl";
import { GRID } from "./CardFrame.tsx";

/** Six cards' room, until there are listings to show. It stands still: drawing it again and again would take time from them. */
export function CardsWaiting() {
  const t = useTranslations("market");
  return (
    <div className={`page ${GRID}`} role="status">
      <span className="sr">{t("loading")}</span>
      {[0, 1, 2, 3, 4, 5].map((index) => (
        <div key={index} aria-hidden="true" className="h-64 rounded-md bg-sunk" />
      ))}
    </div>
  );
}

"use client";

import Link from "next/link";
import { useTranslations } from "next-intl";
import { useView, VIEWS } from "./useView.ts";

export function ConsoleNav({ hubId }: { hubId: string }) {
  const t = useTranslations("sell");
  const { place, href } = useView();
  return (
    <nav aria-label={t("nav")} className="min-w-0">
      <ul className="-mb-px flex flex-wrap gap-x-1">
        {VIEWS.map((view) => {
          const here = place.view === view;
          return (
            <li key={view}>
              <Link
                href={href({ hub: hubId, view })}
                prefetch={false}
                scroll={false}
                aria-current={here ? "page" : undefined}
                className={`inline-flex min-h-11 items-center border-b-2 px-1.5 text-sm sm:px-3 font-semibold ${
                  here
                    ? "border-water text-ink"
                    : "border-transparent text-soft hover:border-line-strong hover:text-ink"
                }`}
              >
                {t(`views.${view}`)}
              </Link>
            </li>
          );
        })}
      </ul>
    </nav>
  );
}

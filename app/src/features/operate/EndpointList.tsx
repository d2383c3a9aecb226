import { useTranslations } from "next-intl";
import type { Tried } from "./useProbe.ts";

const TONES = { reached: "text-moss", failed: "text-mark", skipped: "text-soft" } as const;

/** Each declared endpoint and what dialling it gave. */
export function EndpointList({ tried, lines }: { tried: Tried[] | undefined; lines: readonly string[] }) {
  const t = useTranslations("operate");
  return (
    <ul className="mt-2 grid gap-1.5 text-sm" aria-label={t("endpoints")}>
      {lines.map((line) => {
        const found = tried?.find(({ text }) => text === line);
        return (
          <li key={line} className="min-w-0">
            <span className="block break-all font-mono text-xs">{line}</span>
            <span className={`text-xs font-semibold ${found ? TONES[found.result] : "text-soft"}`}>
              {found ? t(`tried.${found.result}`, { ms: found.ms ?? 0 }) : t("trying")}
              {found?.reason ? (
                <span className="block break-words font-normal text-soft">{found.reason}</span>
              ) : null}
            </span>
          </li>
        );
      })}
    </ul>
  );
}

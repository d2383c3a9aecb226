import { useTranslations } from "next-intl";
import { Stat } from "@/components/Stat.tsx";
import { brokenPoint } from "./points.ts";
import type { Broken } from "./useVerify.ts";

/** The first thing in the file that does not hold. */
export function BrokenView({
  name,
  broken: { line, field, rule, excerpt },
}: {
  name: string;
  broken: Broken;
}) {
  const t = useTranslations("verify");
  return (
    <section className="overflow-hidden rounded-lg border-2 border-mark">
      <div className="bg-mark-wash p-5">
        <h2 className="text-2xl text-mark">{t("broken")}</h2>
        <p className="mt-1 break-all text-sm">{name}</p>
        <p className="mt-2 font-semibold" data-verify="breaks">
          {t(`breaks.${brokenPoint(field)}`)}
        </p>
      </div>
      <div className="grid gap-4 bg-surface p-5">
        <dl className="grid gap-4 sm:grid-cols-[auto_auto_1fr] sm:gap-10">
          <Stat label={t("line")}>
            <span data-verify="line">{line}</span>
          </Stat>
          <Stat label={t("field")}>
            <span data-verify="field">{field}</span>
          </Stat>
          <Stat label={t("rule")}>
            <span data-verify="rule" className="font-mono text-sm">
              {rule}
            </span>
          </Stat>
        </dl>
        {excerpt ? (
          <div>
            <p className="eyebrow">{t("excerpt")}</p>
            <pre className="mt-1 max-h-40 overflow-auto whitespace-pre-wrap break-all rounded-md bg-sunk p-3 font-mono text-xs">
              {excerpt}
            </pre>
          </div>
        ) : null}
        <p className="text-sm text-soft">{t("brokenNote")}</p>
      </div>
    </section>
  );
}

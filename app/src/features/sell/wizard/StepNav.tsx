"use client";

import { useTranslations } from "next-intl";
import { type Problem, STEPS, type Step } from "./rules.ts";

/** Where in the wizard somebody is, and which steps still need work. Any step can be gone to. */
export function StepNav({
  current,
  tried,
  problems,
  onGo,
}: {
  current: Step;
  tried: ReadonlySet<Step>;
  problems: readonly Problem[];
  onGo: (step: Step) => void;
}) {
  const t = useTranslations("sell.wizard");
  return (
    <nav aria-label={t("stepsLabel")}>
      <ol className="grid grid-cols-2 gap-2 sm:grid-cols-3 xl:grid-cols-6">
        {STEPS.map((step, index) => {
          const count = tried.has(step) ? problems.filter((problem) => problem.step === step).length : 0;
          const done = tried.has(step) && count === 0;
          return (
            <li key={step}>
              <button
                type="button"
                onClick={() => onGo(step)}
                aria-current={step === current ? "step" : undefined}
                className="flex min-h-[var(--tap)] w-full items-center gap-2.5 rounded-md border border-line bg-surface px-3 py-1.5 text-left text-sm hover:border-water aria-[current]:border-water aria-[current]:bg-water-wash"
              >
                <span
                  aria-hidden="true"
                  className={`figure grid size-6 shrink-0 place-items-center rounded-full text-xs font-bold ${
                    count > 0
                      ? "bg-mark-wash text-mark"
                      : done
                        ? "bg-moss-wash text-moss"
                        : step === current
                          ? "bg-water text-on-water"
                          : "bg-sunk text-soft"
                  }`}
                >
                  {count > 0 ? "!" : done ? "✓" : index + 1}
                </span>
                <span className="min-w-0 font-semibold">
                  {t(`steps.${step}`)}
                  {count > 0 ? (
                    <span className="block text-xs font-normal text-mark">{t("toFix", { count })}</span>
                  ) : null}
                  {done ? <span className="sr"> {t("complete")}</span> : null}
                </span>
              </button>
            </li>
          );
        })}
      </ol>
    </nav>
  );
}

"use client";

import { useTranslations } from "next-intl";
import { type FormEvent, useMemo, useRef, useState } from "react";
import { Button } from "@/components/Button.tsx";
import { useWeirConfig } from "@/features/shell/ConfigProvider.tsx";
import { useNow } from "@/features/shell/useNow.ts";
import { tokenOf } from "@/lib/config.ts";
import { detailOf } from "../listings/detail.ts";
import type { MyListing } from "../listings/useMyListings.ts";
import type { HubDetail } from "../useHub.ts";
import { useView } from "../useView.ts";
import { AccessStep } from "./AccessStep.tsx";
import { WizardContext, type WizardState } from "./context.ts";
import { DataStep } from "./DataStep.tsx";
import { DeliveryStep } from "./DeliveryStep.tsx";
import { DescribeStep } from "./DescribeStep.tsx";
import type { Draft } from "./draft.ts";
import { PlansStep } from "./PlansStep.tsx";
import { CardPreview } from "./Preview.tsx";
import { ReviewStep } from "./ReviewStep.tsx";
import { readDraft } from "./readDraft.ts";
import { STEPS, type Step } from "./rules.ts";
import { StepNav } from "./StepNav.tsx";
import { useDraft } from "./useDraft.ts";
import { useProblemWords } from "./useProblemWords.ts";

const FORMS = {
  describe: DescribeStep,
  data: DataStep,
  plans: PlansStep,
  delivery: DeliveryStep,
  access: AccessStep,
};
/** Ends of promotions and sales are compared with the clock; to the minute is enough while somebody types. */
const CLOCK_MS = 60_000;

export function WizardForm({
  hub,
  listing,
  initial,
  storageKey,
}: {
  hub: HubDetail;
  listing: MyListing | undefined;
  initial: Draft;
  storageKey: string;
}) {
  const t = useTranslations("sell.wizard");
  const config = useWeirConfig();
  const { go } = useView();
  const { draft, change, discard, restored } = useDraft(storageKey, initial);
  const [step, setStep] = useState<Step>("describe");
  const [tried, setTried] = useState<ReadonlySet<Step>>(new Set());
  const heading = useRef<HTMLHeadingElement>(null);
  const form = useRef<HTMLFormElement>(null);
  const now = Math.floor(useNow(CLOCK_MS) / 1_000);

  const read = useMemo(
    () =>
      readDraft(draft, {
        hubId: hub.hubId,
        payout: hub.payout,
        publishers: hub.keys.filter((key) => key.revokedAt === 0).map((key) => key.account),
        decimalsOf: (token) => tokenOf(config, token).decimals,
        now,
      }),
    [draft, hub, config, now],
  );
  const problemWords = useProblemWords(draft.token);
  const detail = detailOf({
    hub: { id: hub.id, name: hub.name, owner: hub.owner },
    // No listing has this number: what the market knows of the version on sale is not shown as the next one's.
    id: "0",
    version: (listing?.version ?? 0) + 1,
    state: "open",
    terms: read.terms,
    metadataText: read.metadata,
    at: now,
  });
  const state: WizardState = {
    hub,
    draft,
    read,
    set: (key, value) => change((before) => ({ ...before, [key]: value })),
    setField: (id, part) =>
      change((before) => ({
        ...before,
        fields: before.fields.map((field) => (field.id === id ? { ...field, ...part } : field)),
      })),
    setPlan: (id, part) =>
      change((before) => ({
        ...before,
        plans: before.plans.map((plan) => (plan.id === id ? { ...plan, ...part } : plan)),
      })),
    problem: (field) => {
      const found = read.problems.find((problem) => problem.field === field);
      return found && tried.has(found.step) ? problemWords(found) : undefined;
    },
  };

  const goTo = (next: Step) => {
    setTried((before) => new Set([...before, step, ...(next === "review" ? STEPS : [])]));
    setStep(next);
    requestAnimationFrame(() => heading.current?.focus());
  };
  const forward = (event: FormEvent) => {
    event.preventDefault();
    setTried((before) => new Set([...before, step]));
    if (read.problems.some((problem) => problem.step === step))
      return requestAnimationFrame(() =>
        form.current?.querySelector<HTMLElement>("[aria-invalid=true]")?.focus(),
      );
    goTo(STEPS[STEPS.indexOf(step) + 1] ?? "review");
  };
  const leave = () => {
    discard();
    go({ hub: hub.id, view: "listings" });
  };
  const Form = step === "review" ? undefined : FORMS[step];
  const first = STEPS.indexOf(step) === 0;
  return (
    <WizardContext value={state}>
      <div className="grid grid-cols-[minmax(0,1fr)] gap-5">
        <div className="flex flex-wrap items-baseline justify-between gap-3">
          <h2 className="text-2xl">
            {listing ? t("reviseTitle", { title: listing.detail.title }) : t("newTitle")}
          </h2>
          <span className="flex flex-wrap items-center gap-3 text-sm text-soft">
            {restored ? t("restored") : t("kept")}
            <Button tone="quiet" onClick={leave}>
              {t("discard")}
            </Button>
          </span>
        </div>
        <StepNav current={step} tried={tried} problems={read.problems} onGo={goTo} />
        <div className="grid items-start gap-6 lg:grid-cols-[minmax(0,1fr)_minmax(17rem,22rem)]">
          <div className="sheet grid grid-cols-[minmax(0,1fr)] gap-6 p-4 sm:p-6">
            <h3 ref={heading} tabIndex={-1} className="text-xl outline-none">
              {t(`headings.${step}`)}
            </h3>
            {Form ? (
              <form ref={form} noValidate onSubmit={forward} className="grid grid-cols-[minmax(0,1fr)] gap-7">
                <Form />
                <div className="flex flex-wrap gap-3 border-t border-line pt-5">
                  <Button type="submit" tone="primary">
                    {t("next")}
                  </Button>
                  {first ? null : (
                    <Button onClick={() => goTo(STEPS[STEPS.indexOf(step) - 1] ?? "describe")}>
                      {t("back")}
                    </Button>
                  )}
                </div>
              </form>
            ) : (
              <ReviewStep listing={listing} detail={detail} onGo={goTo} onDone={leave} />
            )}
          </div>
          <div className="lg:sticky lg:top-20">
            <CardPreview detail={detail} />
          </div>
        </div>
      </div>
    </WizardContext>
  );
}

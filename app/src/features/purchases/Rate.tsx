"use client";

import { useTranslations } from "next-intl";
import { type FormEvent, useId, useState } from "react";
import { Button } from "@/components/Button.tsx";
import { ErrorNotice } from "@/components/ErrorNotice.tsx";
import type { PurchaseItem } from "@/lib/indexer.ts";
import { MAX_COMMENT_BYTES, type Scores, useRate } from "./useRate.ts";

/** In the contract's order. */
const QUESTIONS = ["asDescribed", "inTime", "communication", "noIssues"] as const;
const MARKS = [1, 2, 3, 4, 5] as const;

function Question({
  name,
  value,
  onChange,
}: {
  name: string;
  value: number;
  onChange: (mark: number) => void;
}) {
  const id = useId();
  return (
    <fieldset className="flex flex-wrap items-center justify-between gap-x-4 gap-y-1">
      <legend className="float-left text-sm">{name}</legend>
      <div className="flex gap-1">
        {MARKS.map((mark) => (
          <label
            key={mark}
            className="figure grid size-9 cursor-pointer place-items-center rounded-md border border-line-strong text-sm has-[:checked]:border-water has-[:checked]:bg-water-wash has-[:checked]:font-semibold has-[:focus-visible]:outline-3 has-[:focus-visible]:outline-water"
          >
            <input
              type="radio"
              name={id}
              value={mark}
              checked={mark === value}
              onChange={() => onChange(mark)}
              className="sr"
            />
            {mark}
          </label>
        ))}
      </div>
    </fieldset>
  );
}

/** Four questions and a comment, from somebody who paid. Rating again replaces what the market shows. */
export function Rate({ purchase }: { purchase: PurchaseItem }) {
  const t = useTranslations("rate");
  const id = useId();
  const rate = useRate(purchase);
  const [asked, setAsked] = useState(false);
  const [scores, setScores] = useState<Scores>([5, 5, 5, 5]);
  const [comment, setComment] = useState("");
  const tooLong = new TextEncoder().encode(comment).length > MAX_COMMENT_BYTES;
  if (rate.isSuccess) return <p role="status">{t("done")}</p>;
  if (!asked) return <Button onClick={() => setAsked(true)}>{t("open")}</Button>;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (!tooLong) rate.mutate({ scores, comment });
  };
  const setOne = (place: number, mark: number) =>
    setScores(scores.map((old, i) => (i === place ? mark : old)) as unknown as Scores);
  return (
    <form onSubmit={submit} className="grid w-full gap-3 rounded-md bg-sunk p-4" aria-label={t("title")}>
      {QUESTIONS.map((question, place) => (
        <Question
          key={question}
          name={t(`questions.${question}`)}
          value={scores[place] ?? 5}
          onChange={(mark) => setOne(place, mark)}
        />
      ))}
      <label htmlFor={id} className="text-sm font-semibold">
        {t("comment")}
      </label>
      <textarea
        id={id}
        rows={3}
        value={comment}
        onChange={(event) => setComment(event.target.value)}
        aria-invalid={tooLong}
        aria-describedby={`${id}-note`}
        className="w-full rounded-md border border-line-strong bg-paper p-3 aria-invalid:border-mark"
      />
      <p id={`${id}-note`} className={`text-sm ${tooLong ? "text-mark" : "text-soft"}`}>
        {tooLong ? t("tooLong", { most: MAX_COMMENT_BYTES }) : t("note")}
      </p>
      <div className="flex flex-wrap gap-3">
        <Button type="submit" tone="primary" disabled={rate.isPending || tooLong}>
          {rate.isPending ? t("asking") : t("send")}
        </Button>
        <Button onClick={() => setAsked(false)}>{t("back")}</Button>
      </div>
      <ErrorNotice error={rate.error ?? undefined} />
    </form>
  );
}

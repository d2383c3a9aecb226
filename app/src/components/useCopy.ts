"use client";

import { useState } from "react";
import { copyText } from "@/lib/copyText.ts";

const SHOWN_MS = 2_000;

/** What came of copying this text. "copied" only after a real write; "byHand" asks to show it selected, so that the person's own keys copy it. */
export function useCopy(text: string) {
  const [last, setLast] = useState<{ text: string; outcome: "copied" | "byHand" }>();
  const copy = async () => {
    setLast(undefined);
    if (!(await copyText(text))) return setLast({ text, outcome: "byHand" });
    setLast({ text, outcome: "copied" });
    setTimeout(() => setLast(undefined), SHOWN_MS);
  };
  return { outcome: last?.text === text ? last.outcome : undefined, copy };
}

/** As a ref: selects what it is set on. */
export const selected = (element: HTMLElement | null): void => {
  if (element) window.getSelection()?.selectAllChildren(element);
};

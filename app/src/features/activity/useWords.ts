"use client";

import { useTranslations } from "next-intl";

/** "registerRelay" → "register relay", for what a newer contract may bring. */
const spaced = (name: string): string => name.replace(/([a-z0-9])([A-Z])/g, "$1 $2").toLowerCase();

/** What a call asks for, and what an event says happened, in words. */
export function useActivityWords() {
  const t = useTranslations("activity");
  const say = (group: "actions" | "events", name: string): string => {
    const key = `${group}.${name}` as Parameters<typeof t.has>[0];
    return t.has(key) ? t(key as "heading") : spaced(name);
  };
  return {
    action: (name: string) => say("actions", name),
    event: (name: string) => say("events", name),
  };
}

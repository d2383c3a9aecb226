"use client";

import { type Messages, NextIntlClientProvider, useLocale, useMessages } from "next-intl";
import type { ReactNode } from "react";

/** Adds the words that only one page uses to those of every page, so that nobody else downloads them. */
export function PageWords({ words, children }: { words: Partial<Messages>; children: ReactNode }) {
  const locale = useLocale();
  const common = useMessages();
  return (
    <NextIntlClientProvider locale={locale} messages={{ ...common, ...words }}>
      {children}
    </NextIntlClientProvider>
  );
}

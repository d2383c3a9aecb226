"use client";

import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { type Messages, NextIntlClientProvider } from "next-intl";
import { type ReactNode, useState } from "react";
import { ConfigProvider } from "./ConfigProvider.tsx";
import { InstanceGuard } from "./InstanceGuard.tsx";

const makeClient = () =>
  new QueryClient({
    defaultOptions: { queries: { retry: 1, retryDelay: 500, refetchOnWindowFocus: true, staleTime: 2_000 } },
  });

export function Providers({ words, children }: { words: Partial<Messages>; children: ReactNode }) {
  const [client] = useState(makeClient);
  return (
    <NextIntlClientProvider locale="en" messages={words} timeZone="UTC">
      <QueryClientProvider client={client}>
        <ConfigProvider>
          <InstanceGuard />
          {children}
        </ConfigProvider>
      </QueryClientProvider>
    </NextIntlClientProvider>
  );
}

"use client";

import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { NextIntlClientProvider } from "next-intl";
import { type ReactNode, useState } from "react";
import messages from "@/messages/en.json";
import { ConfigProvider } from "./ConfigProvider.tsx";
import { InstanceGuard } from "./InstanceGuard.tsx";

const makeClient = () =>
  new QueryClient({
    defaultOptions: { queries: { retry: 1, retryDelay: 500, refetchOnWindowFocus: true, staleTime: 2_000 } },
  });

export function Providers({ children }: { children: ReactNode }) {
  const [client] = useState(makeClient);
  return (
    <NextIntlClientProvider locale="en" messages={messages} timeZone="UTC">
      <QueryClientProvider client={client}>
        <ConfigProvider>
          <InstanceGuard />
          {children}
        </ConfigProvider>
      </QueryClientProvider>
    </NextIntlClientProvider>
  );
}

"use client";

import type { ReactNode } from "react";
import { WagmiProvider } from "wagmi";
import { useWeirConfig } from "@/features/shell/ConfigProvider.tsx";
import { wagmiFor } from "@/lib/wagmi.ts";

/** Gives its children the page's one wallet state. May appear several times in a page; the state is shared. */
export function WithWallet({ children }: { children: ReactNode }) {
  return (
    <WagmiProvider config={wagmiFor(useWeirConfig())} reconnectOnMount>
      {children}
    </WagmiProvider>
  );
}

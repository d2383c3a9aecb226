"use client";

import dynamic from "next/dynamic";
import { useEffect, useState } from "react";
import { Button } from "@/components/Button.tsx";
import { useConfigState } from "@/features/shell/ConfigProvider.tsx";
import { recall } from "@/lib/localState.ts";
import { CONNECT_EVENT } from "./askConnect.ts";
import { ConnectLabel } from "./ConnectLabel.tsx";

const AccountIsland = dynamic(() => import("./AccountIsland.tsx"), { ssr: false });

/** Wallet code is loaded when somebody connects, or comes back connected; browsing the market never needs it. */
export function WalletSlot() {
  const { config } = useConfigState();
  const [mode, setMode] = useState<"off" | "resume" | "connect">("off");
  useEffect(() => {
    if (recall("wallet.recentConnectorId")) setMode("resume");
    const open = () => setMode((now) => (now === "off" ? "connect" : now));
    window.addEventListener(CONNECT_EVENT, open);
    return () => window.removeEventListener(CONNECT_EVENT, open);
  }, []);
  if (config && mode !== "off") return <AccountIsland openAtOnce={mode === "connect"} />;
  return (
    <Button className="px-3 sm:px-4" disabled={!config} onClick={() => setMode("connect")}>
      <ConnectLabel />
    </Button>
  );
}

"use client";

import { useEffect, useState } from "react";
import { ActivityDrawer } from "@/features/activity/ActivityDrawer.tsx";
import { AccountButton } from "./AccountButton.tsx";
import { CONNECT_EVENT } from "./askConnect.ts";
import { ConnectDialog } from "./ConnectDialog.tsx";
import { WithWallet } from "./WithWallet.tsx";

export default function AccountIsland({ openAtOnce }: { openAtOnce: boolean }) {
  const [open, setOpen] = useState(openAtOnce);
  useEffect(() => {
    const show = () => setOpen(true);
    window.addEventListener(CONNECT_EVENT, show);
    return () => window.removeEventListener(CONNECT_EVENT, show);
  }, []);
  return (
    <WithWallet>
      <ActivityDrawer />
      <AccountButton onOpen={() => setOpen(true)} />
      <ConnectDialog open={open} onClose={() => setOpen(false)} />
    </WithWallet>
  );
}

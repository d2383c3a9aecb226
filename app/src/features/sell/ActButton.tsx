"use client";

import { useTranslations } from "next-intl";
import { type ReactNode, useState } from "react";
import { Button } from "@/components/Button.tsx";
import { ErrorNotice } from "@/components/ErrorNotice.tsx";
import { notTwice } from "@/lib/notTwice.ts";

/**
 * A button that asks the wallet. With `confirm` it says first what cannot be undone; the way back then takes the button's place and its focus, so
 * that a double click or a held key confirms nothing.
 */
export function ActButton({
  children,
  run,
  pending,
  error,
  confirm,
  tone = "plain",
  disabled = false,
  busy,
}: {
  children: ReactNode;
  run: () => void;
  pending: boolean;
  error?: unknown;
  confirm?: string;
  tone?: "primary" | "plain" | "quiet" | "mark";
  disabled?: boolean;
  /** What it says meanwhile, where the wallet is not asked. */
  busy?: string;
}) {
  const t = useTranslations("sell");
  const [asking, setAsking] = useState(false);
  const leave = () => setAsking(false);
  const confirmed = () => {
    setAsking(false);
    run();
  };
  const first = confirm ? () => setAsking(true) : run;
  return (
    <div className="grid min-w-0 justify-items-start gap-2">
      {asking ? <p className="max-w-[var(--measure)] text-sm text-mark">{confirm}</p> : null}
      <div className="flex flex-wrap gap-2">
        <Button
          tone={asking ? "quiet" : tone}
          disabled={!asking && (disabled || pending)}
          aria-busy={pending}
          onClick={asking ? leave : first}
        >
          {asking ? t("leaveIt") : pending ? (busy ?? t("confirmInWallet")) : children}
        </Button>
        {asking ? (
          <Button tone="mark" disabled={disabled || pending} onClick={notTwice(confirmed)}>
            {t("yesDoIt")}
          </Button>
        ) : null}
      </div>
      <ErrorNotice error={error ?? undefined} />
    </div>
  );
}

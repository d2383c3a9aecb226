"use client";

import { useTranslations } from "next-intl";
import { type ReactNode, useState } from "react";
import { Button } from "@/components/Button.tsx";
import { ErrorNotice } from "@/components/ErrorNotice.tsx";

/** A button that asks the wallet. With `confirm` it says first what cannot be undone. */
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
  const act = () => {
    if (confirm && !asking) return setAsking(true);
    setAsking(false);
    run();
  };
  return (
    <div className="grid min-w-0 justify-items-start gap-2">
      {asking ? <p className="max-w-[var(--measure)] text-sm text-mark">{confirm}</p> : null}
      <div className="flex flex-wrap gap-2">
        <Button
          tone={asking ? "mark" : tone}
          disabled={disabled || pending}
          aria-busy={pending}
          onClick={act}
        >
          {pending ? (busy ?? t("confirmInWallet")) : asking ? t("yesDoIt") : children}
        </Button>
        {asking ? (
          <Button tone="quiet" onClick={() => setAsking(false)}>
            {t("leaveIt")}
          </Button>
        ) : null}
      </div>
      <ErrorNotice error={error ?? undefined} />
    </div>
  );
}

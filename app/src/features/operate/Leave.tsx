"use client";

import { deregisterRelay } from "@weir/sdk/chain";
import { useTranslations } from "next-intl";
import { useState } from "react";
import { Button } from "@/components/Button.tsx";
import { ErrorNotice } from "@/components/ErrorNotice.tsx";
import { notTwice } from "@/lib/notTwice.ts";
import { useDuration } from "@/lib/useDuration.ts";
import { useOperatorAct } from "./useOperatorAct.ts";

/** Off the list; the stake follows after the delay. Says so before it is done. */
export function Leave({ delay }: { delay: number }) {
  const t = useTranslations("operate");
  const duration = useDuration();
  const [sure, setSure] = useState(false);
  const act = useOperatorAct(({ client, contracts }) => deregisterRelay(client, { contracts }));
  const asking = sure && !act.isPending;
  return (
    <div className="grid justify-items-start gap-3">
      {sure ? <p className="max-w-[var(--measure)]">{t("leaveNote", { delay: duration(delay) })}</p> : null}
      <div className="flex flex-wrap gap-3">
        {/* The way back takes the first button's place: a double click leaves nothing. */}
        <Button tone={asking ? "quiet" : "mark"} disabled={act.isPending} onClick={() => setSure(!sure)}>
          {act.isPending ? t("asking") : asking ? t("stay") : t("leave")}
        </Button>
        {asking ? (
          <Button tone="mark" onClick={notTwice(() => act.mutate())}>
            {t("leaveSure")}
          </Button>
        ) : null}
      </div>
      <ErrorNotice error={act.error ?? undefined} />
    </div>
  );
}

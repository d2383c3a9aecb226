"use client";

import { utf8 } from "@weir/sdk/core";
import { useTranslations } from "next-intl";
import { useState } from "react";
import { Button } from "@/components/Button.tsx";
import { TextField } from "@/components/TextField.tsx";
import { ActButton } from "../ActButton.tsx";

/** The contract's limit, in bytes. */
const MAX_RESPONSE_BYTES = 1_024;

/** The one response that a rating can have: written, looked at once more, sent. */
export function Respond({
  onSend,
  pending,
  error,
}: {
  onSend: (text: string) => void;
  pending: boolean;
  error: unknown;
}) {
  const t = useTranslations("sell.ratings");
  const [writing, setWriting] = useState(false);
  const [text, setText] = useState("");
  const response = text.trim();
  const length = utf8(response).length;
  const problem =
    length > MAX_RESPONSE_BYTES ? t("tooLong", { length, most: MAX_RESPONSE_BYTES }) : undefined;
  if (!writing)
    return (
      <p>
        <Button onClick={() => setWriting(true)}>{t("answer")}</Button>
      </p>
    );
  return (
    <div className="mt-1 grid grid-cols-[minmax(0,1fr)] gap-3">
      <TextField
        rows={3}
        label={t("text")}
        note={t("note")}
        value={text}
        onChange={setText}
        error={problem}
      />
      <div className="flex flex-wrap items-start gap-2">
        <ActButton
          tone="primary"
          disabled={length === 0 || problem !== undefined}
          run={() => onSend(response)}
          pending={pending}
          error={error}
        >
          {t("send")}
        </ActButton>
        <Button tone="quiet" onClick={() => setWriting(false)}>
          {t("back")}
        </Button>
      </div>
    </div>
  );
}

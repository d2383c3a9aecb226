"use client";

import { useTranslations } from "next-intl";
import { useState } from "react";
import { Button } from "./Button.tsx";
import { Scroll } from "./Scroll.tsx";

/** Text to be pasted elsewhere, whole. */
export function CodeBlock({ label, text }: { label: string; text: string }) {
  const t = useTranslations("shell");
  const [copied, setCopied] = useState(false);
  const copy = async () => {
    await navigator.clipboard?.writeText(text);
    setCopied(true);
    setTimeout(() => setCopied(false), 2_000);
  };
  return (
    <div className="grid min-w-0 grid-cols-[minmax(0,1fr)] gap-2">
      <Scroll label={label} className="max-h-80 bg-sunk">
        <pre className="p-3 font-mono text-xs leading-relaxed">{text}</pre>
      </Scroll>
      <Button className="justify-self-start" onClick={copy}>
        {copied ? t("copied") : t("copyAll")}
      </Button>
    </div>
  );
}

"use client";

import { useTranslations } from "next-intl";
import { type DragEvent, useId, useState } from "react";

/** A file by hand or by keyboard. */
export function DropZone({ disabled, onFile }: { disabled: boolean; onFile: (file: File) => void }) {
  const t = useTranslations("verify");
  const id = useId();
  const [over, setOver] = useState(false);
  const drop = (event: DragEvent) => {
    event.preventDefault();
    setOver(false);
    const file = event.dataTransfer.files[0];
    if (file && !disabled) onFile(file);
  };
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: the input inside does the same for keyboards
    <div
      onDragOver={(event) => {
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={() => setOver(false)}
      onDrop={drop}
      className={`relative grid justify-items-center gap-2 rounded-lg border-2 border-dashed p-8 text-center sm:p-12 ${
        over ? "border-water bg-water-wash" : "border-line-strong bg-surface"
      }`}
    >
      <label htmlFor={id} className="text-lg font-semibold">
        {t("drop")}
      </label>
      <p id={`${id}-note`} className="max-w-[var(--measure)] text-sm text-soft">
        {t("stays")}
      </p>
      <input
        id={id}
        type="file"
        accept=".jsonl,.ndjson,.json,application/x-ndjson"
        disabled={disabled}
        aria-describedby={`${id}-note`}
        onChange={(event) => {
          const file = event.target.files?.[0];
          if (file) onFile(file);
          // The same file again, edited meanwhile, is another one.
          event.target.value = "";
        }}
        className="mt-2 w-full max-w-sm rounded-md border border-line-strong bg-paper p-2 text-sm file:mr-3 file:min-h-9 file:rounded-md file:border-0 file:bg-water file:px-4 file:font-semibold file:text-on-water"
      />
    </div>
  );
}

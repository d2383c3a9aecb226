"use client";

import { useTranslations } from "next-intl";
import { useId } from "react";

export function DevicePicker({
  devices,
  value,
  onChange,
}: {
  devices: string[];
  value: string;
  onChange: (device: string) => void;
}) {
  const t = useTranslations("live");
  const id = useId();
  if (devices.length < 2) return null;
  return (
    <div className="mb-3 flex items-center gap-3">
      <label htmlFor={id} className="text-sm font-semibold">
        {t("device")}
      </label>
      <select
        id={id}
        value={value}
        onChange={(event) => onChange(event.target.value)}
        className="min-h-10 rounded-md border border-line-strong bg-surface px-3"
      >
        {devices.map((device) => (
          <option key={device} value={device}>
            {device}
          </option>
        ))}
      </select>
    </div>
  );
}

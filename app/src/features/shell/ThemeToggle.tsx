"use client";

import { useTranslations } from "next-intl";
import { useSyncExternalStore } from "react";
import { applyTheme, currentTheme, subscribeTheme, type Theme } from "@/lib/theme.ts";

const NEXT: Record<Theme, Theme> = { system: "light", light: "dark", dark: "system" };

export function ThemeToggle() {
  const t = useTranslations("shell");
  const theme = useSyncExternalStore<Theme>(subscribeTheme, currentTheme, () => "system");
  return (
    <button
      type="button"
      onClick={() => applyTheme(NEXT[theme])}
      aria-label={t("themeLabel", { theme: t(`theme.${theme}`) })}
      title={t("themeLabel", { theme: t(`theme.${theme}`) })}
      className="grid size-11 place-items-center rounded-md text-soft hover:bg-sunk hover:text-ink"
    >
      <svg
        viewBox="0 0 20 20"
        className="size-5"
        aria-hidden="true"
        fill="none"
        stroke="currentColor"
        strokeWidth="1.6"
      >
        <circle cx="10" cy="10" r="7.2" />
        {theme === "system" ? <path d="M10 2.8a7.2 7.2 0 0 1 0 14.4z" fill="currentColor" /> : null}
        {theme === "dark" ? <circle cx="10" cy="10" r="7.2" fill="currentColor" /> : null}
      </svg>
    </button>
  );
}

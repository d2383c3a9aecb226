import { forget, recall, remember } from "./localState.ts";

export type Theme = "system" | "light" | "dark";

/** Runs before the first paint, or a dark room flashes white. */
export const THEME_SCRIPT =
  'try{var t=localStorage.getItem("weir.theme");if(t==="light"||t==="dark")document.documentElement.dataset.theme=t}catch(e){console.debug(e)}';

const listeners = new Set<() => void>();

export function subscribeTheme(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function currentTheme(): Theme {
  const stored = recall("theme");
  return stored === "light" || stored === "dark" ? stored : "system";
}

export function applyTheme(theme: Theme): void {
  if (theme === "system") {
    forget("theme");
    delete document.documentElement.dataset.theme;
  } else {
    remember("theme", theme);
    document.documentElement.dataset.theme = theme;
  }
  for (const listener of listeners) listener();
}

/** Calls back when the look changes, for drawings that cannot use CSS variables by themselves. */
export function onThemeChange(listener: () => void): () => void {
  const media = window.matchMedia("(prefers-color-scheme: dark)");
  media.addEventListener("change", listener);
  const unsubscribe = subscribeTheme(listener);
  return () => {
    media.removeEventListener("change", listener);
    unsubscribe();
  };
}

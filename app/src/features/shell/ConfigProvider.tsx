"use client";

import { useQuery } from "@tanstack/react-query";
import { useTranslations } from "next-intl";
import { createContext, type ReactNode, useContext, useSyncExternalStore } from "react";
import { earlyConfig, loadConfig, type WeirConfig } from "@/lib/config.ts";

interface ConfigState {
  config: WeirConfig | undefined;
  error: Error | null;
  retry: () => void;
}

const Context = createContext<ConfigState>({ config: undefined, error: null, retry: () => undefined });

const never = () => () => undefined;

/** False while React takes over the page as it was built, which knows of no settings; true ever after. */
const useTakenOver = () =>
  useSyncExternalStore(
    never,
    () => true,
    () => false,
  );

export function ConfigProvider({ children }: { children: ReactNode }) {
  const takenOver = useTakenOver();
  const t = useTranslations("price");
  // Part of the settings themselves, and a text: settings that are read again stay the same object, which the wallet's state is made for.
  const inWords = (config: WeirConfig): WeirConfig => ({ ...config, unitsOf: t.raw("unitsOf") });
  const { data, error, refetch } = useQuery({
    queryKey: ["config"],
    queryFn: async () => inWords(await loadConfig()),
    initialData: () => {
      const early = earlyConfig();
      return early && inWords(early);
    },
    staleTime: Number.POSITIVE_INFINITY,
    retry: 1,
    structuralSharing: true,
  });
  return (
    <Context.Provider value={{ config: takenOver ? data : undefined, error, retry: () => void refetch() }}>
      {children}
    </Context.Provider>
  );
}

export const useConfigState = () => useContext(Context);

/** For what is rendered inside <Ready>, where the configuration is known. */
export function useWeirConfig(): WeirConfig {
  const { config } = useContext(Context);
  if (!config) throw new Error("useWeirConfig outside <Ready>");
  return config;
}

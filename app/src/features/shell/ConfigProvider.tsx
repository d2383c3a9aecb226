"use client";

import { useQuery } from "@tanstack/react-query";
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
  const { data, error, refetch } = useQuery({
    queryKey: ["config"],
    queryFn: loadConfig,
    initialData: earlyConfig,
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

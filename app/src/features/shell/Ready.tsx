"use client";

import type { ReactNode } from "react";
import { ErrorNotice } from "@/components/ErrorNotice.tsx";
import { PageSkeleton } from "@/components/Skeleton.tsx";
import { useConfigState } from "./ConfigProvider.tsx";

/** Renders its children once config.json is known; until then `waiting`, or a quiet skeleton, or what is wrong and a way to retry. */
export function Ready({ waiting, children }: { waiting?: ReactNode; children: ReactNode }) {
  const { config, error, retry } = useConfigState();
  if (config) return children;
  if (error)
    return (
      <div className="page py-10">
        <ErrorNotice error={error} onRetry={retry} />
      </div>
    );
  return waiting ?? <PageSkeleton />;
}

"use client";

import { useTranslations } from "next-intl";

/** Stands where content will be, at about its size, so that nothing jumps. */
export function Skeleton({ className = "" }: { className?: string }) {
  return <div aria-hidden="true" className={`animate-pulse rounded-md bg-sunk ${className}`} />;
}

export function PageSkeleton() {
  const t = useTranslations("shell");
  return (
    <div className="page grid gap-4 py-10" role="status">
      <span className="sr">{t("loading")}</span>
      <Skeleton className="h-10 w-2/3 max-w-xl" />
      <Skeleton className="h-5 w-1/2 max-w-md" />
      <Skeleton className="h-64 w-full" />
    </div>
  );
}

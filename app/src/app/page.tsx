import { Suspense } from "react";
import { PageSkeleton } from "@/components/Skeleton.tsx";
import { MarketPage } from "@/features/market/MarketPage.tsx";

export default function Page() {
  return (
    <Suspense fallback={<PageSkeleton />}>
      <MarketPage />
    </Suspense>
  );
}

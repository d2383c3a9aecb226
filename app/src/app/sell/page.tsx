import type { Metadata } from "next";
import { Suspense } from "react";
import { PageSkeleton } from "@/components/Skeleton.tsx";
import { SellPage } from "@/features/sell/SellPage.tsx";
import { PageWords } from "@/features/shell/PageWords.tsx";
import messages from "@/messages/en.json";

export const metadata: Metadata = { title: messages.titles.sell };

export default function Page() {
  return (
    <PageWords words={{ sell: messages.sell, licence: messages.licence }}>
      <Suspense fallback={<PageSkeleton />}>
        <SellPage />
      </Suspense>
    </PageWords>
  );
}

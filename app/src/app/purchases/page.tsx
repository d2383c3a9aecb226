import type { Metadata } from "next";
import { Suspense } from "react";
import { PageSkeleton } from "@/components/Skeleton.tsx";
import { PurchasesPage } from "@/features/purchases/PurchasesPage.tsx";
import { PageWords } from "@/features/shell/PageWords.tsx";
import messages from "@/messages/en.json";

export const metadata: Metadata = { title: messages.titles.purchases };

export default function Page() {
  return (
    <PageWords words={{ rotate: messages.rotate }}>
      <Suspense fallback={<PageSkeleton />}>
        <PurchasesPage />
      </Suspense>
    </PageWords>
  );
}

import type { Metadata } from "next";
import { Suspense } from "react";
import { PageSkeleton } from "@/components/Skeleton.tsx";
import { ListingPage } from "@/features/listing/ListingPage.tsx";
import { PageWords } from "@/features/shell/PageWords.tsx";
import messages from "@/messages/en.json";

export const metadata: Metadata = { title: messages.titles.listing };

export default function Page() {
  return (
    <PageWords words={{ licence: messages.licence }}>
      <Suspense fallback={<PageSkeleton />}>
        <ListingPage />
      </Suspense>
    </PageWords>
  );
}

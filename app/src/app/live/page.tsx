import type { Metadata } from "next";
import { Suspense } from "react";
import { PageSkeleton } from "@/components/Skeleton.tsx";
import { LivePage } from "@/features/live/LivePage.tsx";
import { PageWords } from "@/features/shell/PageWords.tsx";
import messages from "@/messages/en.json";

export const metadata: Metadata = { title: messages.titles.live };

export default function Page() {
  return (
    <PageWords words={{ live: messages.live }}>
      <Suspense fallback={<PageSkeleton />}>
        <LivePage />
      </Suspense>
    </PageWords>
  );
}

import type { Metadata } from "next";
import { Suspense } from "react";
import { PageSkeleton } from "@/components/Skeleton.tsx";
import { LivePage } from "@/features/live/LivePage.tsx";
import messages from "@/messages/en.json";

export const metadata: Metadata = { title: messages.titles.live };

export default function Page() {
  return (
    <Suspense fallback={<PageSkeleton />}>
      <LivePage />
    </Suspense>
  );
}

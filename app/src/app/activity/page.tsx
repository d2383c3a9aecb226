import type { Metadata } from "next";
import { ActivityPage } from "@/features/activity/ActivityPage.tsx";
import messages from "@/messages/en.json";

export const metadata: Metadata = { title: messages.activity.title };

export default function Page() {
  return <ActivityPage />;
}

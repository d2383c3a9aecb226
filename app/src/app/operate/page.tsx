import type { Metadata } from "next";
import { OperatePage } from "@/features/operate/OperatePage.tsx";
import { PageWords } from "@/features/shell/PageWords.tsx";
import messages from "@/messages/en.json";

export const metadata: Metadata = { title: messages.operate.title };

export default function Page() {
  return (
    <PageWords words={{ operate: messages.operate }}>
      <OperatePage />
    </PageWords>
  );
}

import type { Metadata } from "next";
import { PageWords } from "@/features/shell/PageWords.tsx";
import { VerifyPage } from "@/features/verify/VerifyPage.tsx";
import messages from "@/messages/en.json";

export const metadata: Metadata = { title: messages.verify.title };

export default function Page() {
  return (
    <PageWords words={{ verify: messages.verify }}>
      <VerifyPage />
    </PageWords>
  );
}

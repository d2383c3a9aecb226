import Link from "next/link";
import { buttonClass } from "@/components/Button.tsx";
import messages from "@/messages/en.json";

export default function NotFound() {
  const words = messages.notFound;
  return (
    <div className="page grid justify-items-start gap-4 py-16">
      <h1 className="text-3xl">{words.heading}</h1>
      <p className="max-w-[var(--measure)] text-lg text-soft">{words.text}</p>
      <Link href="/" className={buttonClass("primary")}>
        {words.back}
      </Link>
    </div>
  );
}

import type { Metadata, Viewport } from "next";
import type { ReactNode } from "react";
import { listingsPath, readFilters } from "@/features/market/filters.ts";
import { Footer } from "@/features/shell/Footer.tsx";
import { Header } from "@/features/shell/Header.tsx";
import { Providers } from "@/features/shell/Providers.tsx";
import { earlyScript } from "@/lib/early.ts";
import { LOST_ID, LOST_SCRIPT } from "@/lib/lost.ts";
import { THEME_SCRIPT } from "@/lib/theme.ts";
import { titleScript } from "@/lib/title.ts";
import messages from "@/messages/en.json";
import "./globals.css";

export const metadata: Metadata = {
  title: { default: messages.titles.market, template: "%s · Weir" },
  description: messages.shell.tagline,
};

export const viewport: Viewport = {
  themeColor: [
    { media: "(prefers-color-scheme: light)", color: "#eff2ef" },
    { media: "(prefers-color-scheme: dark)", color: "#0a1316" },
  ],
};

/** The words that every page may need. Those of one page alone come with it (PageWords). */
const {
  sell: _sell,
  operate: _operate,
  verify: _verify,
  rotate: _rotate,
  licence: _licence,
  live: _live,
  ...common
} = messages;

const EARLY_SCRIPT = earlyScript(listingsPath(readFilters(new URLSearchParams()), ""));

export default function RootLayout({ children }: { children: ReactNode }) {
  return (
    <html lang="en" suppressHydrationWarning>
      <head>
        {/* Before anything runs; EARLY_SCRIPT asks for it again and gets this answer. */}
        <link rel="preload" href="/config.json" as="fetch" crossOrigin="anonymous" />
        {/* biome-ignore lint/security/noDangerouslySetInnerHtml: a constant of ours that must run before any script is asked for */}
        <script dangerouslySetInnerHTML={{ __html: LOST_SCRIPT }} />
        {/* biome-ignore lint/security/noDangerouslySetInnerHtml: a constant of ours that must run before the first paint */}
        <script dangerouslySetInnerHTML={{ __html: THEME_SCRIPT }} />
        {/* biome-ignore lint/security/noDangerouslySetInnerHtml: a constant of ours that must run before the page's scripts are there */}
        <script dangerouslySetInnerHTML={{ __html: EARLY_SCRIPT }} />
        {/* biome-ignore lint/security/noDangerouslySetInnerHtml: a constant of ours that must run before any navigation */}
        <script dangerouslySetInnerHTML={{ __html: titleScript("Weir") }} />
      </head>
      <body className="flex min-h-dvh flex-col">
        <Providers words={common}>
          <a
            href="#main"
            className="fixed left-3 top-3 z-50 -translate-y-24 rounded-md bg-water px-4 py-2 font-semibold text-on-water focus:translate-y-0"
          >
            {messages.shell.skip}
          </a>
          <Header />
          <div id={LOST_ID} role="alert" hidden suppressHydrationWarning className="bg-amber-wash py-3">
            <p className="page">
              {messages.fault.lost}{" "}
              <button type="button" className="min-h-8 underline underline-offset-2">
                {messages.errors.retry}
              </button>
            </p>
          </div>
          <main id="main" tabIndex={-1} className="flex-1 outline-none">
            {children}
          </main>
          <Footer />
        </Providers>
      </body>
    </html>
  );
}

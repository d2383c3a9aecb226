import path from "node:path";
import type { NextConfig } from "next";

/** A static export: no server of its own. What differs between installations is in /config.json, outside the build. */
const config: NextConfig = {
  output: "export",
  images: { unoptimized: true },
  reactStrictMode: true,
  poweredByHeader: false,
  // Types are checked by `npm run check`; whoever only starts the market need not wait for it.
  typescript: { ignoreBuildErrors: true },
  // The shared language is TypeScript source, imported with its .ts extensions.
  transpilePackages: ["@weir/sdk"],
  // One request less before the first paint, and no script of the head waits for it.
  experimental: { inlineCss: true },
  turbopack: {
    root: path.join(import.meta.dirname, ".."),
    // Words are parsed here and not by every reader: the page gets them taken apart, and only the small half of the formatter.
    rules: {
      "*.json": {
        condition: { path: /src\/messages\/[a-z]+\.json$/ },
        loaders: [
          {
            loader: "next-intl/extractor/catalogLoader",
            options: { messages: { format: "json", precompile: true } },
          },
        ],
        as: "*.js",
      },
    },
    resolveAlias: { "use-intl/format-message": "use-intl/format-message/format-only" },
  },
};

export default config;

import { join } from "node:path";
import { build } from "vite";

/**
 * One program in one file, as `vite` (which comes with Vitest) puts it together; gives the file's path. A program that is started hundreds of
 * times spends most of its life on finding and reading a thousand modules.
 */
export async function bundle(program: string, folder: string): Promise<string> {
  await build({
    configFile: false,
    logLevel: "error",
    build: {
      ssr: program,
      target: "node24",
      minify: false,
      outDir: folder,
      emptyOutDir: false,
      rollupOptions: { output: { entryFileNames: "program.mjs" } },
    },
    ssr: { noExternal: true },
  });
  return join(folder, "program.mjs");
}

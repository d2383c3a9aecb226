import { afterEach, beforeEach, vi } from "vitest";

/** Every case of the file starts in `folder`, without the settings of whoever runs it. Returns the lines that were printed since. */
export function alone(folder: () => string): () => string[] {
  let out: string[] = [];
  beforeEach(() => {
    out = [];
    vi.spyOn(console, "log").mockImplementation((line: string) => void out.push(line));
    for (const name of ["WEIR_MARKET", "WEIR_RPC_URL", "WEIR_DEPLOYMENT"]) vi.stubEnv(name, undefined);
    vi.stubEnv("WEIR_DATA_DIR", folder());
  });
  afterEach(() => {
    vi.restoreAllMocks();
    vi.unstubAllEnvs();
    process.exitCode = undefined;
  });
  return () => out;
}

// The same suite as market.test.ts, with a real PostgreSQL in place of the embedded database.
// Where there is no server program this says so; with WEIR_REQUIRE_ALL=1 it fails.
import { afterAll, beforeAll, expect, test } from "vitest";
import { postgresPrograms, startPostgres, type TestPostgres } from "./support/postgres.ts";
import { marketSuite } from "./support/suite.ts";

const programs = postgresPrograms();

if (programs === undefined)
  test("PostgreSQL is not on this machine (/usr/lib/postgresql): its suite did not run", () => {
    expect(process.env.WEIR_REQUIRE_ALL).not.toBe("1");
  });
else {
  let server: TestPostgres;
  beforeAll(async () => {
    server = await startPostgres(programs);
  });
  afterAll(() => server?.stop());
  marketSuite(() => ({ DATABASE_URL: server.url }));
}

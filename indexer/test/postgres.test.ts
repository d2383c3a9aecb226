// The same suite as market.test.ts, with a real PostgreSQL in place of the embedded database.
// └── GraphQL on a server that stands still: as many as may run are given up with 504, one more is refused with 503; then all is well again
// Where there is no server program this says so; with WEIR_REQUIRE_ALL=1 it fails.
import { afterAll, beforeAll, expect, test } from "vitest";
import { postgresPrograms, startPostgres, type TestPostgres } from "./support/postgres.ts";
import { marketSuite } from "./support/suite.ts";

/** `MAX_RUNNING` of indexer/src/api/graphql.ts, which cannot be imported outside of Ponder. */
const MAX_RUNNING = 8;

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
  marketSuite(
    () => ({ DATABASE_URL: server.url }),
    (program) =>
      test("a server that stands still: GraphQL is given up with 504, then refused with 503, and answers again", async () => {
        const ask = async (query: string) => {
          const answer = await fetch(`${program().url}/graphql`, {
            method: "POST",
            headers: { "content-type": "application/json" },
            body: JSON.stringify({ query }),
          });
          return { status: answer.status, body: await answer.json() };
        };
        const listings = "{ listings(limit: 1) { items { title } } }";
        const titles = {
          status: 200,
          body: { data: { listings: { items: [{ title: "After the restart" }] } } },
        };
        const well = () =>
          expect.poll(() => ask(listings), { timeout: 30_000, interval: 200 }).toEqual(titles);
        await well();
        const goOn = server.pause();
        try {
          const given = await Promise.all(Array.from({ length: MAX_RUNNING }, () => ask(listings)));
          const message = "A query has 5000 ms.";
          const late = { status: 504, body: { errors: [{ message, extensions: { code: "TIMED_OUT" } }] } };
          expect(given).toEqual(given.map(() => late));
          // All of them still wait for the server, so it is not asked for more.
          const busy = { status: 503, body: { errors: [{ extensions: { code: "BUSY" } }] } };
          expect(await ask(listings)).toMatchObject(busy);
        } finally {
          goOn();
        }
        await well();
      }),
  );
}

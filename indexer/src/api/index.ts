/** The catalogue over REST and GraphQL. Read only and public: Ponder's server answers every origin. */
import { Hono } from "hono";
import { accountActivity } from "./activity.ts";
import { buyers } from "./buyers.ts";
import { isStale } from "./chain.ts";
import { earnings } from "./earnings.ts";
import { answerError, ChainRestarted, NotFound } from "./errors.ts";
import { facets } from "./facets.ts";
import { graph } from "./graphql.ts";
import { hubs } from "./hubs.ts";
import { listings } from "./listings.ts";
import { purchases } from "./purchases.ts";
import { ratings } from "./ratings.ts";
import { relays } from "./relays.ts";
import { accountRequests, hubRequests } from "./requests.ts";
import { status } from "./status.ts";

const app = new Hono();

app.get("/healthz", (c) => c.json({ status: "ok" }));
for (const path of ["/v1/*", "/graphql"])
  app.use(path, async (_, next) => {
    if (await isStale()) throw new ChainRestarted();
    await next();
  });
// "facets" would be an id to `listings`.
for (const part of [facets, listings, ratings, buyers]) app.route("/v1/listings", part);
for (const part of [hubs, hubRequests, earnings]) app.route("/v1/hubs", part);
for (const part of [purchases, accountRequests, accountActivity]) app.route("/v1/accounts", part);
app.route("/v1/relays", relays);
app.route("/v1/status", status);
app.route("/graphql", graph);
app.all("*", (c) => answerError(new NotFound(`There is nothing at ${c.req.path}.`), c));
app.onError(answerError);

export default app;

/** The catalogue's REST interface. Read only and public: Ponder's server answers every origin. */
import { Hono } from "hono";
import { isStale } from "./chain.ts";
import { answerError, ChainRestarted, NotFound } from "./errors.ts";
import { listings } from "./listings.ts";
import { purchases } from "./purchases.ts";
import { status } from "./status.ts";

const app = new Hono();

app.get("/healthz", (c) => c.json({ status: "ok" }));
app.use("/v1/*", async (_, next) => {
  if (await isStale()) throw new ChainRestarted();
  await next();
});
app.route("/v1/listings", listings);
app.route("/v1/accounts", purchases);
app.route("/v1/status", status);
app.all("*", (c) => answerError(new NotFound(`There is nothing at ${c.req.path}.`), c));
app.onError(answerError);

export default app;

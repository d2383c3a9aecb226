/**
 * What the market page shows first is asked for by its head, while the scripts are still on their way: one after the other, the
 * settings and the listings would otherwise cost two round trips after everything else. Whatever fails here is asked for again by
 * the page itself, which also says what is wrong. Listings that come before the scripts are shown at once (firstCards.ts).
 */
import { fillFirstCards } from "./firstCards.ts";
import { REQUEST_TIMEOUT_MS } from "./timeouts.ts";

type Name = "config" | "listings";

declare global {
  interface Window {
    weirEarly?: { asked: Partial<Record<Name, Promise<unknown>>>; arrived: Partial<Record<Name, unknown>> };
  }
}

/** The lines for the page's head. `listingsPath`: path and query of the listings that the market page shows without a search. */
export const earlyScript = (listingsPath: string): string =>
  `(function(){var e=window.weirEarly={asked:{},arrived:{}};` +
  `function ask(name,url){return fetch(url,{cache:"no-store",signal:AbortSignal.timeout(${REQUEST_TIMEOUT_MS})})` +
  `.then(function(r){return r.ok?r.json():undefined}).then(function(v){e.arrived[name]=v;if(name==="listings")(${fillFirstCards})(v);return v})` +
  `.catch(function(c){console.debug(c)})}` +
  `var config=e.asked.config=ask("config","/config.json");` +
  `if(location.pathname==="/"&&!location.search)e.asked.listings=config.then(function(c){` +
  `return c&&c.indexers&&c.indexers[0]?ask("listings",new URL(${JSON.stringify(listingsPath)},c.indexers[0])):undefined})` +
  `})()`;

/** The answer, if it is there already. Each answer is given once, by this or by `takeEarly`: whoever asks again wants a newer one. */
export function arrivedEarly(name: Name): unknown {
  if (typeof window === "undefined" || !window.weirEarly?.asked[name]) return undefined;
  const arrived = window.weirEarly.arrived[name];
  if (arrived !== undefined) delete window.weirEarly.asked[name];
  return arrived;
}

/** The answer, as soon as it is there; undefined where it failed, was not asked for or is given already. */
export async function takeEarly(name: Name): Promise<unknown> {
  const asked = window.weirEarly?.asked[name];
  delete window.weirEarly?.asked[name];
  return asked;
}

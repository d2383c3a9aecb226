/**
 * The market's first listings, shown before the page's scripts are there: title, seller, place and description as links that work. The
 * scripts put the whole cards in their place, with prices and pulse.
 */

/** As much of a listing as is shown, from a stranger's server: nothing about it is known. */
type Item = { id?: unknown; title?: unknown; description?: unknown; hub?: unknown; place?: unknown };

/** Runs in the head, as text: everything it needs is inside. Where React has taken over already there is nothing to fill. */
export function fillFirstCards(page: { items?: Item[] } | undefined): void {
  /** Two screens of a large window; more would make the first one wait. */
  const most = 12;
  const find = (name: string) => document.querySelector<HTMLElement>(`[data-first="${name}"]`);
  const nameOf = (value: unknown) => String((value as { name?: unknown } | null)?.name ?? "");
  const waiting = find("waiting");
  const pattern = find("pattern")?.firstElementChild;
  const cards = find("cards");
  const list = cards?.querySelector("ul");
  const items = page?.items ?? [];
  if (!waiting || !pattern || !cards || !list || items.length === 0) return;
  for (const item of items.slice(0, most)) {
    const card = pattern.cloneNode(true) as Element;
    const fill = (part: string, text: string) => {
      const place = card.querySelector(`[data-part="${part}"]`);
      if (place) place.textContent = text;
      return place;
    };
    const href = `/listing?id=${encodeURIComponent(String(item.id))}`;
    fill("link", String(item.title))?.setAttribute("href", href);
    fill("where", [nameOf(item.hub), nameOf(item.place)].filter(Boolean).join(" · "));
    fill("description", String(item.description ?? ""));
    list.append(card);
  }
  waiting.hidden = true;
  cards.hidden = false;
}

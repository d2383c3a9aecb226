"use client";

import { useSearchParams } from "next/navigation";
import { useCallback } from "react";

export const VIEWS = ["hub", "devices", "listings", "requests", "earnings"] as const;
export type View = (typeof VIEWS)[number];

const isView = (text: string | null): text is View => (VIEWS as readonly (string | null)[]).includes(text);
const idOf = (text: string | null): string | undefined =>
  text && /^\d{1,20}$/.test(text) ? text : undefined;

export interface Place {
  /** undefined = the first of mine; "new" = the form for a new one. */
  hub: string | undefined;
  view: View;
  /** The listing that the wizard edits: an id, or "new". */
  edit: string | undefined;
}

/** Where in the console somebody is lives in the address: the back button works, and a reload comes back here. */
export function useView() {
  const params = useSearchParams();
  const hub = params.get("hub");
  const view = params.get("view");
  const edit = params.get("edit");
  const place: Place = {
    hub: hub === "new" ? "new" : idOf(hub),
    view: isView(view) ? view : "hub",
    edit: edit === "new" ? "new" : idOf(edit),
  };
  const href = useCallback((next: Partial<Place>) => {
    const query = new URLSearchParams();
    if (next.hub) query.set("hub", next.hub);
    if (next.view && next.view !== "hub") query.set("view", next.view);
    if (next.edit) query.set("edit", next.edit);
    const text = query.toString();
    return text ? `/sell?${text}` : "/sell";
  }, []);
  const go = useCallback((next: Partial<Place>) => window.history.pushState(null, "", href(next)), [href]);
  return { place, href, go };
}

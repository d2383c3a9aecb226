import type { ReactNode } from "react";

/** The grid of cards. */
export const GRID = "grid gap-4 [grid-template-columns:repeat(auto-fill,minmax(min(100%,21rem),1fr))]";

/** The title is the link, and the whole card takes its click. */
export const CARD_LINK_CLASS =
  "line-clamp-2 after:absolute after:inset-0 after:content-[''] focus-visible:outline-none";

/** How a listing's card looks, whoever fills it. The names in `data-part` are for lib/firstCards.ts. */
export function CardFrame({
  pulse,
  link,
  where,
  description,
  tags,
  price,
}: {
  pulse: ReactNode;
  link: ReactNode;
  where?: string;
  description?: string;
  tags: ReactNode;
  price: ReactNode;
}) {
  return (
    <li className="sheet relative flex min-h-60 flex-col overflow-hidden transition-colors focus-within:border-water hover:border-water">
      {pulse}
      <div className="flex flex-1 flex-col px-5 pb-4">
        <h2 className="text-lg leading-snug">{link}</h2>
        <p data-part="where" className="mt-0.5 text-sm text-soft">
          {where}
        </p>
        <p data-part="description" className="mt-2.5 line-clamp-2 text-sm">
          {description}
        </p>
        <p className="mb-3 mt-3 flex flex-wrap gap-1.5">{tags}</p>
        <p className="figure mt-auto border-t border-line pt-3 font-semibold">{price}</p>
      </div>
    </li>
  );
}

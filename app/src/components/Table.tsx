import type { ReactNode } from "react";
import { Scroll } from "./Scroll.tsx";

/** A table that scrolls inside its frame instead of stretching a small screen; the frame can be reached by keyboard. */
export function Table({ label, head, children }: { label: string; head: ReactNode[]; children: ReactNode }) {
  return (
    <Scroll label={label}>
      <table className="w-full border-collapse text-left text-sm [&_td]:px-4 [&_td]:py-2.5 [&_th]:px-4 [&_th]:py-2.5">
        <thead>
          <tr className="border-b border-line-strong">
            {head.map((cell, index) => (
              <th
                // biome-ignore lint/suspicious/noArrayIndexKey: the columns of one table never change places
                key={index}
                scope="col"
                className="whitespace-nowrap text-xs font-semibold text-soft"
              >
                {cell}
              </th>
            ))}
          </tr>
        </thead>
        <tbody className="[&_tr:not(:last-child)]:border-b [&_tr]:border-line">{children}</tbody>
      </table>
    </Scroll>
  );
}

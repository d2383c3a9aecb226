import type { ReactNode } from "react";

/** A frame that scrolls by itself. It must be reachable by keyboard and have a name, and no HTML element gives both. */
export function Scroll({
  label,
  className = "",
  children,
}: {
  label: string;
  className?: string;
  children: ReactNode;
}) {
  return (
    // biome-ignore lint/a11y/useSemanticElements: see above
    <div
      role="region"
      aria-label={label}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: see above
      tabIndex={0}
      className={`sheet relative overflow-auto ${className}`}
    >
      {children}
    </div>
  );
}

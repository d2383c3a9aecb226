/** A weir plate with two notches (a W), and the water that stands behind it. */
export function Logo() {
  return (
    <svg viewBox="0 0 40 30" className="h-8 w-10 shrink-0" aria-hidden="true">
      <path d="M0 7h40v20H0z" fill="var(--water)" />
      <path d="M0 2h4.5L13 24l7-17 7 17 8.5-22H40v26H0z" fill="var(--ink)" />
    </svg>
  );
}

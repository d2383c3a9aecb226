/** The crest of a weir: a plate of notches, water standing in them. The line between the head of the market and its streams. */
export function Crest() {
  return (
    <svg aria-hidden="true" className="block h-7 w-full" role="presentation">
      <defs>
        <pattern id="crest" width="104" height="28" patternUnits="userSpaceOnUse">
          <path d="M0 0h32l20 22L72 0h32v28H0z" fill="var(--plate)" />
          <path d="M0 7h104" stroke="var(--water)" strokeWidth="1" opacity="0.55" />
        </pattern>
      </defs>
      <rect y="7" width="100%" height="21" fill="var(--water)" />
      <rect width="100%" height="28" fill="url(#crest)" />
    </svg>
  );
}

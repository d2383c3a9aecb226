/** How full: water standing at a staff gauge. A drawing; the figures beside it say the same. */
export function Level({ share, entryShare }: { share: number; entryShare?: number }) {
  return (
    <div
      aria-hidden="true"
      className="relative h-7 overflow-hidden rounded-sm border border-line-strong bg-sunk"
    >
      <div
        className="absolute inset-y-0 left-0 bg-water opacity-35 transition-[width] duration-500"
        style={{ width: `${share * 100}%` }}
      />
      <div className="staff absolute inset-x-0 top-0 h-full opacity-70" />
      <div
        className="absolute inset-y-0 w-0.5 bg-water transition-[left] duration-500"
        style={{ left: `calc(${share * 100}% - 1px)` }}
      />
      {entryShare === undefined ? null : (
        <div className="absolute inset-y-0 w-0.5 bg-mark" style={{ left: `${entryShare * 100}%` }} />
      )}
    </div>
  );
}

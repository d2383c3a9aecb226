/** Solidity's numbers in words. The order is the number. */
export const KINDS = ["message", "byte", "period", "flat", "free"] as const;
export type Kind = (typeof KINDS)[number];

/** The order is the bit. */
export const RIGHTS = ["read", "history", "write"] as const;
export type Right = (typeof RIGHTS)[number];

/** Roles of an account in a hub. The order is the bit. */
export const ROLES = ["owner", "manager", "treasurer", "publisher"] as const;

/** Bits of `ListingTerms.flags`. The order is the bit; what each licence and use bit says is the terms' text. */
export const FLAGS = [
  ...Array.from({ length: 16 }, (_, bit) => `licence${bit}`),
  "use0",
  "use1",
  "use2",
  "personalData",
  "restricted",
  "open",
  "sharedWithMarkets",
  "unlisted",
] as const;

/** Set bits of `bitmap` in words. */
export const wordsOf = <word extends string>(words: readonly word[], bitmap: number): word[] =>
  words.filter((_, bit) => (bitmap & (1 << bit)) !== 0);

export const hasFlag = (flags: number, word: "restricted" | "open" | "unlisted"): boolean =>
  (flags & (1 << FLAGS.indexOf(word))) !== 0;

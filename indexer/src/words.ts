/** Solidity's numbers in words. The order is the number. */
export const KINDS = ["message", "byte", "period", "flat", "free"] as const;
export type Kind = (typeof KINDS)[number];

/** The order is the bit. */
export const RIGHTS = ["read", "history", "write"] as const;
export type Right = (typeof RIGHTS)[number];

/** Bit of `ListingTerms.flags`: reachable by its id, in no list. */
export const UNLISTED = 1 << 23;

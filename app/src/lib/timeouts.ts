/** A page that waits longer than this for a service shows what is wrong instead of a spinner. */
export const REQUEST_TIMEOUT_MS = 8_000;

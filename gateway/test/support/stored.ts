// What the writer stores: enough for the log to be folded back once, at 50 pages a note.
export const ROUNDS = 24;
export const noteAt = (n: number) => ({ name: `note ${n}`, value: String(n % 10).repeat(200_000) });

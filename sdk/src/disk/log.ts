/** How SQLite's write-ahead log is laid out (https://www.sqlite.org/fileformat2.html#walformat): a header, then frames of a header and a page. */

/** magic 4 ‖ version 4 ‖ page size 4 ‖ checkpoint number 4 ‖ salts 8 ‖ sums 8 */
export const LOG_HEADER_BYTES = 32;
/** page number 4 ‖ pages of the file after a commit, else 0: 4 ‖ salts 8 ‖ sums 8 */
export const FRAME_HEADER_BYTES = 24;

export const logOf = (file: string): string => `${file}-wal`;

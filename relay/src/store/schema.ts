/**
 * The tables of one relay. 64-bit ids are stored as SQLite's signed integers (same bits), amounts as big-endian blobs of
 * fixed width, because uint96 fits no SQLite integer.
 */
export const SCHEMA = `
CREATE TABLE IF NOT EXISTS segments (
  position INTEGER PRIMARY KEY,
  listing_id INTEGER NOT NULL, generation INTEGER NOT NULL, seq INTEGER NOT NULL,
  epoch INTEGER NOT NULL, received_at_ms INTEGER NOT NULL,
  size INTEGER NOT NULL, checksum INTEGER NOT NULL,
  segment_id BLOB NOT NULL, bytes BLOB NOT NULL
) STRICT;
CREATE UNIQUE INDEX IF NOT EXISTS segments_by_seq ON segments (listing_id, generation, seq);
CREATE INDEX IF NOT EXISTS segments_by_epoch ON segments (listing_id, generation, epoch, seq);

CREATE TABLE IF NOT EXISTS heads (
  listing_id INTEGER NOT NULL, generation INTEGER NOT NULL,
  seq INTEGER NOT NULL, epoch_first_seq INTEGER NOT NULL, received_at_ms INTEGER NOT NULL,
  segment_id BLOB NOT NULL, signed_header BLOB NOT NULL, checksum INTEGER NOT NULL,
  PRIMARY KEY (listing_id, generation)
) STRICT, WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS evidence (
  listing_id INTEGER NOT NULL, generation INTEGER NOT NULL, seq INTEGER NOT NULL,
  received_at_ms INTEGER NOT NULL, segment_id BLOB NOT NULL, bytes BLOB NOT NULL, checksum INTEGER NOT NULL,
  PRIMARY KEY (listing_id, generation, seq)
) STRICT;

CREATE TABLE IF NOT EXISTS accounts (
  channel_id BLOB PRIMARY KEY, revision INTEGER NOT NULL,
  listing_id INTEGER NOT NULL, grant_id BLOB NOT NULL,
  total BLOB NOT NULL, signature BLOB, confirmed BLOB NOT NULL, accrued BLOB NOT NULL,
  session_no INTEGER NOT NULL, session_digest BLOB, generation INTEGER NOT NULL,
  from_seq INTEGER NOT NULL, next_seq INTEGER NOT NULL, base_accrued BLOB NOT NULL,
  receipt BLOB, checksum INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS accounts_by_listing ON accounts (listing_id);

CREATE TABLE IF NOT EXISTS opened (
  channel_id BLOB NOT NULL, generation INTEGER NOT NULL, epoch_from INTEGER NOT NULL, epoch_to INTEGER NOT NULL,
  checksum INTEGER NOT NULL,
  PRIMARY KEY (channel_id, generation, epoch_from)
) STRICT, WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS bought (
  channel_id BLOB NOT NULL, generation INTEGER NOT NULL, from_seq INTEGER NOT NULL, to_seq INTEGER NOT NULL,
  checksum INTEGER NOT NULL,
  PRIMARY KEY (channel_id, generation, from_seq)
) STRICT, WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS covers (
  grant_id BLOB NOT NULL, generation INTEGER NOT NULL, epoch_from INTEGER NOT NULL, epoch_to INTEGER NOT NULL,
  stored_at_ms INTEGER NOT NULL, reply BLOB NOT NULL, checksum INTEGER NOT NULL,
  PRIMARY KEY (grant_id, generation, epoch_from, epoch_to)
) STRICT, WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS covers_by_age ON covers (stored_at_ms);
`;

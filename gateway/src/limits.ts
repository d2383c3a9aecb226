/** Every limit of the gateway, each with its reason. The table in docs/limits.md repeats it. */
import { MAX_CONNECT_SECONDS } from "@weir/sdk/core";

// ---- MQTT and HTTP ingest: a device may be broken or stolen

/** Payload of one message over MQTT or HTTP before any listing lowers it: the default segment is 64 KiB. */
export const MAX_MESSAGE_BYTES = 1 << 20;
/** Bytes of one MQTT packet: the largest message and its topic. The parser would buffer up to 256 MB. */
export const MAX_PACKET_BYTES = MAX_MESSAGE_BYTES + 1024;
/** Bytes of a CONNECT packet: nobody is known yet. */
export const MAX_CONNECT_BYTES = 4096;
/** Time for a connection to send its CONNECT. */
export const CONNECT_TIMEOUT_MS = 5_000;
/** Open MQTT connections altogether: each costs a socket and about 30 KiB. */
export const MAX_CONNECTIONS = 2_000;
/** Connections that have not logged in yet: beyond it the longest without a whole CONNECT goes, of the address that has the most. */
export const MAX_PENDING_CONNECTIONS = 256;
/** Packets of one connection that the broker works on at a time, and packets before its CONNECT is answered. */
export const BROKER_CONCURRENCY = 100;
export const MAX_QUEUED_PACKETS = 42;
/** Bytes of a client's id inside the broker, where ours are longer than what a device gives. */
export const MAX_CLIENT_ID_BYTES = 1_024;
/** How often the broker looks at its own subscriptions. */
export const BROKER_HEARTBEAT_MS = 60_000;
/** A device that takes nothing of what is written to it for so long is gone: commands must not pile up. */
export const DEVICE_DRAIN_TIMEOUT_MS = 60_000;
/** A device may ask for any keep-alive, or for none: some speak once a day. Dead sockets are found by the system's probes after this. */
export const MAX_KEEPALIVE_SECONDS = 0;
export const SOCKET_PROBE_MS = 60_000;
/** Levels of any topic or filter in a packet: two above those of a device's own. */
export const MAX_FILTER_LEVELS = 18;
/** Open HTTP connections: devices that post, a console, a probe. Beyond it the one that is quiet longest goes, of the address that has the most. */
export const MAX_HTTP_CONNECTIONS = 1_000;
/** Head of a request, all of it (4 MiB over a slow line), how often slow ones are looked for, and how long a quiet connection is kept. */
export const HTTP_HEADERS_TIMEOUT_MS = 5_000;
export const HTTP_REQUEST_TIMEOUT_MS = 60_000;
export const HTTP_CHECK_INTERVAL_MS = 1_000;
export const HTTP_KEEP_ALIVE_MS = 5_000;
/** A connection on which nothing moves, an answer that nobody takes for instance. An answer may wait for the chain, retries and all. */
export const HTTP_STALL_MS = 120_000;
/** Bytes of a request's head: a token of 2 KiB fits well. */
export const MAX_HTTP_HEADER_BYTES = 8 << 10;
/** Connections of one device at a time: one that reconnects before the old socket is noticed dead, and some spare. */
export const MAX_CONNECTIONS_PER_DEVICE = 4;
/** Messages of one device that wait for the disk. A socket read holds at most 64 KiB, so honest devices stay far below. */
export const MAX_INFLIGHT_PER_DEVICE = 20_000;
/** QoS 2 messages of one connection that wait for their release. */
export const MAX_INFLIGHT_QOS2 = 100;
/** Messages a second of one device over time; a faster one is slowed down by not reading its socket (MQTT) or told to wait (HTTP). */
export const DEVICE_MESSAGES_PER_SECOND = 20_000;
/** What a device may send at once before the rate holds. */
export const DEVICE_BURST_MESSAGES = 40_000;
/** Bytes of a topic below the device's name: it travels in every message. */
export const MAX_TOPIC_BYTES = 256;
/** Levels of a topic below the device's name. */
export const MAX_TOPIC_LEVELS = 16;
/** Body of one HTTP ingest request; a larger set is several requests. */
export const MAX_INGEST_BODY_BYTES = 4 << 20;
/** Lines of one NDJSON request. */
export const MAX_INGEST_MESSAGES = 10_000;
/** How long the data file may be locked by somebody else, a backup for instance, before opening it fails. */
export const DATABASE_TIMEOUT_MS = 5_000;
/** Unsealed and unacknowledged bytes on disk. Beyond it devices are refused, or the disk would fill while relays are away. */
export const MAX_JOURNAL_BYTES = 1 << 30;
/** How long messages of a hub that no listing takes are kept: a listing created a moment later still gets them. */
export const UNLISTED_RETENTION_MS = 60_000;

// ---- files and programs as sources

/** Records of a source that go into the journal in one commit: a fsync for each would be slow, more would hold up the devices. */
export const SOURCE_BATCH = 500;
/** A source waits while so many bytes are in the journal: a file is as long as it likes, and devices must not be refused for it. */
export const MAX_SOURCE_AHEAD_BYTES = 64 << 20;
/** Pause before a source that waits (for its device, its listing, the journal, more of its file) looks again. */
export const SOURCE_WAIT_MS = 250;
/** Pause before a program that ended is started again. */
export const COMMAND_RESTART_MS = 2_000;
/** Columns of a table. */
export const MAX_CSV_COLUMNS = 1_024;

// ---- logins

/** scrypt cost. Passwords are 192 random bits, so this only slows down a thief of the file. */
export const SCRYPT = { N: 1 << 14, r: 8, p: 1, keyBytes: 32, saltBytes: 16 } as const;
/** Passwords being checked at a time, whoever asks: each takes 16 MiB and a thread for about 40 ms. */
export const MAX_PASSWORD_CHECKS = 32;
/** Wrong passwords in a row after which a device's logins from the same IPv4 address or IPv6 /64 are refused unchecked … */
export const MAX_FAILED_LOGINS = 10;
/** … for this long. */
export const LOGIN_LOCK_MS = 10_000;
/** Users and addresses whose failures are remembered: strangers have many addresses. */
export const MAX_TRACKED_LOGINS = 10_000;
/** Furthest deadline of a password message. */
export const MAX_PASSWORD_DEADLINE_SECONDS = 3_600;
/** Body of a password request. */
export const MAX_PASSWORD_BODY_BYTES = 4_096;
/** Password requests a minute altogether: each costs signature recovery and two chain reads. */
export const PASSWORD_REQUESTS_PER_MINUTE = 120;
/** How long a wallet has to sign a sign-in message. */
export const SIGN_IN_NONCE_MS = 300_000;
/** How long a sign-in lasts. */
export const SIGN_IN_SESSION_MS = 3_600_000;
/** Sign-ins a minute altogether: each costs signature recovery and chain reads. */
export const SIGN_INS_PER_MINUTE = 120;
/** Accounts signed in at a time, each of them with a part in a hub of this gateway. */
export const MAX_SIGNED_IN = 1_000;
/** Body of a sign-in. */
export const MAX_SIGN_IN_BODY_BYTES = 8_192;
/** Of a signature over a password or sign-in message: 65 bytes for plain accounts; contract accounts sign at length. */
export const MAX_SIGNATURE_CHARS = 2 * 1024;

// ---- sealing and publishing

/** Patterns that a listing's metadata may state: each is tried on every message. */
export const MAX_PATTERNS = 64;
/** Streams of one protocol to one relay: one for each listing. */
export const MAX_LISTINGS_PER_RELAY = 256;
/** Rows one look into the journal takes: bounds the memory of a listing that catches up. */
export const MAX_JOURNAL_READ = 4_096;
/** A segment is closed this long before its epoch ends, so that its time still lies inside. */
export const EPOCH_MARGIN_MS = 3;
/** Sealed bytes sent and not yet acknowledged, per listing and relay. */
export const MAX_UNACKED_BYTES = 4 << 20;
/** Sealed bytes kept for relays that are away; beyond it the oldest go, and a relay that would need them is given a new generation. */
export const MAX_OUTBOX_BYTES = 1 << 30;
/** Listed relays that must have a segment on disk before its messages leave the journal (fewer if fewer are listed). */
export const ACKS_BEFORE_TRIM = 2;
/** Headers' sizes and times are kept this long for the ledger; open channels carry older sums forward. */
export const SEALED_RETENTION_MS = 7 * 86_400_000;
/** Segments forgotten in one round, so that no round holds up the messages that wait for the same commit. */
export const CARRY_BATCH = 500;
/** First and longest pause between attempts to reach a relay. */
export const MIN_BACKOFF_MS = 100;
export const MAX_BACKOFF_MS = 5_000;
/** An authorisation of a connection ends after this long; the protocol's maximum is one hour. */
export const AUTH_SECONDS = 600;
/** A relay that says nothing to HELLO, AUTH or HEAD for this long is dialled again. */
export const HANDSHAKE_TIMEOUT_MS = 5_000;
/** How far ahead of the clock a generation may lie that a relay claims to have seen: a lying one must not use the numbers up. */
export const MAX_GENERATION_AHEAD_SECONDS = 30 * 86_400;
/** New generations that one relay may cause at once, and seconds until it may cause another: each ends every session of the listing. */
export const DEAD_END_BURST = 3;
export const DEAD_END_SECONDS = 60;
/** A head is signed and sent this often, also when nothing is published: quiet is then not the same as withheld. */
export const HEAD_INTERVAL_MS = 15_000;
/** How often a younger sample is looked for. */
export const SAMPLE_INTERVAL_MS = 5_000;
/** Messages that a sample wants to show, at most in MAX_SAMPLE_SEGMENTS segments. */
export const SAMPLE_MESSAGES = 20;
/** Ciphertext that one sample may hold. */
export const MAX_SAMPLE_BYTES = 128 * 1024;
/** Samples that wait until nobody pays for them any more: a depth of days is divided into so many. */
export const MAX_WAITING_SAMPLES = 64;
/** How often acknowledgements are written down and what they free is dropped. */
export const SETTLE_MS = 1_000;

// ---- keys and money

/** Epochs opened ahead of the clock. */
export const EPOCHS_AHEAD = 1;
/** A session further behind than this skips to the running epoch. */
export const MAX_EPOCHS_BEHIND = 10;
/** Session requests of one relay connection that wait for the chain. */
export const MAX_PENDING_SESSIONS = 64;
/** Channels that one relay may speak of after a restore: more than a relay serves, and no endless answer. */
export const MAX_RECALLED_CHANNELS = 1_000_000;
/** A restored gateway waits so long for its relays' vouchers before it closes a channel: a challenge lasts far longer. */
export const RECALL_PATIENCE_MS = 60_000;
/** Furthest expiry of a session. */
export const MAX_SESSION_SECONDS = MAX_CONNECT_SECONDS;
/** Covers one grant may ask for … */
export const COVERS_PER_GRANT = 10;
/** … in this time: one a notice period is enough, a lost store or a second relay needs some more. */
export const COVER_WINDOW_MS = 60_000;
/** Cover requests being answered at a time per relay connection. */
export const MAX_PENDING_COVERS = 64;
/** Grants whose cover rate is remembered. */
export const MAX_COVER_RATES = 100_000;
/** Keys out ahead of a gift, which has no plan that states a notice. */
export const GIFT_NOTICE_SECONDS = 3_600;

/** How long a signature that is not the grant's waits for blocks in which its keys may have been changed. */
export const CATCH_UP_MS = 2_000;
/** Least time between two new generations of a listing because somebody was shut out: each makes every reader ask for keys. */
export const CUT_INTERVAL_MS = 60_000;

// ---- commands and demand

/** Commands of one grant at once … */
export const COMMANDS_BURST = 20;
/** … and a minute: a person at a switch, or a control loop of a second. */
export const COMMANDS_PER_MINUTE = 60;
/** Grants whose rate of commands is remembered. */
export const MAX_COMMAND_RATES = 100_000;
/** Commands being looked at or waited for per relay connection: each costs two chain reads and a signature. */
export const MAX_PENDING_COMMANDS = 64;
/** Commands that one device has not answered yet. */
export const MAX_COMMANDS_PER_DEVICE = 8;
/** A device answers within this; then its buyer is told that it did not. */
export const ANSWER_TIMEOUT_MS = 10_000;
/** How often it is looked at which devices anybody pays for. */
export const DEMAND_CHECK_MS = 1_000;
/** Demand outlives the last session by this: a buyer who moves to another relay, or a gateway that was killed, stops no device. */
export const DEMAND_LINGER_SECONDS = 15;
/** Looks at a subscription that belongs to no purchase known yet: both lie in one transaction, so the next look knows it. */
export const DEMAND_TRIES = 5;

// ---- chain

/** How long an answer of the node is waited for, how often a question without one is asked again, and after which pause: it doubles. */
export const CHAIN_TIMEOUT_MS = 10_000;
export const CHAIN_RETRIES = 3;
export const CHAIN_RETRY_MS = 150;
/**
 * Vouchers of a channel kept between what is owed and the best one. An honest buyer is two or three ahead; one who signs every wei would fill
 * the disk, so of more than this those that lie close together go, and claims before the close become coarser.
 */
export const MAX_KEPT_VOUCHERS = 16;

/** How long a close by notice may take before it is reported as failed. */
export const CLOSE_TIMEOUT_MS = 5_000;
/**
 * What has vested, or is owed and covered by a voucher, is claimed when it is worth so much in the chain's coin (wei): about ten times what a claim
 * costs at 15 gwei. Tokens go by age unless the gateway's file says what they are worth claiming.
 */
export const CLAIM_VALUE = 10n ** 16n;
/** By so many claims' costs a token's value is weighed: nobody asks what the token is worth in the chain's coin. */
export const CLAIM_COSTS_IN_VALUE = 10n;
/** It is claimed after this long at the latest, where that is no loss … */
export const CLAIM_AGE_SECONDS = 3_600;
/** … and a token without a value, which cannot be weighed, after this long at the earliest: anybody can owe one unit an hour. */
export const UNVALUED_AGE_SECONDS = 86_400;
/** How often that is looked at; what the chain says has changed is looked at at once. */
export const CLAIM_CHECK_MS = 10_000;
/** Rows of one transaction: bounds its gas. */
export const MAX_CLAIM_ROWS = 50;
/** Gas of a claim with one channel, and of each further one, by the snapshot of bench/results/gas.json and some: nothing is claimed at a loss while it can wait. */
export const CLAIM_GAS = 75_000n;
export const CLAIM_ROW_GAS = 16_000n;
/** Gas of each tick of a claim by ticks. */
export const TICK_GAS = 265n;
/** A channel whose end was asked for on chain and that could not be closed is claimed this long before its payer may withdraw: half of the shortest challenge. */
export const MATURITY_MARGIN_SECONDS = 1_800;
/** Slots of channels or subscriptions that are read at a time, and closes asked for on chain that are under way. */
export const CLAIM_READS = 16;
/** Pause before a failed close is tried again, or a slot that could not be read. */
export const CLOSE_RETRY_MS = 2_000;
/** How often a transaction that was sent is looked for; a local chain mines at once. */
export const SEND_POLL_MS = 1_000;
export const LOCAL_SEND_POLL_MS = 50;
/** A transaction that is in no block after so long is sent again with the same nonce at a higher price. */
export const REPLACE_AFTER_SECONDS = 60;
/** Each time by so much: nodes refuse a replacement that pays less than 10 % (some 12.5 %) more. */
export const FEE_RISE_PERCENT = 25n;
/** So many times, to about nine times the first price. After that only the chain raises it: whenever it asks for more than the last one offers. */
export const MAX_FEE_RISES = 10;
/** How long a program that ends waits for a transaction to be mined. */
export const STOP_GRACE_MS = 2_000;

// ---- store

/** Pages of the write-ahead log (4 KiB each) after which it is folded back. */
export const LOG_CHECKPOINT_PAGES = 1_000;

/** Every limit of a relay, each with its reason. The same table for people: docs/limits.md, section "Relay". */
import { MAX_COMMAND_SECONDS, MAX_CONNECT_SECONDS } from "@weir/sdk/core";
import { MAX_SEGMENT_BYTES } from "@weir/sdk/wire";

const SECOND = 1000;
const MIB = 1024 * 1024;

// ------------------------------------------------------------------------------------------------------ connections

/** A connection on which nobody was admitted: an honest reader takes a few round trips, one whose purchase is being mined `OPEN_TIMEOUT_MS`. */
export const STRANGER_TIMEOUT_MS = 120 * SECOND;
/** How often it is looked at whose time is over. */
export const STRANGER_CHECK_MS = 5 * SECOND;
/** Such connections at once, about a tenth of all: beyond it the one that is here longest goes, of the address that has the most. */
export const MAX_STRANGERS = 512;
/** Connections of one IPv4 address or IPv6 /64, admitted ones among them: a school fits, no address fills the relay. Not of this
 * machine's own: a proxy may stand there. */
export const MAX_CONNECTIONS_PER_ADDRESS = 512;
/** From HELLO to the first frame: a program answers within a round trip; whoever is silent gives up his place. */
export const HANDSHAKE_TIMEOUT_MS = 10 * SECOND;
/** From HEAD to OPEN: a purchase may be on its way into a block meanwhile. */
export const OPEN_TIMEOUT_MS = 60 * SECOND;
/** Streams of one protocol on one connection: a reader of many listings needs one for each. */
export const MAX_STREAMS_PER_PEER = 64;
/** … of each protocol that gateways speak: all listings of a gateway share one connection, and have a stream of each. Of buyers'
 * streams among them `MAX_STREAMS_PER_PEER`. */
export const MAX_STREAMS_PER_GATEWAY = 256;
/** Answers `Limit` on one stream before it is closed: whoever asks on regardless does not listen. */
export const MAX_LIMIT_REPLIES = 16;
/** Readers at once in one process: about 100 KiB each. */
export const MAX_READERS = 4_000;
/** Readers of open listings among them: they pay nothing, and leave places for those who do. */
export const MAX_OPEN_READERS = 1_000;
/** … of one peer. */
export const MAX_OPEN_READERS_PER_PEER = 8;
/** Readers on grants of free plans: a grant costs a stranger nothing but gas, and places are left for those who pay. */
export const MAX_FREE_READERS = 1_500;
/** Readers on one grant that is not metered: a household's or a team's programs. A metered channel has one. */
export const MAX_READERS_PER_GRANT = 16;
/** A stream that has not drained for so long belongs to a dead or hostile peer; it can resume from the store. */
export const DRAIN_TIMEOUT_MS = 30 * SECOND;
/** A control frame's largest body, as the wire protocol says, and its type. */
export const MAX_CONTROL_FRAME_BYTES = 16 * 1024 + 1;
/** Frames of one stream that wait while its last one is answered: a purchase that is being mined, a gateway that sleeps. Readers have a
 * handful under way. */
export const MAX_READER_QUEUE_BYTES = 256 * 1024;
/** … of a gateway, from its proof on: twice what it publishes ahead of our acknowledgements (4 MiB, and what each frame counts). */
export const MAX_GATEWAY_QUEUE_BYTES = 16 * MIB;
/** The type, and the largest segment: header, signature, a body of 1 MiB (the contract's bound on maxBytes), its tag. */
export const MAX_SEGMENT_FRAME_BYTES = 1 + MAX_SEGMENT_BYTES;

/** Control frames of one stream: a buyer signs at most ten times a second and pays by ticks at most twenty; the rest is slack. */
export const CONTROL_FRAMES_PER_SECOND = 50;
export const CONTROL_FRAMES_BURST = 200;
/** Positions asked before OPEN: one, and a few more while a purchase is being mined. */
export const MAX_LOCATES = 16;
/** … by one peer, over all of its streams: each may be of another listing, and cost a question to the chain. */
export const LOCATES_PER_MINUTE = 240;
export const LOCATES_BURST = 80;
/** OPEN is the dearest frame: two signatures, up to four chain reads and the gateway's answer. */
export const OPENS_PER_MINUTE = 60;
export const OPENS_BURST = 20;
/** OPENs being checked at once, over all peers: bounds what strangers make the chain node do. */
export const MAX_PENDING_OPENS = 256;
/** Wrong vouchers on one stream before it is closed: an honest client corrects itself after the first BALANCE. */
export const MAX_BAD_VOUCHERS = 3;
/** Ticks paid at once, each a hash: beyond so many even the slowest signature check is cheaper. */
export const MAX_TICK_STEPS = 256;
/** Peers whose request rate is remembered; the oldest is forgotten first. */
export const MAX_RATED_PEERS = 10_000;

// ---------------------------------------------------------------------------------------------------------- publishing

/** A gateway's clock may run ahead by so much. Older segments are a backlog and are taken in order. */
export const MAX_CLOCK_AHEAD_MS = 5 * SECOND;
/** How long segments within the previous version's limits are taken after a revision: the gateway needs time to see it. */
export const REVISION_GRACE_MS = 60 * SECOND;
/** Segment bytes read but not yet on the disk, per publisher; beyond it the relay stops reading. */
export const MAX_UNSTORED_BYTES = 4 * MIB;
/** The same by number: after so many the relay waits for the disk, which also lets other streams have their turn. */
export const MAX_UNSTORED_SEGMENTS = 64;
/** Heads and samples of one publisher: four heads and at most twelve samples a minute, and some slack. Each costs a signature check. */
export const STATEMENTS_PER_MINUTE = 30;
export const STATEMENTS_BURST = 10;
/** Listings whose newest head and sample are remembered; the one that spoke longest ago goes first. */
export const MAX_STATEMENTS = 20_000;
/** Ciphertext of one sample. */
export const MAX_SAMPLE_BYTES = 256 * 1024;
/** Second segments kept as evidence per listing: one proves the fork, a few show its extent. */
export const MAX_EVIDENCE_PER_LISTING = 16;

// ------------------------------------------------------------------------------------------------------------ delivery

/** Byte credit that one reader can hold: what a browser takes in without stalling. */
export const MAX_CREDIT_BYTES = 64 * MIB;
/** One write to one reader: large enough to amortise encryption, small enough to keep a thousand readers even. */
export const MAX_RUN_BYTES = 256 * 1024;
/** Newest segments of one listing kept in memory, so that a thousand readers cost one read and one encoding. */
export const FEED_CACHE_BYTES = 4 * MIB;
/** The same over all listings; the least recently grown feed is dropped first. */
export const FEED_CACHE_TOTAL_BYTES = 128 * MIB;
/** A quiet stream says so: proves that both ends live and keeps idle sockets open (TCP sockets idle for 2 min are closed). */
export const HEAD_INTERVAL_MS = 15 * SECOND;
/** Seals waiting to be sent to one reader: ten epochs of a resumed session and some slack. */
export const MAX_WAITING_SEALS = 64;
/** Ranges of epochs that a gateway has released to one session and its reader has not passed: an honest one skips what is too old, and
 * opens few ahead. */
export const MAX_RELEASED_RANGES = 64;

// ----------------------------------------------------------------------------------------------------------- gateways

/** Vouchers go to the gateway together: a group's delay is far below the 1 s that a forwarded voucher may take. */
export const VOUCHER_COALESCE_MS = 20;
/** Vouchers in one frame: about 200 bytes each within 16 KiB. */
export const MAX_VOUCHERS_PER_FRAME = 64;
/** Chains with their best tick in one frame: about 290 bytes each within 16 KiB. */
export const MAX_TICKS_PER_FRAME = 32;
/** A gateway answers a SESSION after one durable write. */
export const SESSION_TIMEOUT_MS = 10 * SECOND;
/** Sessions of one listing that wait for its gateway: as many as a gateway takes at once. */
export const MAX_PENDING_SESSIONS = 64;
/** The gateway closes within 5 s by promise; a slow chain needs longer. After it the buyer turns to requestClose. */
export const NOTICE_TIMEOUT_MS = 30 * SECOND;
/** After a close, how long segments within the captured amount are still awaited and sent. */
export const CLOSING_GRACE_MS = 5 * SECOND;

// --------------------------------------------------------------------------------------------------------------- keys

/** Covers asked by one peer, and by the readers of one grant: a grant needs one per notice period, a lost laptop a few more. */
export const KEY_REQUESTS_PER_MINUTE = 30;
export const KEY_REQUESTS_BURST = 20;
/** Requests of all strangers together that reach a gateway: of buyers who lost the keys of what is over, which nobody can open any more. */
export const STRANGER_KEYS_PER_MINUTE = 60;
export const STRANGER_KEYS_BURST = 20;
/** One HPKE seal takes the gateway 2 ms; a sleeping one never answers. */
export const KEY_TIMEOUT_MS = 10 * SECOND;
/** Requests on their way to one gateway. */
export const MAX_PENDING_KEYS = 256;
/** Covers kept, 2 KiB each at most; beyond it those of the grants that hold most go, the oldest first. */
export const MAX_COVERS = 100_000;

// ------------------------------------------------------------------------------------------------------------ commands

/** Commands of one grant, and of one peer: a person at a switch, or a control loop of a second. Asking for the key counts, too. */
export const COMMANDS_PER_MINUTE = 60;
export const COMMANDS_BURST = 20;
/** Commands on their way to one gateway. */
export const MAX_PENDING_COMMANDS = 256;
/** A gateway waits ten seconds for its device; it never answers later than this. */
export const COMMAND_TIMEOUT_MS = 20 * SECOND;
/** A command's furthest expiry (docs/protocol/command.md). */
export const MAX_COMMAND_AHEAD_S = MAX_COMMAND_SECONDS;
/** Streams through which somebody commands: grants to write are free, and would otherwise take the places of readers who pay. */
export const MAX_COMMANDERS = 500;
/** A client opens a stream for each command, and waits for its result. */
export const MAX_COMMANDERS_PER_GRANT = 16;
/** Between an answer and the next command of the same stream: for a person who thinks. */
export const COMMAND_IDLE_MS = 60 * SECOND;

// --------------------------------------------------------------------------------------------------------------- chain

/** How long an OPEN waits for a purchase that was sent a moment ago. */
export const PURCHASE_WAIT_MS = 10 * SECOND;
/** Waits of this kind at once: each asks the node a few times a second. */
export const MAX_PURCHASE_WAITS = 64;
/** … of one peer: the purchase that was just sent, and one that he came back for. */
export const MAX_PURCHASE_WAITS_PER_PEER = 2;
/** Questions to the node at once, purchase waits among them: whatever strangers ask for, the node is not flooded. */
export const MAX_CHAIN_READS = 256;
/** Of these, kept for readers and gateways that are admitted: no stranger's question leaves theirs without an answer. */
export const RESERVED_CHAIN_READS = 64;
/** Of the admitted, judged again at a time after a block: a fork concerns all of them at once, and each asks one question after the other. */
export const MAX_RECHECKS = 32;
/** Pause after one that the chain did not answer for; then it is asked again, until it does. */
export const RECHECK_RETRY_MS = SECOND;
/** How long an answer of the node is waited for, how often a question without one is asked again, and after which pause. */
export const CHAIN_TIMEOUT_MS = 5 * SECOND;
export const CHAIN_RETRIES = 1;
export const CHAIN_RETRY_MS = 150;
/** Questions of one turn that go to the node in one request: providers refuse more. */
export const MAX_BATCHED_READS = 100;
/** Pause between two looks at the chain's head, and at a receipt, on a local chain. */
export const CHAIN_POLL_MS = 200;
/** Grants, channels, listings and keys remembered, each; the least recently used is read again when needed. */
export const MAX_CACHED_ROWS = 20_000;
/** Reads of things that do not exist are remembered for so long, or a stranger's guesses would reach the node each time. */
export const UNKNOWN_TTL_MS = 2 * SECOND;
/** Sessions and authorisations may lie so far ahead (docs/protocol/segment.md). */
export const MAX_EXPIRY_AHEAD_S = MAX_CONNECT_SECONDS;

// --------------------------------------------------------------------------------------------------------------- store

/** Segments are kept for a week, by our clock or the chain's, whichever is behind, or a gibibyte, whichever is less. Over the gibibyte the
 * listing that holds most drops its oldest. */
export const RETENTION_MS = 7 * 24 * 3600 * SECOND;
export const RETENTION_BYTES = 1024 * MIB;
/** Pages of the write-ahead log (4 KiB each) after which it is folded back, and how large its file may stay afterwards. */
export const LOG_CHECKPOINT_PAGES = 1000;
export const MAX_LOG_BYTES = 64 * MIB;
/** How long the file may be locked by somebody else, a backup for instance, before a write fails. */
export const DATABASE_TIMEOUT_MS = 2 * SECOND;
/** Segments dropped in one transaction, so that a trim never holds up a publisher. */
export const TRIM_BATCH = 512;
/** By so much a listing may go below the next largest: of two alike each would drop one segment a transaction. */
export const TRIM_SLACK_BYTES = MIB;
export const TRIM_INTERVAL_MS = 60 * SECOND;

// ---------------------------------------------------------------------------------------------------------------- http

/** Requests are tiny; a slow one holds a socket for no longer than this. */
export const HTTP_REQUEST_TIMEOUT_MS = 5 * SECOND;
/** How often slow requests are looked for; Node's default of 30 s would be six times their time. */
export const HTTP_CHECK_INTERVAL_MS = SECOND;
/** A quiet connection is kept this long for the next request. */
export const HTTP_KEEP_ALIVE_MS = 5 * SECOND;
/** A connection on which nothing moves, an answer that nobody takes for instance. More than the longest answer takes to be made. */
export const HTTP_STALL_MS = 10 * SECOND;
/** Readiness, the list of all heads and a listing's sample are made once for everybody who asks within so long: the first asks the chain's node, the others
 * read much. */
export const HTTP_SHARED_MS = SECOND;
/** Samples that are kept for so long: each has up to 1.4 MiB. */
export const MAX_SHARED_ANSWERS = 32;
/** Bytes of a request's head. */
export const MAX_HTTP_HEADER_BYTES = 8 * 1024;
/** Health checks and a few dashboards. Beyond it the one that is quiet longest goes, of the address that has the most. */
export const MAX_HTTP_CONNECTIONS = 256;

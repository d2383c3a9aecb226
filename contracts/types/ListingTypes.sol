// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

/// @notice How a plan is paid for.
library PlanKind {
    uint8 internal constant MESSAGE = 0; // `price` per `unit` messages, through Channels
    uint8 internal constant BYTE = 1; // `price` per `unit` sealed body bytes, through Channels
    uint8 internal constant PERIOD = 2; // `price` per `period` seconds, through Subscriptions
    uint8 internal constant FLAT = 3; // everything `upfront`, through Subscriptions
    uint8 internal constant FREE = 4; // nothing, Grants alone
}

/// @notice What a grant lets its buyer do. A bitmap; it comes from the plan, never from the buyer.
library Rights {
    uint8 internal constant READ = 1;
    uint8 internal constant HISTORY = 2;
    uint8 internal constant WRITE = 4;
}

/// @notice Bits of ListingTerms.flags. Text and bitmap must agree.
library ListingFlags {
    // bits 0-15 licence, 16-18 intended use
    uint32 internal constant PERSONAL_DATA = 1 << 19;
    uint32 internal constant RESTRICTED = 1 << 20; // sold by approval only
    uint32 internal constant OPEN = 1 << 21; // the stream's root is published: no grant needed
    uint32 internal constant SHARED_WITH_MARKETS = 1 << 22;
    uint32 internal constant UNLISTED = 1 << 23;
}

/// @notice One way to pay for a listing. Amounts in the smallest token unit, durations in seconds.
struct Plan {
    uint8 kind; // PlanKind
    uint8 rights; // Rights
    uint96 price; // per `unit` messages or bytes, or per `period`
    uint64 unit; // messages (default 1) or sealed body bytes (default 2^20)
    uint40 period;
    uint96 upfront;
    uint96 entry; // the prepayment that always leads on a metered plan
    uint40 maxWindow; // longest window a purchase may ask for; the type's maximum = for ever
    uint40 notice; // bounds what keys are out (period, flat, free)
    uint96 promoPrice; // 0 = no promotion
    uint40 promoUntil; // unix seconds
}

/// @notice When the gateway closes a segment. On chain, so that every reader can check.
struct SegmentLimits {
    uint32 flushMs;
    uint32 maxMessages;
    uint32 maxBytes;
}

/// @notice One version of a listing. Travels in calldata and the event; its hash is stored.
struct ListingTerms {
    uint64 hubId;
    address payee; // must equal the hub's payout
    address operator; // an account with PUBLISHER
    address token;
    Plan[] plans; // at most 8
    address[] relays; // operators' addresses, at most 4
    uint16 relayBps; // <= 3,000
    address[] markets; // at most 8; empty = any market, without a cut
    uint16 marketBps; // <= 1,000
    uint40 challenge; // 1 h .. 30 d
    uint40 epochLength; // seconds
    SegmentLimits segment;
    uint40 historyDepth; // seconds
    uint40 saleUntil; // unix seconds; 0 = open-ended
    bytes32 termsHash; // of the agreement's text
    uint32 flags; // ListingFlags
    bytes32 attestationSchema; // 0 = none demanded
    address attester;
    address arbiter;
    bytes32 metadataHash; // keccak256 of the JSON-LD text carried in the call and the event
}

/// @notice The state of a listing. Its terms live in the events, one hash per version in storage.
struct Listing {
    uint64 hubId;
    uint32 version; // the newest, and the only one for sale; counts from 1
    bool paused;
    uint40 closedAt; // unix seconds; 0 = open
    uint96 bond; // native coin, the locked part included; 0 once it has been returned
    uint96 lockedBond; // kept by open disputes; in a slot of its own, so that no sale reads it
}

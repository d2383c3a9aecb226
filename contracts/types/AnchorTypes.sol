// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

/// @notice A run of segments as its publisher anchors it.
struct AnchorRow {
    uint64 listingId;
    uint32 generation;
    uint64 firstSeq;
    uint32 count; // segments in the run
    bytes32 root; // over their ids: leaf number seq - firstSeq
    bytes32 previousRoot; // of the run before; 0 for the first of a generation
}

/// @notice What is kept of a run. Two slots; the root needs one of its own.
struct Anchor {
    bytes32 root;
    uint32 count; // 0 = there is no such anchor
    uint40 minedAt; // unix seconds
}

/// @notice Where the next run of a generation begins. One slot.
struct AnchorHead {
    uint64 nextSeq; // 0 = nothing anchored yet
    uint64 lastFirstSeq; // of the newest run: leads to its root
}

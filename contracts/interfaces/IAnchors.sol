// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IHubs} from "./IHubs.sol";
import {IListings} from "./IListings.sol";
import {Anchor, AnchorHead, AnchorRow} from "../types/AnchorTypes.sol";

/// @title IAnchors
/// @notice What was published, fixed on chain: Merkle roots over the ids of consecutive segments. After that, nobody can
/// rewrite, insert or leave out a segment without contradicting his own anchor.
///
/// Per listing and generation the runs follow each other without a gap from seq 0 on, and each names the root before it. So
/// at most one anchored segment id exists for any (listing, generation, seq), and a seq below {AnchorHead} `nextSeq`
/// certainly has one: proving that it is another one than shown proves that the shown one was never anchored.
///
/// The tree: leaf number `seq - firstSeq` is the segmentId as it is; node = sha256(0x01 ‖ left ‖ right); an odd node at the
/// end of a level is promoted. With the stored count every position has exactly one shape of proof.
///
/// Anchors are evidence and are never changed or taken back, whatever becomes of the publisher's role or the hub's owner. What is
/// anchored is the publisher's word: that the segments exist, or can be decrypted, nobody has checked.
///
/// Nobody owns this contract; it holds no money and cannot be paused or upgraded. Times are unix seconds.
/// {IListings-ListingUnknown} comes through unchanged.
interface IAnchors {
    // ------------------------------------------------------------------------------------------------------- errors

    /// @notice The account does not hold PUBLISHER in the listing's hub.
    error NotPublisher(uint64 listingId, address account);

    /// @notice A call has at least one row and at most 64.
    error BatchOutOfBounds(uint256 count, uint256 maximum);

    /// @notice A run has at least one segment and at most 65,536.
    error CountOutOfBounds(uint32 count, uint32 maximum);

    /// @notice A run has a root.
    error RootMissing();

    /// @notice The run does not begin where the one before ended.
    error SeqMismatch(uint64 listingId, uint32 generation, uint64 firstSeq, uint64 expected);

    /// @notice The root before is another one.
    error PreviousRootMismatch(uint64 listingId, uint32 generation, bytes32 previousRoot, bytes32 expected);

    // ------------------------------------------------------------------------------------------------------- events

    /// @notice A run of segments was anchored.
    event Anchored(
        uint64 indexed listingId,
        uint32 indexed generation,
        uint64 firstSeq,
        uint32 count,
        bytes32 root,
        bytes32 previousRoot,
        address publisher
    );

    // ------------------------------------------------------------------------------------------------------- functions

    /// @notice Anchors runs of segments, of any listings and generations. All rows or none.
    /// @dev Emits {Anchored} per row.
    ///
    /// Requirements:
    /// - 1 to 64 rows
    /// - the caller holds PUBLISHER in the hub of each row's listing now; no other role will do
    /// - `firstSeq` is {AnchorHead} `nextSeq` of the row's listing and generation, after the rows before it: 0 for the first
    ///   of a generation
    /// - `previousRoot` is the root of the run before, 0 for the first of a generation
    /// - 1 <= `count` <= 65,536; `root` is not zero
    function anchor(AnchorRow[] calldata rows) external;

    // ---------------------------------------------------------------------------------------------------------- views

    /// @notice The run that begins at `firstSeq`; all zero if none does.
    function anchors(uint64 listingId, uint32 generation, uint64 firstSeq) external view returns (Anchor memory);

    /// @notice Where the next run of a generation begins, and where the newest one began.
    function headOf(uint64 listingId, uint32 generation) external view returns (AnchorHead memory);

    /// @notice Whether `segmentId` is the one segment that the run beginning at `firstSeq` anchors for `seq`.
    /// @dev False for unknown runs, for a seq outside the run, and for siblings that are too few, too many or others. If it
    /// is true for one segment id, no siblings make it true for another one at the same seq.
    /// @param siblings From the lowest level up, without those levels at which the node is promoted; at most 16.
    function isMember(
        uint64 listingId,
        uint32 generation,
        uint64 firstSeq,
        uint64 seq,
        bytes32 segmentId,
        bytes32[] calldata siblings
    ) external view returns (bool);

    /// @notice The registry of hubs.
    function hubs() external view returns (IHubs);

    /// @notice The listings whose streams are anchored.
    function listings() external view returns (IListings);
}

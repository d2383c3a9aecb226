// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IAnchors} from "./interfaces/IAnchors.sol";
import {IHubs} from "./interfaces/IHubs.sol";
import {IListings} from "./interfaces/IListings.sol";
import {Merkle} from "./libraries/Merkle.sol";
import {Anchor, AnchorHead, AnchorRow} from "./types/AnchorTypes.sol";
import {Roles} from "./types/HubTypes.sol";

/// @title Anchors
contract Anchors is IAnchors {
    uint256 internal constant MAX_ROWS = 64; // about three million gas of new slots: fits any block
    uint32 internal constant MAX_COUNT = 65_536; // a proof has at most sixteen siblings

    /// @inheritdoc IAnchors
    IHubs public immutable hubs;

    /// @inheritdoc IAnchors
    IListings public immutable listings;

    mapping(uint64 listingId => mapping(uint32 generation => mapping(uint64 firstSeq => Anchor))) internal _anchors;
    mapping(uint64 listingId => mapping(uint32 generation => AnchorHead)) internal _heads;

    constructor(IListings listings_) {
        listings = listings_;
        hubs = listings_.hubs();
    }

    /// @inheritdoc IAnchors
    function anchor(AnchorRow[] calldata rows) external {
        if (rows.length == 0 || rows.length > MAX_ROWS) revert BatchOutOfBounds(rows.length, MAX_ROWS);

        uint64 checked; // listing ids count from 1; a gateway's rows are mostly of one listing, so it is asked for once
        for (uint256 i; i < rows.length; ++i) {
            AnchorRow calldata row = rows[i];
            if (row.listingId == 0 || row.listingId != checked) _requirePublisher(row.listingId);
            checked = row.listingId;
            _append(row);
        }
    }

    // ---------------------------------------------------------------------------------------------------------- views

    /// @inheritdoc IAnchors
    function anchors(uint64 listingId, uint32 generation, uint64 firstSeq) external view returns (Anchor memory) {
        return _anchors[listingId][generation][firstSeq];
    }

    /// @inheritdoc IAnchors
    function headOf(uint64 listingId, uint32 generation) external view returns (AnchorHead memory) {
        return _heads[listingId][generation];
    }

    /// @inheritdoc IAnchors
    function isMember(
        uint64 listingId,
        uint32 generation,
        uint64 firstSeq,
        uint64 seq,
        bytes32 segmentId,
        bytes32[] calldata siblings
    ) external view returns (bool) {
        Anchor memory run = _anchors[listingId][generation][firstSeq];
        return seq >= firstSeq && Merkle.isLeaf(run.root, run.count, seq - firstSeq, segmentId, siblings);
    }

    // ---------------------------------------------------------------------------------------------------------- inside

    function _append(AnchorRow calldata row) internal {
        AnchorHead storage head = _heads[row.listingId][row.generation];
        mapping(uint64 firstSeq => Anchor) storage runs = _anchors[row.listingId][row.generation];
        uint64 nextSeq = head.nextSeq;
        bytes32 previousRoot = runs[head.lastFirstSeq].root; // 0 as long as there is no run
        if (row.count == 0 || row.count > MAX_COUNT) revert CountOutOfBounds(row.count, MAX_COUNT);
        if (row.root == 0) revert RootMissing();
        if (row.firstSeq != nextSeq) revert SeqMismatch(row.listingId, row.generation, row.firstSeq, nextSeq);
        if (row.previousRoot != previousRoot) {
            revert PreviousRootMismatch(row.listingId, row.generation, row.previousRoot, previousRoot);
        }

        runs[nextSeq] = Anchor(row.root, row.count, uint40(block.timestamp));
        head.nextSeq = nextSeq + row.count;
        head.lastFirstSeq = nextSeq;
        emit Anchored(
            row.listingId, row.generation, nextSeq, row.count, row.root, row.previousRoot, msg.sender
        );
    }

    function _requirePublisher(uint64 listingId) internal view {
        if (!hubs.hasRole(listings.hubOf(listingId), msg.sender, Roles.PUBLISHER)) {
            revert NotPublisher(listingId, msg.sender);
        }
    }
}

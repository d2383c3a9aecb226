// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IAnchors} from "../../contracts/interfaces/IAnchors.sol";
import {Anchor, AnchorHead, AnchorRow} from "../../contracts/types/AnchorTypes.sol";
import {SellerFixture} from "./support/SellerFixture.sol";

// anchor
//   no row, 65 rows; unknown listing; no PUBLISHER in this row's hub -> reverts, and no row of the call stays
//   count 0 or 65,537; root 0; firstSeq with a gap, an overlap, or not 0 at first; another previous root -> reverts
//   otherwise -> root, count and time are kept, the head moves on, the event names all of it
//   runs of one generation say nothing about another generation or listing
// isMember: a tree of any size; the segment at its place, and nothing else: another id, another place, siblings too few, too
// many or others,
//   another run, a run that does not exist (P12: at most one segment id is anchored for a seq)
// every function × role
contract AnchorsTest is SellerFixture {
    IAnchors private anchors;
    uint64 private listingId;
    uint64 private other;

    function setUp() public override {
        super.setUp();
        anchors = IAnchors(deployCode("Anchors", abi.encode(listings)));
        listingId = list(offer());
        other = list(offer());
    }

    // ---------------------------------------------------------------------------------------------------------- anchor

    function testFuzz_runsFollowEachOther(uint32 generation, uint32[5] memory counts, bytes32 seed, bool inOneCall) public {
        AnchorRow[] memory rows = new AnchorRow[](5);
        uint64 seq;
        bytes32 previous;
        for (uint256 i; i < 5; ++i) {
            counts[i] = uint32(bound(counts[i], 1, 65_536));
            bytes32 root = keccak256(abi.encode(seed, i));
            rows[i] = AnchorRow(listingId, generation, seq, counts[i], root, previous);
            (seq, previous) = (seq + counts[i], root);
        }
        if (inOneCall) {
            expectAnchored(rows);
            vm.prank(operator);
            anchors.anchor(rows);
        }
        for (uint256 i; i < 5; ++i) {
            if (!inOneCall) {
                vm.warp(block.timestamp + 1);
                expectAnchored(one(rows[i]));
                vm.prank(operator);
                anchors.anchor(one(rows[i]));
            }
            Anchor memory run = anchors.anchors(listingId, generation, rows[i].firstSeq);
            assertEq(run.root, rows[i].root);
            assertEq(run.count, rows[i].count);
            assertEq(run.minedAt, block.timestamp);
        }
        AnchorHead memory head = anchors.headOf(listingId, generation);
        assertEq(head.nextSeq, seq);
        assertEq(head.lastFirstSeq, rows[4].firstSeq);
        assertEq(anchors.headOf(other, generation).nextSeq, 0);
        unchecked {
            assertEq(anchors.headOf(listingId, generation + 1).nextSeq, 0);
        }
        assertEq(anchors.anchors(listingId, generation, seq).count, 0);
    }

    function testFuzz_onlyTheNextRunFits(uint64 firstSeq, uint32 count, bytes32 root, bytes32 previous) public {
        vm.assume(root != 0);
        put(AnchorRow(listingId, 1, 0, 10, keccak256("a"), 0));
        AnchorRow memory next = AnchorRow(listingId, 1, firstSeq, count, root, previous);
        if (count == 0 || count > 65_536) {
            refused(next, abi.encodeWithSelector(IAnchors.CountOutOfBounds.selector, count, 65_536));
            next.count = 1;
        }
        if (firstSeq != 10) {
            refused(next, abi.encodeWithSelector(IAnchors.SeqMismatch.selector, listingId, 1, firstSeq, 10));
            next.firstSeq = 10;
        }
        bytes4 mismatch = IAnchors.PreviousRootMismatch.selector;
        if (previous != keccak256("a")) {
            refused(next, abi.encodeWithSelector(mismatch, listingId, 1, previous, keccak256("a")));
            next.previousRoot = keccak256("a");
        }
        put(next);
        // The past cannot be written again: neither what was just written nor what lies before it.
        uint64 expected = 10 + next.count;
        refused(next, abi.encodeWithSelector(IAnchors.SeqMismatch.selector, listingId, 1, 10, expected));
        AnchorRow memory first = AnchorRow(listingId, 1, 0, 10, keccak256("b"), 0);
        refused(first, abi.encodeWithSelector(IAnchors.SeqMismatch.selector, listingId, 1, 0, expected));
        assertEq(anchors.anchors(listingId, 1, 0).root, keccak256("a"));
    }

    function test_theFirstOfAGeneration() public {
        AnchorRow memory first = AnchorRow(listingId, 7, 1, 3, keccak256("a"), 0);
        refused(first, abi.encodeWithSelector(IAnchors.SeqMismatch.selector, listingId, 7, 1, 0));
        first.firstSeq = 0;
        first.previousRoot = keccak256("b");
        bytes4 mismatch = IAnchors.PreviousRootMismatch.selector;
        refused(first, abi.encodeWithSelector(mismatch, listingId, 7, keccak256("b"), bytes32(0)));
        first.previousRoot = 0;
        first.root = 0;
        refused(first, abi.encodeWithSelector(IAnchors.RootMissing.selector));
        first.root = keccak256("a");
        put(first);
        // Another generation begins anew, without the root of the one before.
        put(AnchorRow(listingId, 8, 0, 3, keccak256("c"), 0));
        put(AnchorRow(listingId, 7, 3, 65_536, keccak256("d"), keccak256("a")));
        refused(
            AnchorRow(listingId, 7, 65_539, 65_537, keccak256("e"), keccak256("d")),
            abi.encodeWithSelector(IAnchors.CountOutOfBounds.selector, 65_537, 65_536)
        );
    }

    function test_batches() public {
        AnchorRow[] memory rows = new AnchorRow[](65);
        for (uint32 i; i < 65; ++i) rows[i] = AnchorRow(i % 2 == 0 ? listingId : other, i, 0, 1, keccak256("a"), 0);
        vm.startPrank(operator);
        vm.expectRevert(abi.encodeWithSelector(IAnchors.BatchOutOfBounds.selector, 65, 64));
        anchors.anchor(rows);
        vm.expectRevert(abi.encodeWithSelector(IAnchors.BatchOutOfBounds.selector, 0, 64));
        anchors.anchor(new AnchorRow[](0));
        assembly ("memory-safe") {
            mstore(rows, 64)
        }
        uint256 gas = gasleft();
        anchors.anchor(rows);
        assertLt(gas - gasleft(), 6_000_000);
        for (uint32 i; i < 64; ++i) assertEq(anchors.headOf(i % 2 == 0 ? listingId : other, i).nextSeq, 1);

        // One bad row takes the good ones with it.
        rows[0] = AnchorRow(listingId, 100, 0, 1, keccak256("a"), 0);
        rows[63] = AnchorRow(9, 100, 0, 1, keccak256("a"), 0);
        assembly ("memory-safe") {
            mstore(add(rows, 0x40), mload(add(rows, 0x800))) // rows[1] = rows[63]
            mstore(rows, 2)
        }
        vm.expectRevert(abi.encodeWithSignature("ListingUnknown(uint64)", 9));
        anchors.anchor(rows);
        assertEq(anchors.headOf(listingId, 100).nextSeq, 0);
    }

    function test_table() public {
        bytes memory call_ = abi.encodeCall(anchors.anchor, (one(AnchorRow(listingId, 1, 0, 1, keccak256("a"), 0))));
        row("anchor", address(anchors), 0, call_, PUBLISHER_, IAnchors.NotPublisher.selector);
        transferHubTo(stranger);
        row("anchor under another owner", address(anchors), 0, call_, 0, IAnchors.NotPublisher.selector);
    }

    /// @dev The publisher of one hub cannot anchor for another one, not even behind a row of his own.
    function test_aForeignPublisherIsRefused() public {
        vm.startPrank(stranger);
        uint64 strangers = hubs.createHub(METADATA, stranger, keccak256("key"));
        hubs.setRoles(strangers, stranger, 8);
        vm.deal(stranger, 1 ether);
        (uint64 before, address payee) = (hubId, payout);
        (hubId, payout, operator) = (strangers, stranger, stranger);
        uint64 own = listings.createListing{value: MINIMUM_BOND}(strangers, offer(), METADATA);
        (hubId, payout) = (before, payee);
        AnchorRow[] memory rows = new AnchorRow[](2);
        rows[0] = AnchorRow(own, 1, 0, 1, keccak256("a"), 0);
        rows[1] = AnchorRow(listingId, 1, 0, 1, keccak256("a"), 0);
        vm.expectRevert(abi.encodeWithSelector(IAnchors.NotPublisher.selector, listingId, stranger));
        anchors.anchor(rows);
        anchors.anchor(one(rows[0]));
        vm.stopPrank();
        vm.expectRevert(abi.encodeWithSignature("ListingUnknown(uint64)", 0));
        anchors.anchor(one(AnchorRow(0, 1, 0, 1, keccak256("a"), 0)));
    }

    // -------------------------------------------------------------------------------------------------------- isMember

    function testFuzz_isMember(bytes32 seed, uint16 count, uint16 at, uint16 elsewhere, bytes32 forged) public {
        count = uint16(bound(count, 1, 70));
        at = uint16(bound(at, 0, count - 1));
        elsewhere = uint16(bound(elsewhere, 0, 80));
        bytes32[] memory leaves = new bytes32[](count);
        for (uint256 i; i < count; ++i) leaves[i] = keccak256(abi.encode(seed, i));
        put(AnchorRow(listingId, 1, 0, 9, keccak256("before"), 0));
        put(AnchorRow(listingId, 1, 9, count, rootOf(leaves), keccak256("before")));
        bytes32[] memory siblings = siblingsOf(leaves, at);

        assertTrue(holds(9, 9 + at, leaves[at], siblings));
        if (forged != leaves[at]) assertFalse(holds(9, 9 + at, forged, siblings));
        if (elsewhere != at) {
            assertFalse(holds(9, 9 + elsewhere, leaves[at], siblings));
            if (elsewhere < count) {
                assertFalse(holds(9, 9 + at, leaves[elsewhere], siblings));
                assertFalse(holds(9, 9 + at, leaves[elsewhere], siblingsOf(leaves, elsewhere)));
            }
        }
        assertFalse(holds(0, 9 + at, leaves[at], siblings)); // another run
        assertFalse(holds(9 + count, 9 + at, leaves[at], siblings)); // none
        assertFalse(holds(10, 9 + at, leaves[at], siblings)); // a run's middle
        assertFalse(holds(9, 8, leaves[at], siblings)); // before the run
        assertFalse(holds(9, 9 + count, leaves[at], siblings)); // behind it
        assertFalse(holds(9, type(uint64).max, leaves[at], siblings));
        assertFalse(anchors.isMember(listingId, 2, 9, 9 + at, leaves[at], siblings));
        assertFalse(anchors.isMember(other, 1, 9, 9 + at, leaves[at], siblings));

        // Too few, too many, bent.
        assertFalse(holds(9, 9 + at, leaves[at], resized(siblings, siblings.length + 1)));
        if (siblings.length == 0) return;
        assertFalse(holds(9, 9 + at, leaves[at], resized(siblings, siblings.length - 1)));
        siblings[uint256(seed) % siblings.length] ^= bytes32(uint256(1));
        assertFalse(holds(9, 9 + at, leaves[at], siblings));
    }

    /// @dev An inner node shown as a leaf, with the rest of its path: the count forbids it.
    function test_anInnerNodeIsNoLeaf() public {
        bytes32[] memory leaves = new bytes32[](4);
        for (uint256 i; i < 4; ++i) leaves[i] = keccak256(abi.encode(i));
        put(AnchorRow(listingId, 1, 0, 4, rootOf(leaves), 0));
        bytes32[] memory siblings = new bytes32[](1);
        siblings[0] = node(leaves[2], leaves[3]);
        for (uint64 seq; seq < 4; ++seq) assertFalse(holds(0, seq, node(leaves[0], leaves[1]), siblings));
        assertFalse(holds(0, 0, anchors.anchors(listingId, 1, 0).root, new bytes32[](0)));
    }

    // --------------------------------------------------------------------------------------------------------- helpers

    function holds(uint256 firstSeq, uint256 seq, bytes32 segmentId, bytes32[] memory siblings)
        private
        view
        returns (bool)
    {
        return anchors.isMember(listingId, 1, uint64(firstSeq), uint64(seq), segmentId, siblings);
    }

    /// @dev Level by level from the leaves, unlike the contract, which climbs one path.
    function rootOf(bytes32[] memory level) private pure returns (bytes32) {
        while (level.length > 1) level = parentsOf(level);
        return level[0];
    }

    function siblingsOf(bytes32[] memory level, uint256 index) private pure returns (bytes32[] memory siblings) {
        while (level.length > 1) {
            uint256 beside = index ^ 1;
            if (beside < level.length) {
                siblings = resized(siblings, siblings.length + 1);
                siblings[siblings.length - 1] = level[beside];
            }
            (level, index) = (parentsOf(level), index / 2);
        }
    }

    function parentsOf(bytes32[] memory level) private pure returns (bytes32[] memory parents) {
        parents = new bytes32[]((level.length + 1) / 2);
        for (uint256 i; i < parents.length; ++i) {
            parents[i] = 2 * i + 1 < level.length ? node(level[2 * i], level[2 * i + 1]) : level[2 * i];
        }
    }

    function node(bytes32 left, bytes32 right) private pure returns (bytes32) {
        return sha256(bytes.concat(hex"01", left, right));
    }

    function resized(bytes32[] memory list_, uint256 length) private pure returns (bytes32[] memory copy) {
        copy = new bytes32[](length);
        for (uint256 i; i < length && i < list_.length; ++i) copy[i] = list_[i];
    }

    function one(AnchorRow memory only) private pure returns (AnchorRow[] memory rows) {
        rows = new AnchorRow[](1);
        rows[0] = only;
    }

    function put(AnchorRow memory row_) private {
        vm.prank(operator);
        anchors.anchor(one(row_));
    }

    function refused(AnchorRow memory row_, bytes memory reason) private {
        vm.prank(operator);
        vm.expectRevert(reason);
        anchors.anchor(one(row_));
    }

    function expectAnchored(AnchorRow[] memory rows) private {
        for (uint256 i; i < rows.length; ++i) {
            AnchorRow memory r = rows[i];
            vm.expectEmit(address(anchors));
            emit IAnchors.Anchored(r.listingId, r.generation, r.firstSeq, r.count, r.root, r.previousRoot, operator);
        }
    }
}

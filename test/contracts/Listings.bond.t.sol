// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IListings} from "../../contracts/interfaces/IListings.sol";
import {TestWallet} from "../../contracts/mocks/HostileAccounts.sol";
import {Listing} from "../../contracts/types/ListingTypes.sol";
import {SellerFixture} from "./support/SellerFixture.sol";

// topUpBond: unknown, closed, nothing sent along, above 2^96 -> reverts; otherwise anybody -> the bond rises
// lockBond, releaseBond, drawBond
//   not by Disputes, or no Disputes in this deployment -> reverts
//   unknown listing; more than is free or locked -> reverts
//   otherwise -> what is locked moves by exactly the amount; drawn parts leave, what is not taken waits for its holder
//   a recipient who refuses, burns gas, answers at length or calls back -> the call ends well; he pulls later, once
// pull: somebody else elsewhere; nothing owed; the recipient refuses -> reverts
// withdrawBond
//   open; a second too early; anything locked; twice; all drawn; the payout refuses -> reverts
//   otherwise anyone -> what the draws have left goes to the payout address of now
// all of them: the same cost however many listings there are
// checkSale: a bond below the minimum, because some of it was drawn -> reverts until it is topped up
contract ListingsBondTest is SellerFixture {
    uint64 private listingId;
    uint64 private other;

    function setUp() public override {
        super.setUp();
        listingId = list(offer());
        other = list(offer());
    }

    function testFuzz_topUpBond(uint96 amount, address by) public {
        vm.assume(by != address(0));
        vm.deal(by, uint256(type(uint96).max) * 2);
        vm.startPrank(by);
        amount = uint96(bound(amount, 1, type(uint96).max - MINIMUM_BOND));
        vm.expectEmit(address(listings));
        emit IListings.BondToppedUp(listingId, by, amount, uint96(MINIMUM_BOND) + amount);
        listings.topUpBond{value: amount}(listingId);
        assertEq(bond(), MINIMUM_BOND + amount);
        assertEq(listings.listing(other).bond, MINIMUM_BOND);

        uint256 tooMuch = type(uint96).max - bond() + 1;
        vm.expectRevert(
            abi.encodeWithSignature("SafeCastOverflowedUintDowncast(uint8,uint256)", 96, uint256(1 << 96))
        );
        listings.topUpBond{value: tooMuch}(listingId);
        vm.expectRevert(IListings.AmountMissing.selector);
        listings.topUpBond(listingId);
        vm.expectRevert(abi.encodeWithSelector(IListings.ListingUnknown.selector, 9));
        listings.topUpBond{value: 1}(9);
        vm.stopPrank();
        close();
        vm.prank(by);
        vm.expectRevert(abi.encodeWithSelector(IListings.ListingIsClosed.selector, listingId));
        listings.topUpBond{value: 1}(listingId);
    }

    function testFuzz_lockReleaseDraw(uint256 lock, uint256 release, uint256 draw) public {
        lock = bound(lock, 0, MINIMUM_BOND);
        release = bound(release, 0, lock);
        draw = bound(draw, 0, lock - release);
        vm.startPrank(disputes);
        vm.expectEmit(address(listings));
        emit IListings.BondLocked(listingId, lock, uint96(lock));
        listings.lockBond(listingId, lock);
        vm.expectRevert(
            abi.encodeWithSelector(
                IListings.BondNotFree.selector, listingId, MINIMUM_BOND - lock + 1, MINIMUM_BOND - lock
            )
        );
        listings.lockBond(listingId, MINIMUM_BOND - lock + 1);

        vm.expectEmit(address(listings));
        emit IListings.BondReleased(listingId, release, uint96(lock - release));
        listings.releaseBond(listingId, release);
        bytes memory notLocked = abi.encodeWithSelector(
            IListings.BondNotLocked.selector, listingId, lock - release + 1, lock - release
        );
        vm.expectRevert(notLocked);
        listings.releaseBond(listingId, lock - release + 1);
        vm.expectRevert(notLocked);
        listings.drawBond(listingId, stranger, lock - release + 1);

        vm.expectEmit(address(listings));
        emit IListings.BondDrawn(listingId, stranger, draw, uint96(MINIMUM_BOND - draw));
        listings.drawBond(listingId, stranger, draw);
        assertEq(stranger.balance, draw);
        assertEq(bond(), MINIMUM_BOND - draw);
        assertEq(locked(), lock - release - draw);
        assertEq(address(listings).balance, 2 * MINIMUM_BOND - draw);
        assertEq(listings.listing(other).lockedBond, 0);
        assertEq(listings.listing(other).bond, MINIMUM_BOND);
    }

    function test_unknownListing() public {
        bytes memory unknown = abi.encodeWithSelector(IListings.ListingUnknown.selector, 9);
        vm.startPrank(disputes);
        vm.expectRevert(unknown);
        listings.lockBond(9, 0);
        vm.expectRevert(unknown);
        listings.releaseBond(9, 0);
        vm.expectRevert(unknown);
        listings.drawBond(9, stranger, 0);
        vm.expectRevert(unknown);
        listings.withdrawBond(9);
        vm.expectRevert(unknown);
        listings.hubOf(9);
        assertEq(listings.hubOf(listingId), hubId);
    }

    function testFuzz_onlyDisputes(address by) public {
        vm.assume(by != disputes);
        IListings without =
            IListings(deployCode("Listings", abi.encode(hubs, address(0), MINIMUM_BOND, DISPUTE_WINDOW)));
        IListings[2] memory both = [listings, without];
        vm.startPrank(by);
        for (uint256 i; i < 2; ++i) {
            address only = both[i].disputes();
            if (by == only) continue; // the zero address: no account has its key
            bytes memory refusal = abi.encodeWithSelector(IListings.NotDisputes.selector, by, only);
            vm.expectRevert(refusal);
            both[i].lockBond(listingId, 1);
            vm.expectRevert(refusal);
            both[i].releaseBond(listingId, 1);
            vm.expectRevert(refusal);
            both[i].drawBond(listingId, by, 1);
        }
    }

    function testFuzz_aDrawCannotBeBlocked(uint8 mode, uint96 amount) public {
        amount = uint96(bound(amount, 1, MINIMUM_BOND));
        TestWallet wallet = new TestWallet(owner);
        TestWallet.Mode[3] memory modes =
            [TestWallet.Mode.REFUSE, TestWallet.Mode.BURN_GAS, TestWallet.Mode.LONG_ANSWER];
        wallet.set(modes[mode % 3]);
        vm.startPrank(disputes);
        listings.lockBond(listingId, amount);
        vm.expectEmit(address(listings));
        emit IListings.OwedCredited(address(wallet), amount);
        listings.drawBond(listingId, address(wallet), amount);
        vm.stopPrank();
        assertEq(bond(), MINIMUM_BOND - amount);
        assertEq(listings.owed(address(wallet)), amount);
        assertEq(address(listings).balance, 2 * MINIMUM_BOND);

        if (mode % 3 == 0) {
            vm.expectRevert(
                abi.encodeWithSignature("NativeTransferFailed(address,uint256)", address(wallet), amount)
            );
            listings.pull(address(wallet), address(wallet));
        }
        vm.prank(stranger);
        vm.expectRevert(abi.encodeWithSelector(IListings.RecipientNotHolder.selector, stranger, wallet));
        listings.pull(address(wallet), stranger);

        wallet.set(TestWallet.Mode.HONEST);
        wallet.arm(address(listings), abi.encodeCall(listings.pull, (address(wallet), address(wallet))));
        vm.expectEmit(address(listings));
        emit IListings.OwedPulled(address(wallet), address(wallet), amount);
        vm.prank(stranger);
        assertEq(listings.pull(address(wallet), address(wallet)), amount);
        assertEq(address(wallet).balance, amount);
        assertEq(wallet.attempts(), 1);
        assertEq(wallet.successes(), 0);
        vm.expectRevert(abi.encodeWithSelector(IListings.NothingOwed.selector, wallet));
        listings.pull(address(wallet), address(wallet));
    }

    function test_pull_theHolderChoosesWhere() public {
        TestWallet wallet = new TestWallet(owner);
        wallet.set(TestWallet.Mode.REFUSE);
        vm.startPrank(disputes);
        listings.lockBond(listingId, 5);
        listings.drawBond(listingId, address(wallet), 5);
        vm.stopPrank();
        wallet.execute(address(listings), 0, abi.encodeCall(listings.pull, (address(wallet), relay)));
        assertEq(relay.balance, 5);
    }

    function test_aDrawNeedsGasForItsPush() public {
        vm.startPrank(disputes);
        listings.lockBond(listingId, 5);
        (bool done, bytes memory answer) =
            address(listings).call{gas: 120_000}(abi.encodeCall(listings.drawBond, (listingId, stranger, 5)));
        assertFalse(done);
        assertEq(bytes32(bytes4(answer)), bytes32(bytes4(keccak256("GasTooLow(uint256,uint256)"))));
        assertEq(locked(), 5);
    }

    function testFuzz_withdrawBond(uint40 waited, uint96 draw) public {
        waited = uint40(bound(waited, 0, 2 * DISPUTE_WINDOW));
        draw = uint96(bound(draw, 0, MINIMUM_BOND - 1));
        vm.startPrank(disputes);
        listings.lockBond(listingId, draw);
        listings.drawBond(listingId, market, draw);
        vm.stopPrank();
        vm.expectRevert(abi.encodeWithSelector(IListings.BondNotReturnable.selector, listingId, 0));
        listings.withdrawBond(listingId);
        close();
        uint40 from = uint40(block.timestamp) + DISPUTE_WINDOW;
        vm.prank(owner);
        hubs.setPayout(hubId, relay);
        vm.warp(block.timestamp + waited);

        vm.prank(stranger);
        if (waited < DISPUTE_WINDOW) {
            vm.expectRevert(abi.encodeWithSelector(IListings.BondNotReturnable.selector, listingId, from));
            listings.withdrawBond(listingId);
            return;
        }
        uint256 left = MINIMUM_BOND - draw;
        vm.expectEmit(address(listings));
        emit IListings.BondReturned(listingId, relay, left);
        assertEq(listings.withdrawBond(listingId), left);
        assertEq(relay.balance, left);
        assertEq(address(listings).balance, MINIMUM_BOND);
        vm.expectRevert(abi.encodeWithSelector(IListings.BondIsReturned.selector, listingId));
        listings.withdrawBond(listingId);
        vm.prank(disputes);
        vm.expectRevert(abi.encodeWithSelector(IListings.BondNotFree.selector, listingId, 1, 0));
        listings.lockBond(listingId, 1);
    }

    function test_withdrawBond_exactlyAtTheEndOfTheWindow() public {
        close();
        vm.warp(block.timestamp + DISPUTE_WINDOW - 1);
        vm.expectRevert(abi.encodeWithSelector(IListings.BondNotReturnable.selector, listingId, block.timestamp + 1));
        listings.withdrawBond(listingId);
        vm.warp(block.timestamp + 1);
        assertEq(listings.withdrawBond(listingId), MINIMUM_BOND);
    }

    function testFuzz_whatIsLockedStays(uint96 lock, uint40 waited) public {
        lock = uint96(bound(lock, 1, MINIMUM_BOND));
        close();
        vm.warp(block.timestamp + bound(waited, DISPUTE_WINDOW, FOR_EVER / 2));
        vm.prank(disputes);
        listings.lockBond(listingId, lock); // a dispute may be opened as long as the bond is there
        vm.expectRevert(abi.encodeWithSelector(IListings.BondIsLocked.selector, listingId, lock));
        listings.withdrawBond(listingId);
        vm.prank(disputes);
        listings.releaseBond(listingId, lock);
        assertEq(listings.withdrawBond(listingId), MINIMUM_BOND);
    }

    function test_withdrawBond_nothingIsLeftOfAllThatWasDrawn() public {
        vm.startPrank(disputes);
        listings.lockBond(listingId, MINIMUM_BOND);
        listings.drawBond(listingId, address(0), MINIMUM_BOND); // burnt
        vm.stopPrank();
        assertEq(address(0).balance, MINIMUM_BOND);
        close();
        vm.warp(block.timestamp + DISPUTE_WINDOW);
        vm.expectRevert(abi.encodeWithSelector(IListings.BondIsReturned.selector, listingId));
        listings.withdrawBond(listingId);
    }

    function test_withdrawBond_reentrancyAndRefusal() public {
        TestWallet wallet = new TestWallet(owner);
        close();
        vm.prank(owner);
        hubs.setPayout(hubId, address(wallet));
        vm.warp(block.timestamp + DISPUTE_WINDOW);
        wallet.set(TestWallet.Mode.REFUSE);
        vm.expectRevert(abi.encodeWithSelector(IListings.BondRefused.selector, wallet, MINIMUM_BOND));
        listings.withdrawBond(listingId);

        wallet.set(TestWallet.Mode.HONEST);
        wallet.arm(address(listings), abi.encodeCall(listings.withdrawBond, (listingId)));
        listings.withdrawBond(listingId);
        assertEq(wallet.attempts(), 1);
        assertEq(wallet.successes(), 0);
        assertEq(address(wallet).balance, MINIMUM_BOND);
    }

    function testFuzz_noSaleOnADrawnBond(uint96 draw) public {
        draw = uint96(bound(draw, 1, MINIMUM_BOND));
        bytes32 terms = listings.termsHashOf(listingId, 1);
        vm.startPrank(disputes);
        listings.lockBond(listingId, draw);
        listings.checkSale(listingId, 1, terms); // an open dispute proves nothing yet
        listings.drawBond(listingId, market, draw);
        vm.expectRevert(abi.encodeWithSelector(IListings.BondTooLow.selector, MINIMUM_BOND - draw, MINIMUM_BOND));
        listings.checkSale(listingId, 1, terms);
        vm.deal(disputes, draw);
        listings.topUpBond{value: draw}(listingId);
        listings.checkSale(listingId, 1, terms);
    }

    function test_P5_CostDoesNotGrowWithOthersListings() public {
        TestWallet wallet = new TestWallet(owner);
        this.weigh(wallet); // warms up what stays warm
        uint256[6] memory alone = this.weigh(wallet);
        for (uint256 n; n < 200; ++n) list(offer());
        uint256[6] memory amongMany = this.weigh(wallet);
        string[6] memory calls = ["createListing", "reviseListing", "lockBond", "drawBond", "pull", "closeListing"];
        for (uint256 n; n < 6; ++n) assertApproxEqRel(amongMany[n], alone[n], 0.05e18, calls[n]);
    }

    /// @dev Called from outside: in a frame of its own the test's memory costs nothing.
    /// @return used Gas of each call in the life of a new listing.
    function weigh(TestWallet wallet) external returns (uint256[6] memory used) {
        uint64 id = listings.listingCount() + 1;
        bytes[6] memory data = [
            abi.encodeCall(listings.createListing, (hubId, offer(), METADATA)),
            abi.encodeCall(listings.reviseListing, (id, offer(), METADATA)),
            abi.encodeCall(listings.lockBond, (id, 2)),
            abi.encodeCall(listings.drawBond, (id, address(wallet), 1)),
            abi.encodeCall(listings.pull, (address(wallet), address(wallet))),
            abi.encodeCall(listings.closeListing, (id))
        ];
        wallet.set(TestWallet.Mode.REFUSE);
        for (uint256 n; n < 6; ++n) {
            if (n == 4) wallet.set(TestWallet.Mode.HONEST);
            vm.prank(n == 2 || n == 3 ? disputes : manager);
            bytes memory call = data[n];
            uint256 value = n == 0 ? MINIMUM_BOND : 0;
            uint256 before = gasleft();
            (bool done,) = address(listings).call{value: value}(call);
            used[n] = before - gasleft();
            assertTrue(done);
        }
    }

    // -------------------------------------------------------------------------------------------------------- helpers

    function close() private {
        vm.prank(manager);
        listings.closeListing(listingId);
    }

    function bond() private view returns (uint256) {
        return listings.listing(listingId).bond;
    }

    function locked() private view returns (uint256) {
        Listing memory listing = listings.listing(listingId);
        return listing.lockedBond;
    }
}

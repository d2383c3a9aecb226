// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {MarketFixture} from "./support/MarketFixture.sol";
import {IGrants} from "../../contracts/interfaces/IGrants.sol";
import {IListings} from "../../contracts/interfaces/IListings.sol";
import {Voucher} from "../../contracts/types/ChannelTypes.sol";
import {GIVEN, Grant, Purchase} from "../../contracts/types/GrantTypes.sol";
import {Roles} from "../../contracts/types/HubTypes.sol";
import {ListingTerms} from "../../contracts/types/ListingTypes.sol";

// giveGrant
//   not manager or owner; buyer zero, key zero, rights none or unknown, window empty or past, same nonce -> reverts
//   otherwise -> a grant of kind GIVEN beside any purchase, also of a paused or closed listing
// revokeGrant
//   not manager or owner, unknown, revoked before -> reverts
//   otherwise -> inactive at once, the buyer blocked from buying and from gifts, other grants untouched
// unblock: who; not blocked -> reverts; otherwise he may buy again and the revoked grant stays revoked
// rotateKeys
//   the buyer, of a purchase or a gift -> an event; anybody else, unknown, revoked, a key missing -> reverts
// four places
//   four live ones -> a fifth purchase and a fifth gift revert, and nothing else changes
//   one past its window -> it gives its place, before one whose channel is spent or closing
//   one spent or closing -> it gives its place to a purchase and ends for ever, also if its channel is funded again
//   one spent, closing or lapsed -> it gives no place to a gift, and lives again with its payment
//   one revoked while its buyer is blocked -> no place until he is unblocked
// isActive
//   rights not all there; before, at and after the window; revoked; channel closing, spent, topped up again
//   by listing and buyer -> if one of the grants is
contract GrantsAccessTest is MarketFixture {
    uint64 internal listingId;
    ListingTerms internal terms;
    uint40 internal time;

    function setUp() public override {
        super.setUp();
        keep(terms, offer());
        listingId = list(terms);
        time = uint40(block.timestamp);
    }

    function testFuzz_rotateKeys(bytes32 key, address newSigner, address caller) public {
        vm.assume(key != 0 && newSigner != address(0) && caller != buyer);
        bytes32 grantId = buy(order(listingId, terms, BY_MESSAGE));
        bytes32 gift = give(buyer, 1, 0, FOR_EVER, 0);
        vm.startPrank(buyer);
        vm.expectEmit(address(grants));
        emit IGrants.KeysRotated(grantId, listingId, key, newSigner);
        grants.rotateKeys(grantId, key, newSigner);
        grants.rotateKeys(gift, key, newSigner);
        vm.expectRevert(IGrants.EncryptionKeyMissing.selector);
        grants.rotateKeys(grantId, 0, newSigner);
        vm.expectRevert(IGrants.SignerMissing.selector);
        grants.rotateKeys(grantId, key, address(0));
        vm.expectRevert(abi.encodeWithSelector(IGrants.GrantUnknown.selector, bytes32("none")));
        grants.rotateKeys("none", key, newSigner);
        vm.stopPrank();
        vm.prank(caller);
        vm.expectRevert(abi.encodeWithSelector(IGrants.NotGrantee.selector, caller, grantId));
        grants.rotateKeys(grantId, key, newSigner);
        vm.prank(manager);
        grants.revokeGrant(grantId);
        vm.prank(buyer);
        vm.expectRevert(abi.encodeWithSelector(IGrants.GrantIsRevoked.selector, grantId));
        grants.rotateKeys(grantId, key, newSigner);
    }

    function testFuzz_giveGrant(address to, uint8 rights, uint40 start, uint40 end, bytes32 nonce) public {
        vm.assume(to != address(0));
        rights = uint8(bound(rights, 1, 7));
        start = uint40(bound(start, 0, 2 * uint256(time)));
        uint40 from = start > time ? start : time;
        end = uint40(bound(end, from + 1, FOR_EVER));
        bytes32 paymentId = keccak256(abi.encode(nonce));
        bytes32 grantId = keccak256(abi.encode(listingId, to, paymentId));
        vm.expectEmit(address(grants));
        emit IGrants.GrantGiven(grantId, listingId, to, paymentId, 1, rights, keccak256("k"), from, end);
        assertEq(give(to, rights, start, end, nonce), grantId);
        Grant memory grant = grants.grants(grantId);
        assertEq(grant.kind, GIVEN);
        assertEq(grant.rights, rights);
        assertEq(grant.paymentId, paymentId);
        assertEq(grants.isActive(grantId, rights), start <= time);
        vm.warp(uint256(end) - 1);
        assertTrue(grants.isActive(grantId, rights));
        vm.warp(end);
        assertEq(grants.isActive(grantId, rights), end == FOR_EVER);
    }

    function test_giveGrant_refuses() public {
        vm.prank(operator);
        vm.expectRevert(roleMissing(operator));
        grants.giveGrant(listingId, buyer, 1, 0, FOR_EVER, 0, keccak256("k"));
        vm.startPrank(manager);
        vm.expectRevert(abi.encodeWithSelector(IListings.ListingUnknown.selector, 99));
        grants.giveGrant(99, buyer, 1, 0, FOR_EVER, 0, keccak256("k"));
        vm.expectRevert(IGrants.AccountMissing.selector);
        grants.giveGrant(listingId, address(0), 1, 0, FOR_EVER, 0, keccak256("k"));
        vm.expectRevert(IGrants.EncryptionKeyMissing.selector);
        grants.giveGrant(listingId, buyer, 1, 0, FOR_EVER, 0, 0);
        vm.expectRevert(abi.encodeWithSelector(IGrants.RightsInvalid.selector, 0));
        grants.giveGrant(listingId, buyer, 0, 0, FOR_EVER, 0, keccak256("k"));
        vm.expectRevert(abi.encodeWithSelector(IGrants.RightsInvalid.selector, 8));
        grants.giveGrant(listingId, buyer, 8, 0, FOR_EVER, 0, keccak256("k"));
        vm.expectRevert(abi.encodeWithSelector(IGrants.WindowEmpty.selector, time, time));
        grants.giveGrant(listingId, buyer, 1, 0, time, 0, keccak256("k"));
        listings.closeListing(listingId);
        bytes32 grantId = grants.giveGrant(listingId, buyer, 1, 0, FOR_EVER, 0, keccak256("k"));
        vm.expectRevert(abi.encodeWithSelector(IGrants.GrantExists.selector, grantId));
        grants.giveGrant(listingId, buyer, 2, 0, FOR_EVER, 0, keccak256("k"));
    }

    function test_revokeAndUnblock() public {
        Purchase memory purchase = order(listingId, terms, BY_MESSAGE);
        bytes32 bought = buy(purchase);
        bytes32 given = give(buyer, 2, 0, FOR_EVER, 0);
        vm.prank(stranger);
        vm.expectRevert(roleMissing(stranger));
        grants.revokeGrant(bought);
        vm.prank(manager);
        vm.expectRevert(abi.encodeWithSelector(IGrants.GrantUnknown.selector, bytes32("none")));
        grants.revokeGrant("none");
        vm.prank(manager);
        vm.expectRevert(abi.encodeWithSelector(IGrants.BuyerNotBlocked.selector, listingId, buyer));
        grants.unblock(listingId, buyer);

        vm.expectEmit(address(grants));
        emit IGrants.GrantRevoked(bought, listingId, time);
        vm.prank(manager);
        grants.revokeGrant(bought);
        assertFalse(grants.isActive(bought, 1));
        assertFalse(grants.isActive(listingId, buyer, 1));
        assertTrue(grants.isActive(given, 2));
        assertTrue(grants.isBlocked(listingId, buyer));
        assertEq(grants.grants(bought).revokedAt, time);
        assertEq(grants.paymentOf(bought), channels.channelIdOf(termsOf(purchase)));
        vm.prank(manager);
        vm.expectRevert(abi.encodeWithSelector(IGrants.GrantIsRevoked.selector, bought));
        grants.revokeGrant(bought);

        purchase.buyerSalt = 0;
        bytes memory blocked = abi.encodeWithSelector(IGrants.BuyerIsBlocked.selector, listingId, buyer);
        vm.expectRevert(blocked);
        grants.check(purchase);
        vm.prank(buyer);
        vm.expectRevert(blocked);
        grants.buy{value: purchase.amount}(purchase);
        vm.prank(manager);
        vm.expectRevert(blocked);
        grants.giveGrant(listingId, buyer, 1, 0, FOR_EVER, "2", keccak256("k"));
        assertEq(address(grants).balance, 0);

        vm.prank(stranger);
        vm.expectRevert(roleMissing(stranger));
        grants.unblock(listingId, buyer);
        vm.expectEmit(address(grants));
        emit IGrants.Unblocked(listingId, buyer);
        vm.prank(owner);
        grants.unblock(listingId, buyer);
        assertFalse(grants.isBlocked(listingId, buyer));
        assertTrue(grants.isActive(buy(purchase), 1));
        assertFalse(grants.isActive(bought, 1));
    }

    function test_rolesFallWithTheOldOwner() public {
        bytes32 grantId = give(buyer, 1, 0, FOR_EVER, 0);
        vm.prank(owner);
        hubs.transferHub(hubId, stranger);
        vm.prank(stranger);
        hubs.acceptHub(hubId);
        vm.prank(manager);
        vm.expectRevert(roleMissing(manager));
        grants.revokeGrant(grantId);
        vm.prank(owner);
        vm.expectRevert(roleMissing(owner));
        grants.giveGrant(listingId, buyer, 1, 0, FOR_EVER, "2", keccak256("k"));
        vm.prank(stranger);
        grants.revokeGrant(grantId);
    }

    function test_fifth_isRefusedWhileFourLive() public {
        bytes32[4] memory held = fillPlaces();
        Purchase memory fifth = order(listingId, terms, BY_MESSAGE);
        fifth.buyerSalt = "fifth";
        bytes memory full = abi.encodeWithSelector(IGrants.TooManyGrants.selector, listingId, buyer, 4);
        vm.expectRevert(full);
        grants.check(fifth);
        uint256 before = buyer.balance;
        vm.prank(buyer);
        vm.expectRevert(full);
        grants.buy{value: fifth.amount}(fifth);
        vm.prank(manager);
        vm.expectRevert(full);
        grants.giveGrant(listingId, buyer, 1, 0, FOR_EVER, "fifth", keccak256("k"));
        assertEq(buyer.balance, before);
        bytes32[] memory still = grants.grantsOf(listingId, buyer);
        for (uint256 i = 0; i < 4; i++) assertEq(still[i], held[i]);
        assertTrue(grants.isActive(listingId, buyer, 1));
        assertFalse(grants.isActive(listingId, buyer, 128)); // a right that none of the four gives
    }

    function test_fifth_takesTheEndedPlaceFirst() public {
        bytes32[4] memory held = fillPlaces();
        vm.prank(buyer);
        channels.requestClose(termsOf(paidOrder()));
        vm.warp(time + 7 days); // the free grant in the third place ends
        bytes32 fifth = keccak256(abi.encode(listingId, buyer, keccak256(abi.encode(bytes32("fifth")))));
        vm.expectEmit(address(grants));
        emit IGrants.GrantReplaced(held[2], fifth);
        assertEq(give(buyer, 1, 0, FOR_EVER, "fifth"), fifth);
        assertEq(grants.grantsOf(listingId, buyer)[2], fifth);
        assertEq(grants.grants(held[0]).revokedAt, 0);
        vm.prank(manager);
        vm.expectRevert(abi.encodeWithSelector(IGrants.GrantIsRevoked.selector, held[2]));
        grants.revokeGrant(held[2]);
    }

    /// @dev Its channel pays nothing now: spent, or closing.
    function rest(Purchase memory purchase, bool isSpent) internal {
        if (isSpent) {
            vm.prank(operator);
            channels.close(termsOf(purchase), terms.relays, Voucher(0, 0, address(0)), "", 0);
        } else {
            vm.prank(buyer);
            channels.requestClose(termsOf(purchase));
        }
    }

    function testFuzz_fifth_takesTheUnpaidPlace(bool isSpent) public {
        bytes32[4] memory held = fillPlaces();
        Purchase memory first = paidOrder();
        rest(first, isSpent);
        assertFalse(grants.isActive(held[0], 1));
        Purchase memory next = paidOrder();
        next.buyerSalt = "fifth";
        bytes32 fifth = buy(next);
        assertEq(grants.grantsOf(listingId, buyer)[0], fifth);
        assertTrue(grants.isActive(fifth, 1));
        vm.prank(buyer);
        channels.fund{value: 1 ether}(termsOf(first), 1 ether, 0);
        assertFalse(grants.isActive(held[0], 1));
        assertEq(grants.grants(held[0]).revokedAt, time);
        assertEq(grants.paymentOf(held[0]), channels.channelIdOf(termsOf(first)));
    }

    /// @dev A seller who could give a resting purchase's place away would end what its buyer may go on with.
    function testFuzz_fifth_aGiftTakesNoUnpaidPlace(bool isSpent) public {
        bytes32[4] memory held = fillPlaces();
        Purchase memory first = paidOrder();
        rest(first, isSpent);
        assertFalse(grants.isActive(held[0], 1));
        giftFindsNoPlace(listingId);
        vm.prank(buyer);
        channels.fund{value: 1 ether}(termsOf(first), 1 ether, 0);
        assertTrue(grants.isActive(held[0], 1));
    }

    function test_fifth_aGiftTakesNoLapsedPlace() public {
        ListingTerms memory timed = timedOffer();
        uint64 timedId = list(timed);
        Purchase memory purchase = order(timedId, timed, BY_PERIOD);
        purchase.notAfter = FOR_EVER;
        bytes32 bought = buy(purchase);
        vm.startPrank(manager);
        for (uint256 n; n < 3; ++n) grants.giveGrant(timedId, buyer, 1, 0, FOR_EVER, bytes32(n), keccak256("k"));
        vm.stopPrank();
        vm.warp(time + 4 days);
        assertFalse(grants.isActive(bought, 1));
        giftFindsNoPlace(timedId);
        vm.prank(buyer);
        subscriptions.fund{value: 1_000_000}(timedTermsOf(purchase, 1_000_000), 1_000_000, 0);
        assertTrue(grants.isActive(bought, 1));
    }

    function test_fifth_aBlockKeepsItsPlace() public {
        bytes32[4] memory held = fillPlaces();
        vm.startPrank(manager);
        grants.revokeGrant(held[1]);
        vm.expectRevert(abi.encodeWithSelector(IGrants.BuyerIsBlocked.selector, listingId, buyer));
        grants.giveGrant(listingId, buyer, 1, 0, FOR_EVER, "fifth", keccak256("k"));
        grants.unblock(listingId, buyer);
        bytes32 fifth = grants.giveGrant(listingId, buyer, 1, 0, FOR_EVER, "fifth", keccak256("k"));
        assertEq(grants.grantsOf(listingId, buyer)[1], fifth);
        assertEq(grants.grants(held[1]).revokedAt, time);
    }

    function test_isActive_followsTheChannel() public {
        Purchase memory purchase = paidOrder();
        bytes32 grantId = buy(purchase);
        assertTrue(grants.isActive(grantId, 1));
        assertFalse(grants.isActive(grantId, 3));
        vm.startPrank(buyer);
        channels.requestClose(termsOf(purchase));
        assertFalse(grants.isActive(grantId, 1));
        channels.cancelClose(termsOf(purchase));
        assertTrue(grants.isActive(grantId, 1));
        channels.requestClose(termsOf(purchase));
        vm.warp(time + terms.challenge);
        channels.withdraw(termsOf(purchase));
        assertFalse(grants.isActive(listingId, buyer, 1));
        channels.fund{value: 1}(termsOf(purchase), 1, 1);
        assertTrue(grants.isActive(listingId, buyer, 1));
        assertFalse(grants.isActive(bytes32("none"), 0));
        assertFalse(grants.isActive(listingId, stranger, 0));
    }

    function testFuzz_isActive_oneOfSeveral(uint8 first, uint8 second, uint8 asked) public {
        first = uint8(bound(first, 1, 7));
        second = uint8(bound(second, 1, 7));
        give(buyer, first, 0, FOR_EVER, "1");
        give(buyer, second, 0, FOR_EVER, "2");
        bool expected = (first & asked) == asked || (second & asked) == asked;
        assertEq(grants.isActive(listingId, buyer, asked), expected);
    }

    // ------------------------------------------------------------------------------------------------------- helpers

    function paidOrder() internal view returns (Purchase memory purchase) {
        purchase = order(listingId, terms, BY_MESSAGE);
        (purchase.notBefore, purchase.notAfter) = (0, FOR_EVER);
    }

    function giftFindsNoPlace(uint64 id) internal {
        bytes memory full = abi.encodeWithSelector(IGrants.TooManyGrants.selector, id, buyer, 4);
        vm.prank(manager);
        vm.expectRevert(full);
        grants.giveGrant(id, buyer, 1, 0, FOR_EVER, "fifth", keccak256("k"));
    }

    /// @dev Two purchases by the message, a free one of a week, a gift.
    function fillPlaces() internal returns (bytes32[4] memory held) {
        held[0] = buy(paidOrder());
        Purchase memory second = paidOrder();
        second.buyerSalt = "second";
        held[1] = buy(second);
        held[2] = buy(order(listingId, terms, FOR_FREE));
        held[3] = give(buyer, 1, 0, FOR_EVER, 0);
        assertEq(grants.grantsOf(listingId, buyer).length, 4);
    }

    function give(address to, uint8 rights, uint40 notBefore, uint40 notAfter, bytes32 nonce)
        internal
        returns (bytes32)
    {
        vm.prank(manager);
        return grants.giveGrant(listingId, to, rights, notBefore, notAfter, nonce, keccak256("k"));
    }

    function roleMissing(address account) internal view returns (bytes memory) {
        return abi.encodeWithSelector(IGrants.RoleMissing.selector, hubId, account, Roles.MANAGER | Roles.OWNER);
    }
}

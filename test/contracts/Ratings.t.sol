// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IRatings} from "../../contracts/interfaces/IRatings.sol";
import {ClaimCommon, ClaimRow, Terms, Voucher} from "../../contracts/types/ChannelTypes.sol";
import {Purchase} from "../../contracts/types/GrantTypes.sol";
import {Roles} from "../../contracts/types/HubTypes.sol";
import {ListingTerms} from "../../contracts/types/ListingTypes.sol";
import {SubscriptionTerms} from "../../contracts/types/SubscriptionTypes.sol";
import {MarketFixture} from "./support/MarketFixture.sol";

// rate
//   terms of another length; terms of another payment in any field; an unknown, free or given grant; a channel that Grants
//   never saw -> reverts
//   not the grant's buyer; nothing settled; a role in the hub; a score of 0 or 6; 1,025 bytes of comment -> reverts
//   otherwise -> the next revision, with what was settled and what relays and market had of it by the terms of the purchase
// respond
//   neither manager nor owner; revision 0 or one too many; answered before; 1,025 bytes -> reverts
//   otherwise -> the response stands under that revision alone
// attacks of docs/security.md: 37 a fee raised after the purchase; 39 a seller who rates himself; P11 ratings
// without money
contract RatingsTest is MarketFixture {
    uint256 private constant SIGNER_KEY = uint256(keccak256("signer"));
    string private constant TEXT = "as described";

    IRatings private ratings;
    uint64 private listingId;
    bytes32 private grantId;
    bytes private _purchase; // encoded: the compiler's quick generator copies no array of structs to storage
    uint8[4] private scores = [5, 4, 3, 1];

    function setUp() public override {
        super.setUp();
        ratings = IRatings(deployCode("Ratings", abi.encode(grants, subscriptions)));
        listingId = list(offer());
        Purchase memory bought = order(listingId, offer(), BY_MESSAGE);
        bought.market = market;
        bought.amount = 1 ether;
        grantId = buy(bought);
        _purchase = abi.encode(bought);
    }

    // ------------------------------------------------------------------------------------------------------------ rate

    function testFuzz_rate(uint96 settled, uint16 relayBps, uint16 marketBps, uint8[4] memory given, string memory comment)
        public
    {
        ListingTerms memory terms = offer();
        terms.relayBps = uint16(bound(relayBps, 0, 3_000));
        terms.marketBps = uint16(bound(marketBps, 0, 1_000));
        if (relayBps % 4 == 0) terms.relays = new address[](0);
        uint64 rated = list(terms);
        Purchase memory bought = order(rated, terms, BY_MESSAGE);
        if (marketBps % 4 != 0) bought.market = market;
        bought.amount = 1 ether;
        bytes32 id = buy(bought);
        settled = uint96(bound(settled, 1, 1 ether));
        settle(bought, settled);
        for (uint256 i; i < 4; ++i) given[i] = uint8(bound(given[i], 1, 5));
        vm.assume(bytes(comment).length <= 1024);

        uint256 cuts = cutsOf(settled, relayBps % 4 == 0 ? 0 : terms.relayBps, marketBps % 4 == 0 ? 0 : terms.marketBps);
        assertEq(payout.balance, settled - cuts); // what the channel itself divided
        vm.expectEmit(address(ratings));
        emit IRatings.Rated(rated, buyer, id, 1, address(0), settled, cuts, given, comment);
        bytes memory encoded = abi.encode(termsOf(bought));
        vm.prank(buyer);
        assertEq(ratings.rate(id, encoded, given, comment), 1);
        assertEq(ratings.revisionsOf(rated, buyer), 1);
        assertEq(ratings.revisionsOf(listingId, buyer), 0);
    }

    function testFuzz_rate_everyFieldOfTheTermsIsHeld(uint8 field, bytes32 other) public {
        settle(purchase(), 1e15);
        bytes memory encoded = abi.encode(termsOf(purchase()));
        uint256 at = 32 + 32 * uint256(field % 12);
        bytes32 word;
        assembly ("memory-safe") {
            word := mload(add(encoded, at))
        }
        // Stay within the field's type, or decoding itself refuses.
        if (field % 12 != 6 && field % 12 != 11) other = bytes32(uint256(uint16(uint256(other))));
        vm.assume(other != word);
        assembly ("memory-safe") {
            mstore(add(encoded, at), other)
        }
        bytes32 wrong = channels.channelIdOf(abi.decode(encoded, (Terms)));
        vm.prank(buyer);
        vm.expectRevert(
            abi.encodeWithSelector(IRatings.PaymentMismatch.selector, grantId, wrong, grants.paymentOf(grantId))
        );
        ratings.rate(grantId, encoded, scores, TEXT);
    }

    function testFuzz_rate_onlyTheBuyer(address thief) public {
        vm.assume(thief != buyer);
        settle(purchase(), 1e15);
        refusedBy(thief, grantId, abi.encodeWithSelector(IRatings.NotBuyer.selector, grantId, thief));
    }

    function test_rate_table() public {
        settle(purchase(), 1e15);
        address treasurer = makeAddr("treasurer");
        vm.prank(owner);
        hubs.setRoles(hubId, treasurer, Roles.TREASURER);
        address[5] memory others = [owner, manager, treasurer, operator, stranger];
        for (uint256 i; i < 5; ++i) {
            refusedBy(others[i], grantId, abi.encodeWithSelector(IRatings.NotBuyer.selector, grantId, others[i]));
        }
        for (uint256 i; i < 5; ++i) {
            uint32 revision = rate();
            uint8 either = Roles.MANAGER | Roles.OWNER;
            vm.prank(others[i]);
            if (i > 1) vm.expectRevert(abi.encodeWithSelector(IRatings.RoleMissing.selector, hubId, others[i], either));
            ratings.respond(listingId, buyer, revision, TEXT);
            assertEq(ratings.hasResponse(listingId, buyer, revision), i <= 1);
        }
    }

    /// @dev P11 and attack #39: neither a purchase without a claim nor a channel that Grants never saw makes a rating.
    function test_rate_nothingSettled() public {
        bytes32 id = channels.channelIdOf(termsOf(purchase()));
        refusedBy(buyer, grantId, abi.encodeWithSelector(IRatings.NothingSettled.selector, id));
        settle(purchase(), 1);
        rate(); // one unit settled is a rating worth one unit: whoever weighs it sees that

        Purchase memory forged = purchase();
        forged.buyerSalt = keccak256("never bought");
        Terms memory terms = termsOf(forged);
        vm.prank(buyer);
        channels.fund{value: 1 ether}(terms, 1 ether, 0);
        settle(forged, 1 ether);
        id = channels.channelIdOf(terms);
        bytes32 unknown = grantIdOf(forged, id);
        bytes memory encoded = abi.encode(terms);
        vm.startPrank(buyer);
        vm.expectRevert(abi.encodeWithSelector(IRatings.PaymentMismatch.selector, unknown, id, bytes32(0)));
        ratings.rate(unknown, encoded, scores, TEXT);
        bytes32 recorded = grants.paymentOf(grantId);
        vm.expectRevert(abi.encodeWithSelector(IRatings.PaymentMismatch.selector, grantId, id, recorded));
        ratings.rate(grantId, encoded, scores, TEXT);
    }

    function test_rate_freeAndGivenGrantsCannot() public {
        settle(purchase(), 1e15);
        bytes32[2] memory ids;
        ids[0] = buy(order(listingId, offer(), FOR_FREE));
        vm.prank(manager);
        ids[1] = grants.giveGrant(listingId, buyer, 1, 0, FOR_EVER, keccak256("nonce"), keccak256("key"));
        bytes32 paid = channels.channelIdOf(termsOf(purchase()));
        for (uint256 i; i < 2; ++i) {
            bytes32 recorded = grants.paymentOf(ids[i]);
            refusedBy(buyer, ids[i], abi.encodeWithSelector(IRatings.PaymentMismatch.selector, ids[i], paid, recorded));
        }
    }

    function testFuzz_rate_notTheHubsOwnPeople(uint8 roles) public {
        roles = uint8(bound(roles, 1, 7)) * 2;
        settle(purchase(), 1e15);
        vm.prank(owner);
        hubs.setRoles(hubId, buyer, roles);
        refusedBy(buyer, grantId, abi.encodeWithSelector(IRatings.OwnListing.selector, listingId, buyer));
        vm.prank(owner);
        hubs.setRoles(hubId, buyer, 0);
        rate();
    }

    function testFuzz_rate_scoresAndComment(uint8 score, uint8 question, uint16 length) public {
        settle(purchase(), 1e15);
        uint8[4] memory given = scores;
        given[question % 4] = score;
        bytes memory encoded = abi.encode(termsOf(purchase()));
        string memory text = string(new bytes(bound(length, 0, 1_100)));
        vm.startPrank(buyer);
        if (score == 0 || score > 5) {
            vm.expectRevert(abi.encodeWithSelector(IRatings.ScoreOutOfBounds.selector, question % 4, score));
        } else if (bytes(text).length > 1024) {
            vm.expectRevert(abi.encodeWithSelector(IRatings.TextTooLong.selector, bytes(text).length, 1024));
        }
        ratings.rate(grantId, encoded, given, text);
        given[question % 4] = 6;
        vm.expectRevert(abi.encodeWithSelector(IRatings.ScoreOutOfBounds.selector, question % 4, 6));
        ratings.rate(grantId, encoded, given, "");
        given[question % 4] = 5;
        vm.expectRevert(abi.encodeWithSelector(IRatings.TextTooLong.selector, 1025, 1024));
        ratings.rate(grantId, encoded, given, string(new bytes(1025)));
        ratings.rate(grantId, encoded, given, string(new bytes(1024)));
    }

    function testFuzz_rate_termsOfAnotherLength(bytes memory encoded) public {
        vm.assume(encoded.length != 384 && encoded.length != 512);
        vm.prank(buyer);
        vm.expectRevert(abi.encodeWithSelector(IRatings.TermsInvalid.selector, encoded.length));
        ratings.rate(grantId, encoded, scores, TEXT);
    }

    /// @dev One rating per listing and buyer: other grants of his append to the same one.
    function test_revisions() public {
        settle(purchase(), 1e15);
        assertEq(rate(), 1);
        assertEq(rate(), 2);
        Purchase memory second = purchase();
        second.buyerSalt = keccak256("second");
        bytes32 id = buy(second);
        settle(second, 2e15);
        bytes memory encoded = abi.encode(termsOf(second));
        vm.expectEmit(address(ratings));
        emit IRatings.Rated(listingId, buyer, id, 3, address(0), 2e15, 2e15 * 1250 / 10_000, scores, TEXT);
        vm.prank(buyer);
        assertEq(ratings.rate(id, encoded, scores, TEXT), 3);
        assertEq(ratings.revisionsOf(listingId, buyer), 3);
    }

    /// @dev attack #37: the seller raises both cuts after the purchase; channel and rating go by the terms that were bought.
    function testFuzz_rate_aFeeRaisedAfterThePurchase(uint96 settled) public {
        settled = uint96(bound(settled, 1, 1 ether));
        ListingTerms memory dearer = offer();
        (dearer.relayBps, dearer.marketBps) = (3_000, 1_000);
        vm.prank(manager);
        listings.reviseListing(listingId, dearer, METADATA);
        settle(purchase(), settled);
        uint256 relayCut = uint256(settled) * 1_000 / 10_000;
        uint256 marketCut = (uint256(settled) - relayCut) * 250 / 9_000;
        assertEq(channels.owed(relay, address(0)), relayCut);
        assertEq(channels.owed(market, address(0)), marketCut);
        vm.expectEmit(address(ratings));
        emit IRatings.Rated(listingId, buyer, grantId, 1, address(0), settled, relayCut + marketCut, scores, TEXT);
        rate();
    }

    // --------------------------------------------------------------------------------------------------- subscriptions

    function testFuzz_rate_subscriptions(uint40 after_, uint16 relayBps, uint16 marketBps, bool hasMarket) public {
        ListingTerms memory terms = timedOffer();
        terms.relayBps = uint16(bound(relayBps, 0, 3_000));
        terms.marketBps = uint16(bound(marketBps, 0, 1_000));
        uint64 rated = list(terms);
        Purchase memory bought = order(rated, terms, BY_PERIOD);
        bought.notAfter = FOR_EVER;
        if (hasMarket) bought.market = market;
        bytes32 own = buy(bought);
        SubscriptionTerms memory paid = timedTermsOf(bought, 1_000_000);
        bytes memory encoded = abi.encode(paid);
        bytes32 payment = grants.paymentOf(own);
        vm.prank(buyer);
        vm.expectRevert(abi.encodeWithSelector(IRatings.NothingSettled.selector, payment));
        ratings.rate(own, encoded, scores, TEXT);

        after_ = uint40(bound(after_, 0, 3 days - 1));
        vm.warp(block.timestamp + after_);
        vm.prank(payout);
        subscriptions.stop(paid, terms.relays);
        vm.prank(stranger);
        vm.expectRevert(abi.encodeWithSelector(IRatings.NotBuyer.selector, own, stranger));
        ratings.rate(own, encoded, scores, TEXT);
        uint256 settled = 200_000 + uint256(after_) * 1_000_000 / 1 days;
        uint256 cuts = cutsOf(settled, terms.relayBps, hasMarket ? terms.marketBps : 0);
        assertEq(payout.balance, settled - cuts); // what the subscription itself divided
        vm.expectEmit(address(ratings));
        emit IRatings.Rated(rated, buyer, own, 1, address(0), settled, cuts, scores, TEXT);
        vm.prank(buyer);
        ratings.rate(own, encoded, scores, TEXT);
    }

    // --------------------------------------------------------------------------------------------------------- respond

    function test_respond() public {
        settle(purchase(), 1e15);
        vm.startPrank(manager);
        vm.expectRevert(abi.encodeWithSelector(IRatings.RevisionUnknown.selector, listingId, buyer, 1, 0));
        ratings.respond(listingId, buyer, 1, TEXT);
        vm.expectRevert(abi.encodeWithSignature("ListingUnknown(uint64)", 9));
        ratings.respond(9, buyer, 1, TEXT);
        vm.stopPrank();
        rate();
        rate();

        vm.startPrank(manager);
        vm.expectRevert(abi.encodeWithSelector(IRatings.RevisionUnknown.selector, listingId, buyer, 0, 2));
        ratings.respond(listingId, buyer, 0, TEXT);
        vm.expectRevert(abi.encodeWithSelector(IRatings.RevisionUnknown.selector, listingId, buyer, 3, 2));
        ratings.respond(listingId, buyer, 3, TEXT);
        vm.expectRevert(abi.encodeWithSelector(IRatings.TextTooLong.selector, 1025, 1024));
        ratings.respond(listingId, buyer, 1, string(new bytes(1025)));
        vm.expectEmit(address(ratings));
        emit IRatings.Responded(listingId, buyer, 1, manager, TEXT);
        ratings.respond(listingId, buyer, 1, TEXT);
        assertTrue(ratings.hasResponse(listingId, buyer, 1));
        assertFalse(ratings.hasResponse(listingId, buyer, 2)); // a new text has no old answer under it
        vm.expectRevert(abi.encodeWithSelector(IRatings.ResponseExists.selector, listingId, buyer, 1));
        ratings.respond(listingId, buyer, 1, TEXT);
        ratings.respond(listingId, buyer, 2, string(new bytes(1024)));
    }

    // --------------------------------------------------------------------------------------------------------- helpers

    function purchase() private view returns (Purchase memory) {
        return abi.decode(_purchase, (Purchase));
    }

    function rate() private returns (uint32) {
        bytes memory encoded = abi.encode(termsOf(purchase()));
        vm.prank(buyer);
        return ratings.rate(grantId, encoded, scores, TEXT);
    }

    function refusedBy(address caller, bytes32 id, bytes memory reason) private {
        bytes memory encoded = abi.encode(termsOf(purchase()));
        vm.prank(caller);
        vm.expectRevert(reason);
        ratings.rate(id, encoded, scores, TEXT);
    }

    /// @dev The relays' rate of the total, then the market's of what that leaves.
    function cutsOf(uint256 total, uint256 relayBps, uint256 marketBps) private pure returns (uint256 cuts) {
        cuts = total * relayBps / 10_000;
        cuts += (total - cuts) * marketBps / (10_000 - relayBps);
    }

    /// @dev The seller claims `total` with a voucher of the buyer's session key that names the relay.
    function settle(Purchase memory bought, uint96 total) private {
        Terms memory terms = termsOf(bought);
        bytes32 digest = channels.hashVoucher(Voucher(channels.channelIdOf(terms), total, relay));
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(SIGNER_KEY, digest);
        ClaimRow[] memory rows = new ClaimRow[](1);
        bytes32 vs = bytes32(uint256(s) | (uint256(v - 27) << 255));
        rows[0] = ClaimRow(terms.payer, terms.signer, terms.salt, total, relay, r, vs);
        ClaimCommon memory common = ClaimCommon(
            terms.payee,
            terms.operator,
            terms.token,
            terms.listingId,
            bought.listing.relays,
            terms.relayBps,
            terms.market,
            terms.marketBps,
            terms.challenge
        );
        vm.prank(operator);
        channels.claim(common, rows, terms.payee);
        assertEq(channels.channels(channels.channelIdOf(terms)).claimed, total);
    }
}

// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IListings} from "../../contracts/interfaces/IListings.sol";
import {Roles} from "../../contracts/types/HubTypes.sol";
import {Listing, ListingFlags, ListingTerms} from "../../contracts/types/ListingTypes.sol";
import {SellerFixture} from "./support/SellerFixture.sol";

// Long because every rule of the terms is broken once and met exactly once, on one shared offer.
//
// createListing
//   caller neither manager nor owner; unknown hub; bond too low -> reverts
//   terms name another hub, another payee than the payout, an operator without PUBLISHER -> reverts
//   each rule of the terms broken by one, everything else good -> reverts with that rule's name
//   each limit met exactly -> created
//   otherwise -> next id, version 1, hash of the terms, bond held, event with the whole terms
// reviseListing
//   the same rules again, so a manager cannot redirect money later; closed -> reverts
//   otherwise -> version + 1, hashes of earlier versions stay
// pauseListing, resumeListing, closeListing: who; twice; after a close
// checkSale: unknown, closed, paused, old version, other terms -> reverts
//   whatever the seller does between quote and purchase: a buyer gets what he was quoted, or nothing (P10)
//
// The rules of plans are in Listings.plans.t.sol, bonds in Listings.bond.t.sol, who may do what in Listings.roles.t.sol.
contract ListingsTest is SellerFixture {
    function test_createListing() public {
        ListingTerms memory terms = offer();
        vm.expectEmit(address(listings));
        emit IListings.ListingCreated(1, hubId, 1, terms, METADATA);
        vm.deal(owner, 1 ether);
        vm.prank(owner);
        assertEq(listings.createListing{value: MINIMUM_BOND}(hubId, terms, METADATA), 1);
        assertEq(list(terms), 2);
        assertEq(listings.listingCount(), 2);
    }

    function testFuzz_createListing_holdsTheBond(uint96 bond) public {
        bond = uint96(bound(bond, 0, 10 ether));
        if (bond < MINIMUM_BOND) {
            vm.expectRevert(abi.encodeWithSelector(IListings.BondTooLow.selector, bond, MINIMUM_BOND));
        }
        vm.prank(manager);
        uint64 listingId = listings.createListing{value: bond}(hubId, offer(), METADATA);
        if (bond < MINIMUM_BOND) return;
        Listing memory listing = listings.listing(listingId);
        assertEq(listing.bond, bond);
        assertEq(address(listings).balance, bond);
        assertEq(listing.hubId, hubId);
        assertEq(listing.version, 1);
        assertEq(listings.termsHashOf(listingId, 1), keccak256(abi.encode(offer())));
    }

    function test_createListing_byWhom() public {
        uint8 either = Roles.MANAGER | Roles.OWNER;
        address[3] memory others = [operator, stranger, payout];
        for (uint256 i = 0; i < others.length; i++) {
            vm.deal(others[i], 1 ether);
            vm.prank(others[i]);
            vm.expectRevert(abi.encodeWithSelector(IListings.RoleMissing.selector, hubId, others[i], either));
            listings.createListing{value: MINIMUM_BOND}(hubId, offer(), METADATA);
        }
        vm.prank(manager);
        vm.expectRevert(abi.encodeWithSelector(IListings.RoleMissing.selector, 99, manager, either));
        listings.createListing{value: MINIMUM_BOND}(99, offer(), METADATA);
    }

    function test_aManagerCannotRedirectMoney() public {
        uint64 listingId = list(offer());
        ListingTerms memory terms = offer();
        terms.payee = manager;
        refusedTwice(listingId, terms, abi.encodeWithSelector(IListings.PayeeNotPayout.selector, manager, payout));
        terms = offer();
        terms.operator = manager;
        refusedTwice(listingId, terms, abi.encodeWithSelector(IListings.OperatorNotPublisher.selector, hubId, manager));
        vm.prank(owner);
        hubs.createHub(METADATA, manager, keccak256("key"));
        terms = offer();
        terms.hubId = hubId + 1;
        refusedTwice(listingId, terms, abi.encodeWithSelector(IListings.HubMismatch.selector, hubId + 1, hubId));
    }

    function test_rules_parties() public {
        ListingTerms memory terms = offer();
        terms.relays = many(5);
        refused(terms, abi.encodeWithSelector(IListings.TooManyRelays.selector, 5, 4));
        terms.relays = many(4);
        accepted(terms);
        terms.relays[3] = terms.relays[1];
        refused(terms, abi.encodeWithSelector(IListings.RelayInvalid.selector, terms.relays[1]));
        terms.relays[3] = address(0);
        refused(terms, abi.encodeWithSelector(IListings.RelayInvalid.selector, address(0)));

        terms = offer();
        terms.markets = many(9);
        refused(terms, abi.encodeWithSelector(IListings.TooManyMarkets.selector, 9, 8));
        terms.markets = many(8);
        accepted(terms);
        terms.markets[7] = terms.markets[0];
        refused(terms, abi.encodeWithSelector(IListings.MarketInvalid.selector, terms.markets[0]));
        terms.markets[7] = address(0);
        refused(terms, abi.encodeWithSelector(IListings.MarketInvalid.selector, address(0)));

        terms = offer();
        terms.relayBps = 3_001;
        refused(terms, abi.encodeWithSelector(IListings.RelayCutTooHigh.selector, 3_001, 3_000));
        terms.relayBps = 3_000;
        terms.marketBps = 1_001;
        refused(terms, abi.encodeWithSelector(IListings.MarketCutTooHigh.selector, 1_001, 1_000));
        terms.marketBps = 1_000;
        accepted(terms);
        terms.markets = many(0);
        refused(terms, abi.encodeWithSelector(IListings.MarketCutTooHigh.selector, 1_000, 0));
        terms.marketBps = 0;
        accepted(terms);
    }

    function test_rules_stream() public {
        ListingTerms memory terms = offer();
        terms.challenge = 1 hours - 1;
        refused(terms, abi.encodeWithSelector(IListings.ChallengeOutOfBounds.selector, 3599, 1 hours, 30 days));
        terms.challenge = 30 days + 1;
        refused(terms, abi.encodeWithSelector(IListings.ChallengeOutOfBounds.selector, 30 days + 1, 1 hours, 30 days));
        terms.challenge = 30 days;
        accepted(terms);
        terms.epochLength = 0;
        refused(terms, abi.encodeWithSelector(IListings.EpochLengthMissing.selector));

        uint32[3][6] memory bad = [
            [uint32(0), 256, 65_536],
            [uint32(50), 0, 65_536],
            [uint32(50), 256, 0],
            [uint32(3_600_001), 256, 65_536],
            [uint32(50), 65_537, 65_536],
            [uint32(50), 256, (1 << 20) + 1]
        ];
        for (uint256 i = 0; i < bad.length; i++) {
            terms = offer();
            (terms.segment.flushMs, terms.segment.maxMessages, terms.segment.maxBytes) =
                (bad[i][0], bad[i][1], bad[i][2]);
            refused(
                terms,
                abi.encodeWithSelector(IListings.SegmentLimitsOutOfBounds.selector, bad[i][0], bad[i][1], bad[i][2])
            );
        }
        terms = offer();
        (terms.segment.flushMs, terms.segment.maxMessages, terms.segment.maxBytes) = (3_600_000, 65_536, 1 << 20);
        (terms.plans[0].entry, terms.plans[1].entry) = (type(uint96).max, type(uint96).max);
        accepted(terms);

        terms = offer();
        terms.saleUntil = uint40(block.timestamp) - 1;
        refused(terms, abi.encodeWithSelector(IListings.SaleEnded.selector, terms.saleUntil));
        terms.saleUntil += 1;
        accepted(terms);
        terms.metadataHash = 0;
        bytes32 hash = keccak256(bytes(METADATA));
        refused(terms, abi.encodeWithSelector(IListings.MetadataMismatch.selector, bytes32(0), hash));
        vm.prank(manager);
        vm.expectRevert(abi.encodeWithSelector(IListings.MetadataTooLong.selector, 8193, 8192));
        listings.createListing{value: MINIMUM_BOND}(hubId, terms, string(new bytes(8193)));
    }

    function testFuzz_rules_flags(uint32 flags) public {
        ListingTerms memory terms = offer();
        terms.flags = flags;
        uint32 both = ListingFlags.OPEN | ListingFlags.PERSONAL_DATA;
        bytes memory openly = abi.encodeWithSelector(IListings.PersonalDataIsOpen.selector, flags);
        if (flags >= 1 << 24) refused(terms, abi.encodeWithSelector(IListings.FlagsUnknown.selector, flags));
        else if (flags & both == both) refused(terms, openly);
        else accepted(terms); // RESTRICTED and PERSONAL_DATA among them
        terms.flags = ((1 << 24) - 1) & ~ListingFlags.OPEN;
        accepted(terms);
        terms.flags = ((1 << 24) - 1) & ~ListingFlags.PERSONAL_DATA;
        accepted(terms);
        terms.flags = both;
        refused(terms, abi.encodeWithSelector(IListings.PersonalDataIsOpen.selector, both));
        terms.flags = 1 << 24;
        refused(terms, abi.encodeWithSelector(IListings.FlagsUnknown.selector, terms.flags));
    }

    function testFuzz_rules_attestation(bytes32 schema, address attester) public {
        vm.assume(schema != 0 && attester != address(0));
        ListingTerms memory terms = offer();
        (terms.attestationSchema, terms.attester) = (schema, attester);
        accepted(terms);
        terms.attester = address(0);
        refused(terms, abi.encodeWithSelector(IListings.AttestationIncomplete.selector, schema, address(0)));
        (terms.attestationSchema, terms.attester) = (0, attester);
        refused(terms, abi.encodeWithSelector(IListings.AttestationIncomplete.selector, bytes32(0), attester));
    }

    function test_reviseListing() public {
        uint64 listingId = list(offer());
        ListingTerms memory terms = offer();
        terms.relayBps = 1;
        vm.expectEmit(address(listings));
        emit IListings.ListingRevised(listingId, hubId, 2, terms, METADATA);
        vm.prank(owner);
        assertEq(listings.reviseListing(listingId, terms, METADATA), 2);
        assertEq(listings.termsHashOf(listingId, 1), keccak256(abi.encode(offer())));
        assertEq(listings.termsHashOf(listingId, 2), keccak256(abi.encode(terms)));
        assertEq(listings.listing(listingId).version, 2);

        vm.prank(stranger);
        vm.expectRevert(roleMissing(stranger));
        listings.reviseListing(listingId, terms, METADATA);
        vm.startPrank(manager);
        vm.expectRevert(abi.encodeWithSelector(IListings.ListingUnknown.selector, 9));
        listings.reviseListing(9, terms, METADATA);
        listings.closeListing(listingId);
        vm.expectRevert(abi.encodeWithSelector(IListings.ListingIsClosed.selector, listingId));
        listings.reviseListing(listingId, terms, METADATA);
    }

    function test_rolesFallWithTheOldOwner() public {
        uint64 listingId = list(offer());
        vm.prank(owner);
        hubs.transferHub(hubId, stranger);
        vm.prank(stranger);
        hubs.acceptHub(hubId);
        vm.prank(manager);
        vm.expectRevert(roleMissing(manager));
        listings.closeListing(listingId);
        vm.prank(owner);
        vm.expectRevert(roleMissing(owner));
        listings.pauseListing(listingId);
        vm.prank(stranger);
        vm.expectRevert(abi.encodeWithSelector(IListings.OperatorNotPublisher.selector, hubId, operator));
        listings.reviseListing(listingId, offer(), METADATA);
    }

    function test_pauseResumeClose() public {
        uint64 listingId = list(offer());
        vm.startPrank(manager);
        vm.expectRevert(abi.encodeWithSelector(IListings.ListingNotPaused.selector, listingId));
        listings.resumeListing(listingId);
        vm.expectEmit(address(listings));
        emit IListings.ListingPaused(listingId);
        listings.pauseListing(listingId);
        assertTrue(listings.listing(listingId).paused);
        vm.expectRevert(abi.encodeWithSelector(IListings.ListingIsPaused.selector, listingId));
        listings.pauseListing(listingId);
        vm.expectEmit(address(listings));
        emit IListings.ListingResumed(listingId);
        listings.resumeListing(listingId);
        vm.expectEmit(address(listings));
        emit IListings.ListingClosed(listingId, uint40(block.timestamp) + DISPUTE_WINDOW);
        listings.closeListing(listingId);
        bytes memory closed = abi.encodeWithSelector(IListings.ListingIsClosed.selector, listingId);
        vm.expectRevert(closed);
        listings.closeListing(listingId);
        vm.expectRevert(closed);
        listings.pauseListing(listingId);
        vm.expectRevert(closed);
        listings.resumeListing(listingId);
        vm.stopPrank();

        vm.startPrank(operator);
        vm.expectRevert(roleMissing(operator));
        listings.pauseListing(listingId);
        vm.expectRevert(roleMissing(operator));
        listings.resumeListing(listingId);
        vm.expectRevert(roleMissing(operator));
        listings.closeListing(listingId);
    }

    function test_checkSale() public {
        uint64 listingId = list(offer());
        bytes32 first = keccak256(abi.encode(offer()));
        listings.checkSale(listingId, 1, first);
        vm.expectRevert(abi.encodeWithSelector(IListings.ListingUnknown.selector, 9));
        listings.checkSale(9, 1, first);
        vm.expectRevert(abi.encodeWithSelector(IListings.ListingUnknown.selector, 9));
        listings.listing(9);
        vm.expectRevert(abi.encodeWithSelector(IListings.TermsMismatch.selector, bytes32(0), first));
        listings.checkSale(listingId, 1, 0);
        vm.expectRevert(abi.encodeWithSelector(IListings.VersionNotForSale.selector, listingId, 2, 1));
        listings.checkSale(listingId, 2, 0);
        vm.startPrank(manager);
        listings.reviseListing(listingId, offer(), METADATA);
        vm.expectRevert(abi.encodeWithSelector(IListings.VersionNotForSale.selector, listingId, 1, 2));
        listings.checkSale(listingId, 1, first);
        listings.pauseListing(listingId);
        vm.expectRevert(abi.encodeWithSelector(IListings.ListingIsPaused.selector, listingId));
        listings.checkSale(listingId, 2, first);
        listings.closeListing(listingId);
        vm.expectRevert(abi.encodeWithSelector(IListings.ListingIsClosed.selector, listingId));
        listings.checkSale(listingId, 2, first);
    }

    /// @dev P10: sellers' acts in any order after the quote. Either exactly the quoted terms are sold, or nothing is.
    function testFuzz_checkSale_whatWasQuotedOrNothing(uint8[6] memory acts, uint96 price) public {
        ListingTerms memory quoted = offer();
        uint64 listingId = list(quoted);
        bytes32 quote = keccak256(abi.encode(quoted));
        ListingTerms memory dearer = offer();
        dearer.plans[BY_MESSAGE].price = uint96(bound(price, dearer.plans[BY_MESSAGE].price + 1, type(uint64).max));
        dearer.plans[BY_MESSAGE].entry = type(uint96).max;
        uint32 sold = 1;
        bool open = true;
        vm.startPrank(manager);
        for (uint256 i; i < acts.length; ++i) {
            uint8 act = acts[i] % 5;
            if (listings.listing(listingId).closedAt != 0) break;
            if (act == 0) sold = listings.reviseListing(listingId, dearer, METADATA);
            if (act == 1) sold = listings.reviseListing(listingId, quoted, METADATA); // the same words, another version
            if (act == 2 && open) listings.pauseListing(listingId);
            if (act == 3 && !open) listings.resumeListing(listingId);
            if (act == 4) listings.closeListing(listingId);
            if (act > 1) open = act == 3;
        }
        vm.stopPrank();
        bool asQuoted = sold == 1 && open;
        try listings.checkSale(listingId, 1, quote) {
            assertTrue(asQuoted);
        } catch {
            assertFalse(asQuoted);
        }
        vm.expectRevert();
        listings.checkSale(listingId, 1, keccak256(abi.encode(dearer)));
    }

    // ------------------------------------------------------------------------------------------------------- helpers

    function refusedTwice(uint64 listingId, ListingTerms memory terms, bytes memory reason) internal {
        refused(terms, reason);
        vm.prank(manager);
        vm.expectRevert(reason);
        listings.reviseListing(listingId, terms, METADATA);
    }

    function roleMissing(address account) internal view returns (bytes memory) {
        return abi.encodeWithSelector(IListings.RoleMissing.selector, hubId, account, Roles.MANAGER | Roles.OWNER);
    }

    function many(uint256 count) internal pure returns (address[] memory list_) {
        list_ = new address[](count);
        for (uint256 i = 0; i < count; i++) list_[i] = address(uint160(0x1000 + i));
    }
}

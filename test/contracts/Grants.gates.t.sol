// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IEASService, MarketFixture} from "./support/MarketFixture.sol";
import {IGrants} from "../../contracts/interfaces/IGrants.sol";
import {TestWallet} from "../../contracts/mocks/HostileAccounts.sol";
import {Approval, Purchase} from "../../contracts/types/GrantTypes.sol";
import {Roles} from "../../contracts/types/HubTypes.sol";
import {ListingFlags, ListingTerms} from "../../contracts/types/ListingTypes.sol";
import {SubscriptionTerms} from "../../contracts/types/SubscriptionTypes.sol";

// Who may buy.
//
// restricted
//   with a manager's approval -> buys; by a wallet contract as well
//   none; lapsed; another listing, version, buyer, agreement, deadline, signer; a manager who is none any more -> reverts
//   request, approve, decline -> events; by the wrong account, too long, for another version, by a blocked buyer -> reverts
// attestation (EAS itself)
//   the demanded one -> buys; none, unknown, of another schema, attester, recipient, revoked, expired -> reverts
// consent
//   all subjects in, within the window -> buys; missing -> reverts
//   a version whose flags no longer speak of it, and what was bought before the first question -> the same
//   a withdrawal -> every grant sleeps at once, also gifts; anyone stops a subscription with its refund; others reverts
contract GrantsGatesTest is MarketFixture {
    uint256 internal constant MANAGER_KEY = 0xa11ce;

    ListingTerms internal terms;

    function setUp() public override {
        super.setUp();
        keep(terms, offer());
        manager = vm.addr(MANAGER_KEY);
        vm.deal(manager, 100 ether);
        vm.prank(owner);
        hubs.setRoles(hubId, manager, Roles.MANAGER);
    }

    // ------------------------------------------------------------------------------------------------------ approval

    function test_restricted_buysWithAnApproval() public {
        Purchase memory purchase = restrictedOrder();
        bothRefuse(purchase, abi.encodeWithSelector(IGrants.ApprovalMissing.selector, purchase.listingId));
        purchase.approval = approve(MANAGER_KEY, purchase, uint40(block.timestamp));
        assertTrue(grants.isActive(buy(purchase), 1));
    }

    function testFuzz_restricted_everyPartIsSigned(uint256 part) public {
        Purchase memory purchase = restrictedOrder();
        Purchase memory signedFor = copy(purchase);
        part = bound(part, 0, 5);
        uint40 deadline = uint40(block.timestamp) + 60;
        if (part == 0) signedFor.listingId += 1;
        if (part == 1) signedFor.version += 1;
        if (part == 2) signedFor.buyer = stranger;
        if (part == 3) signedFor.listing.termsHash = 0;
        purchase.approval = approve(part == 4 ? 0xbad : MANAGER_KEY, signedFor, deadline);
        purchase.approval.manager = manager;
        if (part == 5) purchase.approval.deadline += 1;
        bothRefuse(purchase, abi.encodeWithSelector(IGrants.ApprovalInvalid.selector, manager));
    }

    function test_restricted_refusesLateAndFormer() public {
        Purchase memory purchase = restrictedOrder();
        uint40 deadline = uint40(block.timestamp) + 60;
        purchase.approval = approve(MANAGER_KEY, purchase, deadline);
        vm.warp(deadline + 1);
        bothRefuse(purchase, abi.encodeWithSelector(IGrants.DeadlinePassed.selector, deadline));
        vm.warp(deadline);
        vm.prank(owner);
        hubs.setRoles(hubId, manager, Roles.TREASURER);
        bothRefuse(purchase, abi.encodeWithSelector(IGrants.RoleMissing.selector, hubId, manager, 3));
        purchase.approval.manager = address(0);
        bothRefuse(purchase, abi.encodeWithSelector(IGrants.RoleMissing.selector, hubId, address(0), 3));
    }

    function test_restricted_walletContractApproves() public {
        TestWallet wallet = new TestWallet(vm.addr(0xcafe));
        vm.prank(owner);
        hubs.setRoles(hubId, address(wallet), Roles.MANAGER);
        Purchase memory purchase = restrictedOrder();
        purchase.approval = approve(0xcafe, purchase, uint40(block.timestamp));
        purchase.approval.manager = address(wallet);
        assertTrue(grants.isActive(buy(purchase), 1));
    }

    /// @dev Nobody reads under somebody else's approval: without a signed funding only the approved buyer himself can buy.
    function test_restricted_approvalIsNoBearerToken() public {
        Purchase memory purchase = restrictedOrder();
        purchase.approval = approve(MANAGER_KEY, purchase, uint40(block.timestamp));
        purchase.encryptionKey = keccak256("thief's key");
        vm.deal(stranger, purchase.amount);
        vm.prank(stranger);
        vm.expectRevert(abi.encodeWithSelector(IGrants.NotBuyer.selector, stranger, buyer));
        grants.buy{value: purchase.amount}(purchase);
    }

    function test_request_approve_decline() public {
        Purchase memory purchase = restrictedOrder();
        uint64 listingId = purchase.listingId;
        vm.prank(buyer);
        vm.expectEmit(address(grants));
        emit IGrants.GrantRequested(listingId, buyer, 1, "sealed");
        grants.requestGrant(listingId, 1, "sealed");

        Approval memory approval = approve(MANAGER_KEY, purchase, uint40(block.timestamp));
        bytes32 termsHash = purchase.listing.termsHash;
        vm.expectEmit(address(grants));
        emit IGrants.RequestApproved(
            listingId, buyer, 1, termsHash, manager, approval.deadline, approval.signature
        );
        grants.approveRequest(listingId, 1, buyer, termsHash, approval);
        vm.expectRevert(abi.encodeWithSelector(IGrants.ApprovalInvalid.selector, manager));
        grants.approveRequest(listingId, 1, stranger, termsHash, approval);

        vm.prank(manager);
        vm.expectEmit(address(grants));
        emit IGrants.RequestDeclined(listingId, buyer, manager, "no");
        grants.declineRequest(listingId, buyer, "no");
    }

    function test_request_refusals() public {
        Purchase memory purchase = restrictedOrder();
        uint64 listingId = purchase.listingId;
        vm.startPrank(buyer);
        vm.expectRevert(abi.encodeWithSelector(IGrants.TextTooLong.selector, 4097, 4096));
        grants.requestGrant(listingId, 1, new bytes(4097));
        grants.requestGrant(listingId, 1, new bytes(4096));
        vm.expectRevert(abi.encodeWithSelector(IGrants.VersionNotForSale.selector, listingId, 2, 1));
        grants.requestGrant(listingId, 2, "");
        vm.expectRevert(abi.encodeWithSelector(IGrants.RoleMissing.selector, hubId, buyer, 3));
        grants.declineRequest(listingId, buyer, "no");
        vm.stopPrank();
        vm.startPrank(manager);
        vm.expectRevert(abi.encodeWithSelector(IGrants.TextTooLong.selector, 513, 512));
        grants.declineRequest(listingId, buyer, string(new bytes(513)));
        bytes32 gift = grants.giveGrant(listingId, buyer, 1, 0, FOR_EVER, 0, keccak256("key"));
        grants.revokeGrant(gift);
        vm.stopPrank();
        vm.prank(buyer);
        vm.expectRevert(abi.encodeWithSelector(IGrants.BuyerIsBlocked.selector, listingId, buyer));
        grants.requestGrant(listingId, 1, "");
        vm.prank(manager);
        listings.closeListing(listingId);
        vm.prank(stranger);
        vm.expectRevert(abi.encodeWithSelector(IGrants.ListingIsClosed.selector, listingId));
        grants.requestGrant(listingId, 1, "");
    }

    // --------------------------------------------------------------------------------------------------- attestation

    function test_attestation() public {
        address attester = makeAddr("attester");
        bytes32 schema = eas.getSchemaRegistry().register("bool isResearcher", address(0), true);
        bytes32 otherSchema = eas.getSchemaRegistry().register("bool isOther", address(0), true);
        (terms.attestationSchema, terms.attester) = (schema, attester);
        Purchase memory purchase = order(list(terms), terms, BY_MESSAGE);
        bothRefuse(purchase, abi.encodeWithSelector(IGrants.AttestationMissing.selector, schema, attester));
        purchase.attestation = keccak256("nothing");
        bothRefuse(purchase, abi.encodeWithSelector(IGrants.AttestationUnknown.selector, purchase.attestation));
        purchase.attestation = attest(attester, otherSchema, buyer, 0);
        bothRefuse(purchase, abi.encodeWithSelector(IGrants.AttestationSchemaMismatch.selector, otherSchema, schema));
        purchase.attestation = attest(stranger, schema, buyer, 0);
        bothRefuse(purchase, abi.encodeWithSelector(IGrants.AttesterMismatch.selector, stranger, attester));
        purchase.attestation = attest(attester, schema, stranger, 0);
        bothRefuse(purchase, abi.encodeWithSelector(IGrants.AttestationNotForBuyer.selector, stranger, buyer));

        uint64 expiry = uint64(block.timestamp) + 100;
        purchase.attestation = attest(attester, schema, buyer, expiry);
        vm.warp(expiry);
        bothRefuse(
            purchase, abi.encodeWithSelector(IGrants.AttestationExpired.selector, purchase.attestation, expiry)
        );
        vm.warp(expiry - 1);
        assertTrue(grants.isActive(buy(purchase), 1));

        purchase.buyerSalt = 0;
        vm.prank(attester);
        eas.revoke(IEASService.Revocation(schema, IEASService.RevocationData(purchase.attestation, 0)));
        bothRefuse(
            purchase,
            abi.encodeWithSelector(IGrants.AttestationRevoked.selector, purchase.attestation, block.timestamp)
        );
    }

    // ------------------------------------------------------------------------------------------------------- consent

    function test_attestation_onAChainWithoutTheService() public {
        (terms.attestationSchema, terms.attester) = (keccak256("schema"), makeAddr("attester"));
        Purchase memory purchase = order(list(terms), terms, BY_MESSAGE);
        purchase.attestation = keccak256("of another chain");
        grants = IGrants(deployCode("Grants", abi.encode(hubs, listings, channels, subscriptions, consents, address(0))));
        bothRefuse(purchase, abi.encodeWithSelector(IGrants.AttestationsNotAvailable.selector));
    }

    function test_DOMAIN_SEPARATOR() public view {
        bytes32 kind =
            keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)");
        bytes32 domain = keccak256(
            abi.encode(kind, keccak256("Weir Grants"), keccak256("1"), block.chainid, address(grants))
        );
        assertEq(grants.DOMAIN_SEPARATOR(), domain);
    }

    function test_consent_gatesTheSaleAndTheAccess() public {
        terms.flags |= ListingFlags.PERSONAL_DATA;
        uint64 listingId = list(terms);
        Purchase memory purchase = order(listingId, terms, BY_MESSAGE);
        bothRefuse(purchase, abi.encodeWithSelector(IGrants.ConsentMissing.selector, listingId));
        bytes32[] memory subjects = openRound(listingId);
        bytes32 grantId = buy(purchase);
        vm.prank(manager);
        bytes32 gift = grants.giveGrant(listingId, stranger, 1, 0, FOR_EVER, 0, keccak256("key"));
        assertTrue(grants.isActive(grantId, 1) && grants.isActive(gift, 1));

        withdrawOne(listingId, subjects);
        assertFalse(grants.isActive(grantId, 1));
        assertFalse(grants.isActive(listingId, buyer, 1));
        assertFalse(grants.isActive(gift, 1));
        purchase.buyerSalt = 0;
        bothRefuse(purchase, abi.encodeWithSelector(IGrants.ConsentMissing.selector, listingId));
    }

    /// @dev A seller who takes the flag out of the next version sells the same people's data.
    function test_consent_noLaterVersionGetsRidOfIt() public {
        terms.flags |= ListingFlags.PERSONAL_DATA;
        uint64 listingId = list(terms);
        bytes32[] memory subjects = openRound(listingId);
        terms.flags &= ~ListingFlags.PERSONAL_DATA;
        vm.prank(manager);
        listings.reviseListing(listingId, terms, METADATA);
        Purchase memory purchase = order(listingId, terms, BY_MESSAGE);
        purchase.version = 2;
        bytes32 grantId = buy(purchase);
        assertTrue(grants.isActive(grantId, 1));
        withdrawOne(listingId, subjects);
        assertFalse(grants.isActive(grantId, 1));
        purchase.buyerSalt = 0;
        bothRefuse(purchase, abi.encodeWithSelector(IGrants.ConsentMissing.selector, listingId));
    }

    function test_consent_bindsPurchasesOfBeforeTheFirstRound() public {
        uint64 listingId = list(terms);
        bytes32 grantId = buy(order(listingId, terms, BY_MESSAGE));
        bytes32[] memory subjects = openRound(listingId);
        assertTrue(grants.isActive(grantId, 1));
        withdrawOne(listingId, subjects);
        assertTrue(grants.grants(grantId).personal);
        assertFalse(grants.isActive(grantId, 1));
    }

    /// @dev Given before anybody was asked: from the first question on it depends on the answers as everything else does.
    function testFuzz_consent_bindsGiftsOfBeforeTheFirstRound(bool isAsked) public {
        uint64 listingId = list(terms);
        vm.prank(manager);
        bytes32 gift = grants.giveGrant(listingId, stranger, 1, 0, FOR_EVER, 0, keccak256("key"));
        assertTrue(grants.isActive(gift, 1));
        assertFalse(grants.grants(gift).personal);
        if (isAsked) {
            bytes32[] memory asked = new bytes32[](1);
            asked[0] = keccak256("salted subject");
            vm.prank(manager);
            consents.openRound(listingId, keccak256("form"), 0, FOR_EVER, asked, false);
        } else {
            bytes32[] memory subjects = openRound(listingId);
            assertTrue(grants.isActive(gift, 1));
            withdrawOne(listingId, subjects);
        }
        assertTrue(grants.grants(gift).personal);
        assertFalse(grants.isActive(gift, 1));
        assertFalse(grants.isActive(listingId, stranger, 1));
    }

    function testFuzz_consent_anyoneStopsWithARefund(uint40 after_) public {
        keep(terms, timedOffer());
        terms.flags |= ListingFlags.PERSONAL_DATA;
        uint64 listingId = list(terms);
        bytes32[] memory subjects = openRound(listingId);
        Purchase memory purchase = order(listingId, terms, BY_PERIOD);
        purchase.notAfter = FOR_EVER;
        bytes32 grantId = buy(purchase);
        SubscriptionTerms memory derived = timedTermsOf(purchase, 1_000_000);
        after_ = uint40(bound(after_, 0, 3 days - 1));
        vm.warp(block.timestamp + after_);
        address[] memory relays = terms.relays;
        vm.expectRevert(abi.encodeWithSelector(IGrants.GrantNotSuspended.selector, grantId));
        grants.stopSuspended(grantId, derived, relays);
        withdrawOne(listingId, subjects);
        uint256 had = buyer.balance;
        vm.expectEmit(address(grants));
        emit IGrants.GrantSuspended(grantId, listingId);
        vm.prank(stranger);
        grants.stopSuspended(grantId, derived, relays);
        assertEq(buyer.balance - had, purchase.amount - 200_000 - uint256(after_) * 1_000_000 / 1 days);
        assertFalse(grants.isBlocked(listingId, buyer));
        vm.expectRevert(abi.encodeWithSelector(IGrants.GrantIsRevoked.selector, grantId));
        grants.stopSuspended(grantId, derived, relays);
    }

    function test_stopSuspended_refusesOthers() public {
        uint64 listingId = list(terms);
        Purchase memory purchase = order(listingId, terms, BY_MESSAGE);
        bytes32 grantId = buy(purchase);
        SubscriptionTerms memory none;
        vm.expectRevert(abi.encodeWithSelector(IGrants.GrantNotSuspended.selector, grantId));
        grants.stopSuspended(grantId, none, terms.relays);
        vm.expectRevert(abi.encodeWithSelector(IGrants.GrantUnknown.selector, bytes32(0)));
        grants.stopSuspended(0, none, terms.relays);
    }

    // ------------------------------------------------------------------------------------------------------- helpers

    function restrictedOrder() internal returns (Purchase memory) {
        terms.flags |= ListingFlags.RESTRICTED;
        return order(list(terms), terms, BY_MESSAGE);
    }

    function approve(uint256 key, Purchase memory purchase, uint40 deadline) internal view returns (Approval memory) {
        bytes32 digest = grants.hashApproval(
            purchase.listingId, purchase.version, purchase.buyer, purchase.listing.termsHash, deadline
        );
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(key, digest);
        return Approval(vm.addr(key), deadline, abi.encodePacked(r, s, v));
    }

    function attest(address attester, bytes32 schema, address recipient, uint64 expiry) internal returns (bytes32) {
        vm.prank(attester);
        return eas.attest(
            IEASService.SchemaRequest(schema, IEASService.Request(recipient, expiry, true, 0, abi.encode(true), 0))
        );
    }

    function openRound(uint64 listingId) internal returns (bytes32[] memory subjects) {
        subjects = new bytes32[](2);
        (subjects[0], subjects[1]) = (keccak256("salted subject 1"), keccak256("salted subject 2"));
        uint40 from = uint40(block.timestamp);
        vm.prank(manager);
        consents.openRound(listingId, keccak256("form"), from, from + 365 days, subjects, true);
    }

    function withdrawOne(uint64 listingId, bytes32[] memory subjects) internal {
        bytes32[] memory one = new bytes32[](1);
        one[0] = subjects[1];
        vm.prank(manager);
        consents.withdrawConsents(listingId, one);
    }
}

// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {Test} from "@uniswap/v4-core/lib/forge-std/src/Test.sol";
import {IChannels} from "../../../contracts/interfaces/IChannels.sol";
import {IGrants} from "../../../contracts/interfaces/IGrants.sol";
import {IHubs} from "../../../contracts/interfaces/IHubs.sol";
import {IListings} from "../../../contracts/interfaces/IListings.sol";
import {DepositCap, Terms} from "../../../contracts/types/ChannelTypes.sol";
import {Approval, Funding, Purchase} from "../../../contracts/types/GrantTypes.sol";
import {PublicKey, Roles} from "../../../contracts/types/HubTypes.sol";
import {ListingTerms, Plan, PlanKind, Rights, SegmentLimits} from "../../../contracts/types/ListingTypes.sol";

/// @dev The real contracts, one hub with a manager and a gateway, and one listing's terms with a plan of each supported kind.
abstract contract MarketFixture is Test {
    uint40 internal constant FOR_EVER = type(uint40).max;
    uint256 internal constant MINIMUM_BOND = 0.01 ether;
    uint40 internal constant DISPUTE_WINDOW = 7 days;
    string internal constant METADATA = '{"name":"Weather"}';

    uint8 internal constant BY_MESSAGE = 0;
    uint8 internal constant BY_BYTE = 1;
    uint8 internal constant FOR_FREE = 2;

    IChannels internal channels;
    IHubs internal hubs;
    IListings internal listings;
    IGrants internal grants;

    address internal owner = makeAddr("owner");
    address internal manager = makeAddr("manager");
    address internal operator = makeAddr("operator");
    address internal payout = makeAddr("payout");
    address internal relay = makeAddr("relay");
    address internal market = makeAddr("market");
    address internal buyer = makeAddr("buyer");
    address internal signer = makeAddr("signer");
    address internal stranger = makeAddr("stranger");
    uint64 internal hubId;

    function setUp() public virtual {
        vm.warp(1_800_000_000);
        channels = IChannels(deployCode("Channels", abi.encode(new DepositCap[](0))));
        hubs = IHubs(deployCode("Hubs"));
        listings = IListings(deployCode("Listings", abi.encode(hubs, address(0), MINIMUM_BOND, DISPUTE_WINDOW)));
        grants = IGrants(deployCode("Grants", abi.encode(hubs, listings, channels)));

        vm.startPrank(owner);
        hubId = hubs.createHub(METADATA, payout, keccak256("hub's X25519 key"));
        hubs.setRoles(hubId, manager, Roles.MANAGER);
        hubs.registerPublisherKey(hubId, operator, generator());
        vm.stopPrank();
        vm.deal(manager, 100 ether);
        vm.deal(buyer, 100 ether);
    }

    /// @dev P-256's base point.
    function generator() internal pure returns (PublicKey memory) {
        return PublicKey(
            0x6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296,
            0x4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5
        );
    }

    /// @dev Twice the base point.
    function otherKey() internal pure returns (PublicKey memory) {
        return PublicKey(
            0x7cf27b188d034f7e8a52380304b51ac3c08969e277f21b35a60b48fc47669978,
            0x07775510db8ed040293d9ac69f7430dbba7dade63ce982299e04b79d227873d1
        );
    }

    function offer() internal view returns (ListingTerms memory terms) {
        terms.hubId = hubId;
        terms.payee = payout;
        terms.operator = operator;
        terms.plans = new Plan[](3);
        terms.plans[BY_MESSAGE] = meteredPlan(PlanKind.MESSAGE, 1e11, 1, 2 * 256 * 1e11);
        terms.plans[BY_BYTE] = meteredPlan(PlanKind.BYTE, 1e13, 1 << 20, 2 * 625_000_000_000);
        terms.plans[FOR_FREE] = freePlan();
        terms.relays = new address[](1);
        terms.relays[0] = relay;
        terms.relayBps = 1_000;
        terms.markets = new address[](1);
        terms.markets[0] = market;
        terms.marketBps = 250;
        terms.challenge = 1 hours;
        terms.epochLength = 1;
        terms.segment = SegmentLimits(50, 256, 65_536);
        terms.termsHash = keccak256("agreement");
        terms.flags = 1;
        terms.metadataHash = keccak256(bytes(METADATA));
    }

    function meteredPlan(uint8 kind, uint96 price, uint64 unit, uint96 entry) internal pure returns (Plan memory plan) {
        plan.kind = kind;
        plan.rights = Rights.READ;
        plan.price = price;
        plan.unit = unit;
        plan.entry = entry;
        plan.maxWindow = FOR_EVER;
    }

    function freePlan() internal pure returns (Plan memory plan) {
        plan.kind = PlanKind.FREE;
        plan.rights = Rights.READ | Rights.HISTORY;
        plan.maxWindow = 30 days;
        plan.notice = 1 hours;
    }

    function list(ListingTerms memory terms) internal returns (uint64 listingId) {
        vm.prank(manager);
        listingId = listings.createListing{value: MINIMUM_BOND}(hubId, terms, METADATA);
    }

    /// @dev A purchase of version 1 that works, paid in ETH or free.
    function order(uint64 listingId, ListingTerms memory terms, uint8 plan)
        internal
        view
        returns (Purchase memory purchase)
    {
        purchase.listingId = listingId;
        purchase.version = 1;
        purchase.plan = plan;
        purchase.listing = terms;
        purchase.buyer = buyer;
        purchase.signer = signer;
        purchase.encryptionKey = keccak256("buyer's X25519 key");
        purchase.buyerSalt = keccak256("salt");
        purchase.notAfter = uint40(block.timestamp) + 7 days;
        bool isFree = terms.plans[plan].kind == PlanKind.FREE;
        purchase.amount = isFree ? 0 : terms.plans[plan].entry;
        purchase.funding = isFree ? Funding.NONE : terms.token == address(0) ? Funding.NATIVE : Funding.PULL;
        purchase.approval = Approval(0, "");
    }

    function buy(Purchase memory purchase) internal returns (bytes32 grantId) {
        vm.prank(purchase.buyer);
        return grants.buy{value: purchase.funding == Funding.NATIVE ? purchase.amount : 0}(purchase);
    }

    /// @dev Written out a second time on purpose: what the contract derives must equal what its documentation says.
    function termsOf(Purchase memory purchase) internal pure returns (Terms memory) {
        ListingTerms memory listing = purchase.listing;
        bool hasMarket = purchase.market != address(0);
        return Terms(
            purchase.buyer,
            listing.payee,
            listing.operator,
            listing.token,
            purchase.signer,
            purchase.listingId,
            keccak256(abi.encode(listing.relays)),
            listing.relayBps,
            purchase.market,
            hasMarket ? listing.marketBps : 0,
            listing.challenge,
            saltOf(purchase)
        );
    }

    function saltOf(Purchase memory purchase) internal pure returns (bytes32) {
        return keccak256(
            abi.encode(
                purchase.buyerSalt,
                purchase.version,
                purchase.plan,
                purchase.listing.plans[purchase.plan].price,
                purchase.listing.termsHash,
                purchase.encryptionKey,
                purchase.signer,
                purchase.notBefore,
                purchase.notAfter
            )
        );
    }

    function grantIdOf(Purchase memory purchase, bytes32 paymentId) internal pure returns (bytes32) {
        return keccak256(abi.encode(purchase.listingId, purchase.buyer, paymentId));
    }
}

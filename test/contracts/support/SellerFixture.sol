// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IHubs} from "../../../contracts/interfaces/IHubs.sol";
import {IListings} from "../../../contracts/interfaces/IListings.sol";
import {PublicKey, Roles} from "../../../contracts/types/HubTypes.sol";
import {ListingTerms, Plan, PlanKind, Rights, SegmentLimits} from "../../../contracts/types/ListingTypes.sol";
import {Test} from "./Test.sol";

/// @dev The selling side alone: one hub with an account of every role, and one listing's terms with a plan of every kind.
abstract contract SellerFixture is Test {
    uint40 internal constant FOR_EVER = type(uint40).max;
    uint256 internal constant MINIMUM_BOND = 0.01 ether;
    uint40 internal constant DISPUTE_WINDOW = 7 days;
    string internal constant METADATA = '{"name":"Weather"}';

    uint8 internal constant BY_MESSAGE = 0;
    uint8 internal constant BY_BYTE = 1;
    uint8 internal constant BY_PERIOD = 2;
    uint8 internal constant FLAT = 3;
    uint8 internal constant FOR_FREE = 4;

    IHubs internal hubs;
    IListings internal listings;

    address internal owner = makeAddr("owner");
    address internal manager = makeAddr("manager");
    address internal treasurer = makeAddr("treasurer");
    address internal operator = makeAddr("operator"); // holds PUBLISHER
    address internal stranger = makeAddr("stranger");
    address internal payout = makeAddr("payout");
    address internal disputes = makeAddr("disputes");
    address internal relay = makeAddr("relay");
    address internal market = makeAddr("market");
    uint64 internal hubId;

    function setUp() public virtual {
        vm.warp(1_800_000_000);
        hubs = IHubs(deployCode("Hubs", ""));
        listings = IListings(deployCode("Listings", abi.encode(hubs, disputes, MINIMUM_BOND, DISPUTE_WINDOW)));

        vm.startPrank(owner);
        hubId = hubs.createHub(METADATA, payout, keccak256("hub's X25519 key"));
        hubs.setRoles(hubId, manager, Roles.MANAGER);
        hubs.setRoles(hubId, treasurer, Roles.TREASURER);
        hubs.registerPublisherKey(hubId, operator, generator());
        vm.stopPrank();
        vm.deal(manager, 100 ether);
    }

    /// @dev P-256's base point.
    function generator() internal pure returns (PublicKey memory) {
        return PublicKey(
            0x6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296,
            0x4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5
        );
    }

    // ----------------------------------------------------------------------------------------------------------- offers

    function offer() internal view returns (ListingTerms memory terms) {
        terms.hubId = hubId;
        terms.payee = payout;
        terms.operator = operator;
        terms.plans = new Plan[](5);
        terms.plans[BY_MESSAGE] = meteredPlan(PlanKind.MESSAGE, 1e11, 1, 2 * 256 * 1e11);
        terms.plans[BY_BYTE] = meteredPlan(PlanKind.BYTE, 1e13, 1 << 20, 2 * 625_000_000_000);
        terms.plans[BY_PERIOD] = periodPlan();
        terms.plans[FLAT] = flatPlan();
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

    function periodPlan() internal pure returns (Plan memory plan) {
        plan.kind = PlanKind.PERIOD;
        plan.rights = Rights.READ | Rights.HISTORY;
        plan.price = 1 ether;
        plan.period = 30 days;
        plan.upfront = 0.1 ether;
        plan.maxWindow = FOR_EVER;
        plan.notice = 1 hours;
    }

    function flatPlan() internal pure returns (Plan memory plan) {
        plan.kind = PlanKind.FLAT;
        plan.rights = Rights.READ | Rights.HISTORY;
        plan.upfront = 2 ether;
        plan.maxWindow = 365 days;
        plan.notice = 1 hours;
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

    function accepted(ListingTerms memory terms) internal {
        uint64 listingId = list(terms);
        assertEq(listings.termsHashOf(listingId, 1), keccak256(abi.encode(terms)));
    }

    function refused(ListingTerms memory terms, bytes memory reason) internal {
        vm.prank(manager);
        vm.expectRevert(reason);
        listings.createListing{value: MINIMUM_BOND}(hubId, terms, METADATA);
    }

    /// @dev The hub of this fixture goes to `newOwner`.
    function transferHubTo(address newOwner) internal {
        vm.prank(owner);
        hubs.transferHub(hubId, newOwner);
        vm.prank(newOwner);
        hubs.acceptHub(hubId);
    }

    // ------------------------------------------------------------------------------------------------- who may do what

    uint8 internal constant OWNER_ = 1;
    uint8 internal constant MANAGER_ = 2;
    uint8 internal constant TREASURER_ = 4;
    uint8 internal constant PUBLISHER_ = 8;
    uint8 internal constant STRANGER_ = 16;
    uint8 internal constant DISPUTES_ = 32;
    uint8 internal constant ANYBODY_ = 63;

    /// @dev One row of a table role × function: the same call by everybody, each from the same state. Who is not allowed
    /// must be refused for who he is, not for anything else.
    function row(string memory name, address target, uint256 value, bytes memory data, uint8 allowed, bytes4 refusal)
        internal
    {
        address[6] memory actors = [owner, manager, treasurer, operator, stranger, disputes];
        for (uint256 i; i < actors.length; ++i) {
            uint256 state = vm.snapshotState();
            vm.deal(actors[i], 100 ether);
            vm.prank(actors[i]);
            (bool done, bytes memory answer) = target.call{value: value}(data);
            assertEq(done, allowed & (1 << i) != 0, string.concat(name, " by ", vm.getLabel(actors[i])));
            if (!done) assertEq(bytes32(bytes4(answer)), bytes32(refusal), string.concat(name, ": why refused"));
            assertTrue(vm.revertToState(state));
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {Test} from "./Test.sol";
import {IChannels} from "../../../contracts/interfaces/IChannels.sol";
import {IGrants} from "../../../contracts/interfaces/IGrants.sol";
import {IConsents} from "../../../contracts/interfaces/IConsents.sol";
import {IEAS} from "../../../contracts/interfaces/IEAS.sol";
import {IHubs} from "../../../contracts/interfaces/IHubs.sol";
import {IListings} from "../../../contracts/interfaces/IListings.sol";
import {ISubscriptions} from "../../../contracts/interfaces/ISubscriptions.sol";
import {Terms} from "../../../contracts/types/ChannelTypes.sol";
import {DepositCap} from "../../../contracts/types/EscrowTypes.sol";
import {Approval, Funding, Purchase} from "../../../contracts/types/GrantTypes.sol";
import {PublicKey, Roles} from "../../../contracts/types/HubTypes.sol";
import {ListingTerms, Plan, PlanKind, Rights, SegmentLimits} from "../../../contracts/types/ListingTypes.sol";
import {SubscriptionTerms} from "../../../contracts/types/SubscriptionTypes.sol";

/// @dev The parts of the real Ethereum Attestation Service that tests use.
interface IEASService is IEAS {
    struct Request {
        address recipient;
        uint64 expirationTime;
        bool revocable;
        bytes32 refUID;
        bytes data;
        uint256 value;
    }

    struct SchemaRequest {
        bytes32 schema;
        Request data;
    }

    struct RevocationData {
        bytes32 uid;
        uint256 value;
    }

    struct Revocation {
        bytes32 schema;
        RevocationData data;
    }

    function attest(SchemaRequest calldata request) external payable returns (bytes32);
    function revoke(Revocation calldata request) external payable;
    function getSchemaRegistry() external view returns (ISchemaRegistry);
}

interface ISchemaRegistry {
    function register(string calldata schema, address resolver, bool revocable) external returns (bytes32);
}

/// @dev The real contracts, one hub with a manager and a gateway, and one listing's terms with a plan of each supported kind.
abstract contract MarketFixture is Test {
    uint40 internal constant FOR_EVER = type(uint40).max;
    uint256 internal constant MINIMUM_BOND = 0.01 ether;
    uint40 internal constant DISPUTE_WINDOW = 7 days;
    string internal constant METADATA = '{"name":"Weather"}';

    Funding internal constant NONE = Funding.NONE;

    uint8 internal constant BY_MESSAGE = 0;
    uint8 internal constant BY_BYTE = 1;
    uint8 internal constant FOR_FREE = 2;
    uint8 internal constant BY_PERIOD = 0; // of timedOffer
    uint8 internal constant FLAT = 1;

    IChannels internal channels;
    IHubs internal hubs;
    IListings internal listings;
    ISubscriptions internal subscriptions;
    IConsents internal consents;
    IEASService internal eas;
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
        hubs = IHubs(deployCode("Hubs", ""));
        listings = IListings(deployCode("Listings", abi.encode(hubs, address(0), MINIMUM_BOND, DISPUTE_WINDOW)));
        subscriptions = ISubscriptions(deployCode("Subscriptions", abi.encode(new DepositCap[](0))));
        consents = IConsents(deployCode("Consents", abi.encode(listings)));
        eas = deployEas();
        grants = IGrants(deployCode("Grants", abi.encode(hubs, listings, channels, subscriptions, consents, eas)));

        vm.startPrank(owner);
        hubId = hubs.createHub(METADATA, payout, keccak256("hub's X25519 key"));
        hubs.setRoles(hubId, manager, Roles.MANAGER);
        hubs.registerPublisherKey(hubId, operator, generator());
        vm.stopPrank();
        vm.deal(manager, 100 ether);
        vm.deal(buyer, 100 ether);
    }

    /// @dev EAS from its own artefacts: what is deployed here is what runs elsewhere.
    function deployEas() internal returns (IEASService) {
        address registry = create(easCode("SchemaRegistry.sol/SchemaRegistry"));
        return IEASService(create(abi.encodePacked(easCode("EAS.sol/EAS"), abi.encode(registry))));
    }

    function easCode(string memory name) private view returns (bytes memory) {
        string memory folder = "node_modules/@ethereum-attestation-service/eas-contracts/artifacts/contracts/";
        return vm.parseJsonBytes(vm.readFile(string.concat(folder, name, ".json")), ".bytecode");
    }

    function create(bytes memory code) private returns (address made) {
        assembly ("memory-safe") {
            made := create(0, add(code, 0x20), mload(code))
        }
        require(made != address(0), "deployment failed");
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

    /// @dev A listing that sells time: a day for a million with 200,000 at once, and everything for five million.
    function timedOffer() internal view returns (ListingTerms memory terms) {
        terms = offer();
        terms.plans = new Plan[](2);
        Plan memory period = terms.plans[BY_PERIOD];
        (period.kind, period.rights, period.maxWindow) = (PlanKind.PERIOD, Rights.READ | Rights.HISTORY, FOR_EVER);
        (period.price, period.period, period.upfront, period.notice) = (1_000_000, 1 days, 200_000, 2 hours);
        Plan memory flat = terms.plans[FLAT];
        (flat.kind, flat.rights, flat.maxWindow) = (PlanKind.FLAT, Rights.READ, 365 days);
        (flat.upfront, flat.notice) = (5_000_000, 1 hours);
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

    /// @dev `to = from`, by hand: the compiler's quick generator copies no array of structs to storage.
    function keep(ListingTerms storage to, ListingTerms memory from) internal {
        delete to.plans;
        for (uint256 i; i < from.plans.length; ++i) to.plans.push(from.plans[i]);
        (to.hubId, to.payee, to.operator, to.token) = (from.hubId, from.payee, from.operator, from.token);
        (to.relays, to.relayBps) = (from.relays, from.relayBps);
        (to.markets, to.marketBps) = (from.markets, from.marketBps);
        (to.challenge, to.epochLength, to.segment) = (from.challenge, from.epochLength, from.segment);
        (to.historyDepth, to.saleUntil, to.termsHash) = (from.historyDepth, from.saleUntil, from.termsHash);
        (to.flags, to.metadataHash, to.arbiter) = (from.flags, from.metadataHash, from.arbiter);
        (to.attestationSchema, to.attester) = (from.attestationSchema, from.attester);
        assert(keccak256(abi.encode(to)) == keccak256(abi.encode(from)));
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
        purchase.amount = isFree ? 0 : terms.plans[plan].entry + terms.plans[plan].upfront + terms.plans[plan].price
            * (terms.plans[plan].kind == PlanKind.PERIOD ? 3 : 0); // three periods
        purchase.funding = isFree ? Funding.NONE : terms.token == address(0) ? Funding.NATIVE : Funding.PULL;
        purchase.approval = Approval(address(0), 0, "");
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

    /// @dev The same for a plan of time at `unitPrice`.
    function timedTermsOf(Purchase memory purchase, uint96 unitPrice)
        internal
        view
        returns (SubscriptionTerms memory terms)
    {
        ListingTerms memory listing = purchase.listing;
        Plan memory plan = listing.plans[purchase.plan];
        bool isFlat = plan.kind == PlanKind.FLAT;
        terms.payer = purchase.buyer;
        terms.payee = listing.payee;
        terms.operator = listing.operator;
        terms.token = listing.token;
        terms.signer = purchase.signer;
        terms.stopper = address(grants);
        terms.listingId = purchase.listingId;
        terms.price = isFlat ? 0 : unitPrice;
        terms.period = isFlat ? 0 : plan.period;
        terms.upfront = isFlat ? unitPrice : plan.upfront;
        terms.relaysHash = keccak256(abi.encode(listing.relays));
        terms.relayBps = listing.relayBps;
        terms.market = purchase.market;
        terms.marketBps = purchase.market == address(0) ? 0 : listing.marketBps;
        terms.notice = plan.notice;
        terms.salt = saltAt(purchase, unitPrice);
    }

    function saltOf(Purchase memory purchase) internal pure returns (bytes32) {
        return saltAt(purchase, purchase.listing.plans[purchase.plan].price);
    }

    function saltAt(Purchase memory purchase, uint96 unitPrice) internal pure returns (bytes32) {
        return keccak256(
            abi.encode(
                purchase.buyerSalt,
                purchase.version,
                purchase.plan,
                unitPrice,
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

    function copy(Purchase memory purchase) internal pure returns (Purchase memory) {
        return abi.decode(abi.encode(purchase), (Purchase));
    }

    function refused(Purchase memory purchase, bytes memory reason) internal {
        vm.prank(purchase.buyer);
        vm.expectRevert(reason);
        grants.buy{value: purchase.funding == Funding.NATIVE ? purchase.amount : 0}(purchase);
    }

    function bothRefuse(Purchase memory purchase, bytes memory reason) internal {
        vm.expectRevert(reason);
        grants.check(purchase);
        refused(purchase, reason);
    }
}

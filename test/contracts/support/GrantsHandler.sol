// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {Channel} from "../../../contracts/types/ChannelTypes.sol";
import {Funding, GIVEN, Grant, Purchase} from "../../../contracts/types/GrantTypes.sol";
import {ListingTerms, PlanKind} from "../../../contracts/types/ListingTypes.sol";
import {Subscription} from "../../../contracts/types/SubscriptionTypes.sol";
import {MarketFixture} from "./MarketFixture.sol";

/// @notice Plays buyers, a seller, thieves and the clock over a metered and a timed listing, and writes down who may have which
/// grant. Buyers pay too little or nothing now and then; thieves buy in other people's names.
contract GrantsHandler is MarketFixture {
    uint256 private constant BUYERS = 12; // few of a run find their four places taken
    uint8 private constant NATIVE_PLANS = 5; // three of the metered listing, two of the timed one

    /// @dev What a grant must be, from the day it was made.
    struct Ghost {
        uint8 rights;
        uint8 kind;
        bytes32 paymentId;
        uint64 listingId;
    }

    ListingTerms private _metered;
    ListingTerms private _timed;
    uint64 public meteredId;
    uint64 public timedId;
    address[BUYERS] private _buyers;
    bytes32[] private _made;
    bytes32[] private _refused;
    mapping(bytes32 grantId => Ghost) public ghosts;

    uint256 public calls;
    uint256 public reverts;
    // Broken laws, counted where they would happen; the invariant test wants zeros.
    uint256 public unpaid; // a purchase was recorded without its money
    uint256 public stolen; // a stranger's purchase or act in somebody's name went through

    function setUp() public override {
        super.setUp();
        keep(_metered, offer());
        keep(_timed, timedOffer());
        (meteredId, timedId) = (list(_metered), list(_timed));
        for (uint256 i; i < BUYERS; ++i) _buyers[i] = makeAddr(string(abi.encodePacked("buyer ", bytes1(uint8(65 + i)))));
    }

    // ------------------------------------------------------------------------------------------------------------ steps

    function buyPlan(uint256 seed, uint96 amount, uint8 plan, bool isGenerous) external {
        Purchase memory purchase = orderOf(seed, plan);
        uint96 price = purchase.amount;
        if (purchase.funding == Funding.NATIVE) {
            purchase.amount = isGenerous ? price : uint96(bound(amount, 0, 2 * uint256(price)));
        }
        if (seed % 7 == 0 && purchase.amount != 0) (purchase.funding, purchase.amount) = (Funding.NONE, 0);
        bytes32 paymentId = paymentOf(purchase);
        bytes32 grantId = grantIdOf(purchase, paymentId);
        vm.deal(purchase.buyer, purchase.amount);
        ++calls;
        vm.prank(purchase.buyer);
        try grants.buy{value: purchase.amount}(purchase) returns (bytes32 made) {
            note(made, Ghost(
                purchase.listing.plans[purchase.plan].rights,
                purchase.listing.plans[purchase.plan].kind,
                paymentId,
                purchase.listingId
            ));
            if (made != grantId || !isPaid(purchase, paymentId)) ++unpaid;
        } catch {
            ++reverts;
            if (ghosts[grantId].kind == 0 && ghosts[grantId].paymentId == 0) _refused.push(grantId);
        }
    }

    function fundAhead(uint256 seed, uint8 plan, uint96 amount) external {
        Purchase memory purchase = orderOf(seed, plan % 2); // the metered plans
        amount = uint96(bound(amount, 1, 2 * purchase.amount));
        vm.deal(purchase.buyer, amount);
        ++calls;
        vm.prank(purchase.buyer);
        try channels.fund{value: amount}(termsOf(purchase), amount, 0) {} catch { ++reverts; }
    }

    function give(uint256 seed, uint8 rights, bytes32 nonce) external {
        rights = uint8(bound(rights, 1, 7));
        uint64 listingId = seed % 2 == 0 ? meteredId : timedId;
        address to = _buyers[seed % BUYERS];
        ++calls;
        vm.prank(manager);
        try grants.giveGrant(listingId, to, rights, 0, uint40(block.timestamp) + 1 days, nonce, "key") returns (
            bytes32 made
        ) {
            note(made, Ghost(rights, GIVEN, keccak256(abi.encode(nonce)), listingId));
        } catch {
            ++reverts; // four live ones, or blocked
        }
    }

    function revoke(uint256 seed) external {
        if (_made.length == 0) return;
        bytes32 grantId = _made[seed % _made.length];
        ++calls;
        vm.prank(manager);
        try grants.revokeGrant(grantId) {} catch { ++reverts; }
        unblockAll(seed);
    }

    /// @dev Everything that a stranger may try in another's name. None of it may record a grant.
    function steal(uint256 seed, uint8 plan, uint8 how) external {
        Purchase memory purchase = orderOf(seed, plan);
        (purchase.signer, purchase.encryptionKey) = (stranger, keccak256("thief's key"));
        bytes32 grantId = grantIdOf(purchase, paymentOf(purchase));
        vm.deal(stranger, purchase.amount);
        vm.startPrank(stranger);
        how %= 5;
        bool done;
        if (how == 0) try grants.buy{value: purchase.amount}(purchase) { done = true; } catch { done = false; }
        if (how == 1) {
            (purchase.funding, purchase.amount) = (Funding.EIP3009, 0);
            purchase.authorization = abi.encode(0, type(uint256).max, bytes32(0), new bytes(65));
            try grants.buy(purchase) { done = true; } catch { done = false; }
        }
        if (how == 2) try grants.buyOne{value: purchase.amount}(purchase) { done = true; } catch { done = false; }
        if (how == 3) {
            Purchase[] memory cart = new Purchase[](1);
            cart[0] = purchase;
            try grants.buyMany{value: purchase.amount}(cart) { done = true; } catch { done = false; }
        }
        if (how == 4) {
            try grants.giveGrant(meteredId, stranger, 1, 0, FOR_EVER, bytes32(seed), "key") { done = true; }
            catch { done = false; }
        }
        vm.stopPrank();
        if (done) ++stolen;
        _refused.push(grantId);
    }

    function pass(uint40 time) external {
        vm.warp(vm.getBlockTimestamp() + bound(time, 1, 12 hours));
    }

    // ------------------------------------------------------------------------------------------------------------ views

    function madeIds() external view returns (bytes32[] memory) {
        return _made;
    }

    function refusedIds() external view returns (bytes32[] memory) {
        return _refused;
    }

    /// @return made 0 if none was made yet.
    /// @return refused 0 if none was refused yet.
    function newest() external view returns (bytes32 made, bytes32 refused) {
        if (_made.length != 0) made = _made[_made.length - 1];
        if (_refused.length != 0) refused = _refused[_refused.length - 1];
    }

    function grantOf(bytes32 grantId) external view returns (Grant memory) {
        return grants.grants(grantId);
    }

    // ---------------------------------------------------------------------------------------------------------- helpers

    function orderOf(uint256 seed, uint8 plan) private view returns (Purchase memory purchase) {
        plan %= NATIVE_PLANS;
        purchase = plan < 3 ? order(meteredId, _metered, plan) : order(timedId, _timed, plan - 3);
        purchase.buyer = _buyers[seed % BUYERS];
        purchase.buyerSalt = bytes32(seed / BUYERS % 1024); // so few that purchases meet again
        purchase.notAfter = plan == 3 ? FOR_EVER : 1_800_000_000 + 30 days;
    }

    function paymentOf(Purchase memory purchase) private view returns (bytes32) {
        uint8 kind = purchase.listing.plans[purchase.plan].kind;
        if (kind == PlanKind.FREE) return saltOf(purchase);
        if (kind == PlanKind.PERIOD) return subscriptions.subscriptionIdOf(timedTermsOf(purchase, 1_000_000));
        if (kind == PlanKind.FLAT) return subscriptions.subscriptionIdOf(timedTermsOf(purchase, 5_000_000));
        return channels.channelIdOf(termsOf(purchase));
    }

    function isPaid(Purchase memory purchase, bytes32 paymentId) private view returns (bool) {
        uint8 kind = purchase.listing.plans[purchase.plan].kind;
        if (kind == PlanKind.FREE) return true;
        if (kind == PlanKind.PERIOD || kind == PlanKind.FLAT) {
            Subscription memory subscription = subscriptions.subscriptions(paymentId);
            return subscription.deposit >= purchase.listing.plans[purchase.plan].upfront
                && subscription.stop > vm.getBlockTimestamp();
        }
        Channel memory channel = channels.channels(paymentId);
        return channel.deposit - channel.claimed >= purchase.listing.plans[purchase.plan].entry;
    }

    function note(bytes32 grantId, Ghost memory ghost) private {
        ghosts[grantId] = ghost;
        _made.push(grantId);
    }

    function unblockAll(uint256 seed) private {
        for (uint64 id = meteredId; id <= timedId; ++id) {
            if (!grants.isBlocked(id, _buyers[seed % BUYERS])) continue;
            vm.prank(manager);
            grants.unblock(id, _buyers[seed % BUYERS]);
        }
    }
}

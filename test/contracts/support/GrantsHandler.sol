// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {Channel} from "../../../contracts/types/ChannelTypes.sol";
import {Funding, GIVEN, Grant, Purchase} from "../../../contracts/types/GrantTypes.sol";
import {ListingTerms, PlanKind} from "../../../contracts/types/ListingTypes.sol";
import {Subscription} from "../../../contracts/types/SubscriptionTypes.sol";
import {ITestToken} from "./ChannelsTokens.sol";
import {GrantsFunding} from "./GrantsFunding.sol";

/// @notice Plays buyers, a seller, thieves and the clock over a metered and a timed listing in the native coin and the same two in a
/// token, and writes down who may have which grant and who paid what. Buyers pay too little or nothing now and then; thieves buy in other
/// people's names. Every buyer, and a bystander who never does anything, allows whoever may ask all of his tokens.
contract GrantsHandler is GrantsFunding {
    uint256 private constant BUYERS = 12; // few of a run find their four places taken
    uint8 private constant NATIVE_PLANS = 5; // three of the metered listing, two of the timed one
    uint8 private constant PLANS = NATIVE_PLANS + 2; // and by the message and by the period in the token
    uint256 private constant RICHES = 1e30;
    uint256 private constant THIEF_KEY = 0x7e1ef;

    /// @dev What a grant must be, from the day it was made.
    struct Ghost {
        uint8 rights;
        uint8 kind;
        bytes32 paymentId;
        uint64 listingId;
    }

    ListingTerms private _metered;
    ListingTerms private _timed;
    ListingTerms private _meteredInToken;
    ListingTerms private _timedInToken;
    ITestToken public token;
    uint64 public meteredId;
    uint64 public timedId;
    uint64 public meteredInTokenId;
    uint64 public timedInTokenId;
    address[BUYERS] private _buyers;
    address private _bystander;
    mapping(address => uint256) private _keys;
    mapping(address => uint256) private _paid; // tokens
    bytes32[] private _made;
    bytes32[] private _refused;
    mapping(bytes32 grantId => Ghost) public ghosts;

    uint256 public calls;
    uint256 public reverts;
    // Broken laws, counted where they would happen; the invariant test wants zeros.
    uint256 public unpaid; // a purchase was recorded without its money
    uint256 public stolen; // a stranger's purchase or act in somebody's name went through
    uint256 public robbed; // tokens of somebody moved whom nobody asked

    function setUp() public override {
        super.setUp();
        keep(_metered, offer());
        keep(_timed, timedOffer());
        keep(_meteredInToken, offer());
        keep(_timedInToken, timedOffer());
        token = ITestToken(deployCode("TestToken", ""));
        (_meteredInToken.token, _timedInToken.token) = (address(token), address(token));
        (meteredId, timedId) = (list(_metered), list(_timed));
        (meteredInTokenId, timedInTokenId) = (list(_meteredInToken), list(_timedInToken));
        for (uint256 i; i < BUYERS; ++i) _buyers[i] = rich(i + 1);
        _bystander = rich(BUYERS + 1);
        stranger = vm.addr(THIEF_KEY);
    }

    /// @dev Somebody with tokens who allows them to everybody who could take them.
    function rich(uint256 key) private returns (address who) {
        who = vm.addr(key);
        _keys[who] = key;
        token.mint(who, RICHES);
        vm.startPrank(who);
        token.approve(address(grants), type(uint256).max);
        token.approve(address(channels), type(uint256).max);
        token.approve(address(subscriptions), type(uint256).max);
        token.approve(PERMIT2, type(uint256).max);
        vm.stopPrank();
    }

    // ------------------------------------------------------------------------------------------------------------ steps

    function buyPlan(uint256 seed, uint96 amount, uint8 plan, bool isGenerous) external {
        Purchase memory purchase = orderOf(seed, plan);
        uint96 price = purchase.amount;
        if (purchase.funding != Funding.NONE) {
            purchase.amount = isGenerous ? price : uint96(bound(amount, 0, 4 * uint256(price)));
        }
        if (seed % 7 == 0 && purchase.amount != 0) (purchase.funding, purchase.amount) = (Funding.NONE, 0);
        if (purchase.funding == Funding.PULL && amount % 3 != 0) {
            purchase.funding = amount % 3 == 1 ? Funding.EIP3009 : Funding.PERMIT2;
            sign(purchase);
        }
        attempt(purchase);
        if (!isUntouched(purchase.buyer)) ++robbed;
    }

    function attempt(Purchase memory purchase) private {
        bytes32 paymentId = paymentOf(purchase);
        bytes32 grantId = grantIdOf(purchase, paymentId);
        uint256 value = purchase.funding == Funding.NATIVE ? purchase.amount : 0;
        bool isSigned = purchase.authorization.length != 0;
        vm.deal(isSigned ? stranger : purchase.buyer, value);
        ++calls;
        vm.prank(isSigned ? stranger : purchase.buyer);
        try grants.buy{value: value}(purchase) returns (bytes32 made) {
            if (purchase.listing.token != address(0)) _paid[purchase.buyer] += purchase.amount;
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
        how %= 6;
        Purchase memory purchase = orderOf(seed, how < 2 ? NATIVE_PLANS + plan % 2 : plan);
        if (seed % 13 == 0) purchase.buyer = _bystander;
        if (how < 2) {
            purchase.funding = seed % 2 == 0 ? Funding.EIP3009 : Funding.PERMIT2;
            if (how == 0) sign(purchase); // the victim's, for a purchase with the victim's keys
        }
        (purchase.signer, purchase.encryptionKey) = (stranger, keccak256("thief's key"));
        if (how == 1) {
            _keys[purchase.buyer] = THIEF_KEY; // over the right id and amount, by the wrong key
            sign(purchase);
            _keys[purchase.buyer] = purchase.buyer == _bystander ? BUYERS + 1 : seed % BUYERS + 1;
        }
        bytes32 grantId = grantIdOf(purchase, paymentOf(purchase));
        uint256 value = purchase.funding == Funding.NATIVE ? purchase.amount : 0;
        vm.deal(stranger, value);
        vm.startPrank(stranger);
        bool done;
        if (how < 3) try grants.buy{value: value}(purchase) { done = true; } catch { done = false; }
        if (how == 3) try grants.buyOne{value: value}(purchase) { done = true; } catch { done = false; }
        if (how == 4) {
            Purchase[] memory cart = new Purchase[](1);
            cart[0] = purchase;
            try grants.buyMany{value: value}(cart) { done = true; } catch { done = false; }
        }
        if (how == 5) {
            try grants.giveGrant(meteredId, stranger, 1, 0, FOR_EVER, bytes32(seed), "key") { done = true; }
            catch { done = false; }
        }
        vm.stopPrank();
        if (done) ++stolen;
        if (!isUntouched(purchase.buyer)) ++robbed;
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

    /// @notice Whether everybody has all tokens but those that he paid.
    function areAllUntouched() external view returns (bool) {
        for (uint256 i; i < BUYERS; ++i) {
            if (!isUntouched(_buyers[i])) return false;
        }
        return isUntouched(_bystander);
    }

    function grantOf(bytes32 grantId) external view returns (Grant memory) {
        return grants.grants(grantId);
    }

    // ---------------------------------------------------------------------------------------------------------- helpers

    function orderOf(uint256 seed, uint8 plan) private view returns (Purchase memory purchase) {
        plan %= PLANS;
        if (plan < 3) purchase = order(meteredId, _metered, plan);
        else if (plan < NATIVE_PLANS) purchase = order(timedId, _timed, plan - 3);
        else if (plan == NATIVE_PLANS) purchase = order(meteredInTokenId, _meteredInToken, BY_MESSAGE);
        else purchase = order(timedInTokenId, _timedInToken, BY_PERIOD);
        purchase.buyer = _buyers[seed % BUYERS];
        purchase.buyerSalt = bytes32(seed / BUYERS % 1024); // so few that purchases meet again
        purchase.notAfter = purchase.listing.plans[purchase.plan].kind == PlanKind.PERIOD ? FOR_EVER : 1_800_000_000 + 30 days;
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

    function isUntouched(address who) private view returns (bool) {
        return token.balanceOf(who) == RICHES - _paid[who];
    }

    function keyOf(address who) internal view override returns (uint256) {
        return _keys[who];
    }

    function note(bytes32 grantId, Ghost memory ghost) private {
        ghosts[grantId] = ghost;
        _made.push(grantId);
    }

    function unblockAll(uint256 seed) private {
        for (uint64 id = meteredId; id <= timedInTokenId; ++id) {
            if (!grants.isBlocked(id, _buyers[seed % BUYERS])) continue;
            vm.prank(manager);
            grants.unblock(id, _buyers[seed % BUYERS]);
        }
    }
}

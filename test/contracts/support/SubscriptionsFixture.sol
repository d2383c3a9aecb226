// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {Test} from "./Test.sol";
import {ISubscriptions} from "../../../contracts/interfaces/ISubscriptions.sol";
import {TestToken} from "../../../contracts/mocks/TestToken.sol";
import {DepositCap} from "../../../contracts/types/EscrowTypes.sol";
import {
    CancelNotice,
    Subscription,
    SubscriptionCommon,
    SubscriptionRow,
    SubscriptionTerms
} from "../../../contracts/types/SubscriptionTypes.sol";

/// @notice Everybody who takes part in a subscription, and the signatures they give.
abstract contract SubscriptionsFixture is Test {
    uint256 internal constant SIGNER_KEY = 0x516;
    uint256 internal constant PAYER_KEY = 0xb0b;
    uint256 internal constant STRANGER_KEY = 0x57a6;

    uint32 internal constant BEGIN = 1_800_000_000;
    uint32 internal constant FOR_EVER = type(uint32).max;
    uint16 internal constant RELAY_BPS = 500;
    uint16 internal constant MARKET_BPS = 100;

    address internal signer = vm.addr(SIGNER_KEY);
    address internal payer = vm.addr(PAYER_KEY);
    address internal stranger = vm.addr(STRANGER_KEY);
    address internal payee = makeAddr("payee");
    address internal operator = makeAddr("operator");
    address internal stopper = makeAddr("stopper");
    address internal relay = makeAddr("relay");
    address internal otherRelay = makeAddr("other relay");
    address internal market = makeAddr("market");

    ISubscriptions internal escrow;
    TestToken internal token;

    function setUp() public virtual {
        vm.warp(BEGIN);
        escrow = deploy(new DepositCap[](0));
        token = TestToken(deployCode("TestToken", ""));
    }

    /// @dev The deployed build, by its artifact: tests compile against the interface alone.
    function deploy(DepositCap[] memory caps) internal returns (ISubscriptions) {
        return ISubscriptions(deployCode("Subscriptions", abi.encode(caps)));
    }

    // ----------------------------------------------------------------------------------------------------------- terms

    function relayList() internal view returns (address[] memory relays) {
        relays = new address[](2);
        (relays[0], relays[1]) = (relay, otherRelay);
    }

    /// @dev Both cuts, 100 units at once, 3 units every 7 seconds, 60 seconds of notice; tests change what they are about.
    function termsIn(address currency) internal view returns (SubscriptionTerms memory terms) {
        terms.payer = payer;
        terms.payee = payee;
        terms.operator = operator;
        terms.token = currency;
        terms.signer = signer;
        terms.stopper = stopper;
        terms.listingId = 7;
        (terms.price, terms.period, terms.upfront, terms.notice) = (3, 7, 100, 60);
        terms.relaysHash = keccak256(abi.encode(relayList()));
        terms.relayBps = RELAY_BPS;
        terms.market = market;
        terms.marketBps = MARKET_BPS;
        terms.salt = keccak256("salt");
    }

    function nativeTerms() internal view returns (SubscriptionTerms memory) {
        return termsIn(address(0));
    }

    function tokenTerms() internal view returns (SubscriptionTerms memory) {
        return termsIn(address(token));
    }

    function flatTerms() internal view returns (SubscriptionTerms memory terms) {
        terms = nativeTerms();
        (terms.price, terms.period) = (0, 0);
    }

    function idOf(SubscriptionTerms memory terms) internal view returns (bytes32) {
        return escrow.subscriptionIdOf(terms);
    }

    function slotOf(SubscriptionTerms memory terms) internal view returns (Subscription memory) {
        return escrow.subscriptions(idOf(terms));
    }

    function isActive(SubscriptionTerms memory terms) internal view returns (bool) {
        return escrow.isActive(idOf(terms));
    }

    function assertSlot(SubscriptionTerms memory terms, uint256 claimed, uint256 deposit, uint256 start, uint256 stop)
        internal
        view
    {
        Subscription memory slot = slotOf(terms);
        assertEq(slot.claimed, claimed, "claimed");
        assertEq(slot.deposit, deposit, "deposit");
        assertEq(slot.start, start, "start");
        assertEq(slot.stop, stop, "stop");
    }

    // ----------------------------------------------------------------------------------------------------------- money

    /// @dev Gives the terms' payer the money and lets him fund.
    function fund(SubscriptionTerms memory terms, uint96 amount) internal {
        uint256 value = endow(terms.payer, terms.token, amount);
        vm.prank(terms.payer);
        escrow.fund{value: value}(terms, amount, 0);
    }

    function endow(address who, address currency, uint96 amount) internal returns (uint256 value) {
        if (currency == address(0)) {
            vm.deal(who, who.balance + amount);
            return amount;
        }
        TestToken(currency).mint(who, amount);
        vm.prank(who);
        TestToken(currency).approve(address(escrow), type(uint256).max);
    }

    function balanceOf(address who, address currency) internal view returns (uint256) {
        return currency == address(0) ? who.balance : TestToken(currency).balanceOf(who);
    }

    /// @return What `who` has and can pull.
    function wealthOf(address who, address currency) internal view returns (uint256) {
        return balanceOf(who, currency) + escrow.owed(who, currency);
    }

    // ----------------------------------------------------------------------------------------------------- what they do

    function sign(uint256 key, bytes32 digest) internal pure returns (bytes memory) {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(key, digest);
        return abi.encodePacked(r, s, v);
    }

    function noticeOf(SubscriptionTerms memory terms) internal view returns (CancelNotice memory) {
        return CancelNotice({
            subscriptionId: idOf(terms),
            stop: slotOf(terms).stop,
            deadline: uint40(vm.getBlockTimestamp() + 1 hours)
        });
    }

    function cancel(SubscriptionTerms memory terms) internal returns (uint96) {
        vm.prank(terms.payer);
        return escrow.cancel(terms, relayList());
    }

    function halt(SubscriptionTerms memory terms) internal returns (uint96) {
        vm.prank(terms.payee);
        return escrow.stop(terms, relayList());
    }

    function commonOf(SubscriptionTerms memory terms) internal view returns (SubscriptionCommon memory common) {
        common.payee = terms.payee;
        common.operator = terms.operator;
        common.token = terms.token;
        common.stopper = terms.stopper;
        common.listingId = terms.listingId;
        common.relays = relayList();
        common.relayBps = terms.relayBps;
        common.market = terms.market;
        common.marketBps = terms.marketBps;
    }

    function rowOf(SubscriptionTerms memory terms) internal pure returns (SubscriptionRow memory) {
        return SubscriptionRow({
            payer: terms.payer,
            signer: terms.signer,
            price: terms.price,
            period: terms.period,
            upfront: terms.upfront,
            notice: terms.notice,
            salt: terms.salt
        });
    }

    function one(SubscriptionTerms memory terms) internal pure returns (SubscriptionRow[] memory rows) {
        rows = new SubscriptionRow[](1);
        rows[0] = rowOf(terms);
    }

    /// @dev The payee claims to himself.
    function claim(SubscriptionTerms memory terms) internal returns (uint256) {
        vm.prank(terms.payee);
        return escrow.claim(commonOf(terms), one(terms), terms.payee);
    }

    /// @dev The market's: its rate is taken from what the relays' leaves.
    function marketShare(uint256 total, uint256 relayBps, uint256 marketBps) internal pure returns (uint256) {
        return (total - share(total, relayBps)) * marketBps / (10_000 - relayBps);
    }

    function share(uint256 total, uint256 bps) internal pure returns (uint256) {
        return total * bps / 10_000;
    }

    /// @dev The relay cut of a total, divided as the interface says.
    function shareOf(uint256 total, uint256 bps, uint256 position, uint256 count) internal pure returns (uint256) {
        uint256 all = share(total, bps);
        return all * (position + 1) / count - all * position / count;
    }
}

// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {Test} from "./Test.sol";
import {IChannels} from "../../../contracts/interfaces/IChannels.sol";
import {
    Channel,
    ClaimCommon,
    ClaimRow,
    CloseNotice,
    CloseOffer,
    Terms,
    Voucher
} from "../../../contracts/types/ChannelTypes.sol";
import {DepositCap} from "../../../contracts/types/EscrowTypes.sol";
import {ITestToken} from "./ChannelsTokens.sol";

/// @notice Everybody who takes part in a channel, and the signatures they give.
abstract contract ChannelsFixture is Test {
    uint256 internal constant SIGNER_KEY = 0x516;
    uint256 internal constant PAYER_KEY = 0xb0b;
    uint256 internal constant PAYEE_KEY = 0x5e11e2;
    uint256 internal constant OPERATOR_KEY = 0x09e2a7;
    uint256 internal constant STRANGER_KEY = 0x57a6;
    uint256 internal constant ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141;

    address internal signer = vm.addr(SIGNER_KEY);
    address internal payer = vm.addr(PAYER_KEY);
    address internal payee = vm.addr(PAYEE_KEY);
    address internal operator = vm.addr(OPERATOR_KEY);
    address internal stranger = vm.addr(STRANGER_KEY);
    address internal relay = makeAddr("relay");
    address internal otherRelay = makeAddr("other relay");
    address internal market = makeAddr("market");

    uint40 internal constant CHALLENGE = 1 days;
    uint16 internal constant RELAY_BPS = 500;
    uint16 internal constant MARKET_BPS = 100;

    IChannels internal channels;
    ITestToken internal token;

    function setUp() public virtual {
        vm.warp(1_800_000_000);
        channels = deploy(new DepositCap[](0));
        token = ITestToken(deployCode("TestToken", ""));
    }

    /// @dev The deployed build, by its artifact: tests compile against the interface alone.
    function deploy(DepositCap[] memory caps) internal returns (IChannels) {
        return IChannels(deployCode("Channels", abi.encode(caps)));
    }

    // ----------------------------------------------------------------------------------------------------------- terms

    function relayList() internal view returns (address[] memory relays) {
        relays = new address[](2);
        (relays[0], relays[1]) = (relay, otherRelay);
    }

    /// @dev Terms with both cuts; tests change what they are about.
    function termsIn(address currency) internal view returns (Terms memory terms) {
        terms.payer = payer;
        terms.payee = payee;
        terms.operator = operator;
        terms.token = currency;
        terms.signer = signer;
        terms.listingId = 7;
        terms.relaysHash = keccak256(abi.encode(relayList()));
        terms.relayBps = RELAY_BPS;
        terms.market = market;
        terms.marketBps = MARKET_BPS;
        terms.challenge = CHALLENGE;
        terms.salt = keccak256("salt");
    }

    function nativeTerms() internal view returns (Terms memory) {
        return termsIn(address(0));
    }

    function tokenTerms() internal view returns (Terms memory) {
        return termsIn(address(token));
    }

    function idOf(Terms memory terms) internal view returns (bytes32) {
        return channels.channelIdOf(terms);
    }

    function slotOf(Terms memory terms) internal view returns (Channel memory) {
        return channels.channels(idOf(terms));
    }

    // --------------------------------------------------------------------------------------------------------- funding

    /// @dev Gives the terms' payer the money and lets him fund.
    function fund(Terms memory terms, uint96 amount) internal {
        uint256 value = endow(terms.payer, terms.token, amount);
        vm.prank(terms.payer);
        channels.fund{value: value}(terms, amount, 0);
    }

    function endow(address who, address currency, uint96 amount) internal returns (uint256 value) {
        if (currency == address(0)) {
            vm.deal(who, who.balance + amount);
            return amount;
        }
        ITestToken(currency).mint(who, amount);
        vm.prank(who);
        ITestToken(currency).approve(address(channels), type(uint256).max);
    }

    function balanceOf(address who, address currency) internal view returns (uint256) {
        return currency == address(0) ? who.balance : ITestToken(currency).balanceOf(who);
    }

    // ------------------------------------------------------------------------------------------------------- signatures

    function sign(uint256 key, bytes32 digest) internal pure returns (bytes memory) {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(key, digest);
        return abi.encodePacked(r, s, v);
    }

    function compact(uint256 key, bytes32 digest) internal pure returns (bytes32 r, bytes32 vs) {
        uint8 v;
        bytes32 s;
        (v, r, s) = vm.sign(key, digest);
        vs = bytes32(uint256(s) | (uint256(v - 27) << 255));
    }

    function voucherOf(Terms memory terms, uint96 cumulative, address by) internal view returns (Voucher memory) {
        return Voucher({channelId: idOf(terms), cumulative: cumulative, relay: by});
    }

    function signVoucher(uint256 key, Voucher memory voucher) internal view returns (bytes memory) {
        return sign(key, channels.hashVoucher(voucher));
    }

    function offerOf(Terms memory terms, uint96 finalCumulative) internal view returns (CloseOffer memory) {
        return CloseOffer({
            channelId: idOf(terms),
            finalCumulative: finalCumulative,
            epoch: slotOf(terms).epoch,
            deadline: uint40(block.timestamp + 1 hours)
        });
    }

    function noticeOf(Terms memory terms) internal view returns (CloseNotice memory) {
        return CloseNotice({
            channelId: idOf(terms),
            epoch: slotOf(terms).epoch,
            deadline: uint40(block.timestamp + 1 hours)
        });
    }

    // ----------------------------------------------------------------------------------------------------------- claims

    function commonOf(Terms memory terms) internal view returns (ClaimCommon memory common) {
        common.payee = terms.payee;
        common.operator = terms.operator;
        common.token = terms.token;
        common.listingId = terms.listingId;
        common.relays = relayList();
        common.relayBps = terms.relayBps;
        common.market = terms.market;
        common.marketBps = terms.marketBps;
        common.challenge = terms.challenge;
    }

    function rowBy(uint256 key, Terms memory terms, uint96 cumulative, address by)
        internal
        view
        returns (ClaimRow memory row)
    {
        (bytes32 r, bytes32 vs) = compact(key, channels.hashVoucher(voucherOf(terms, cumulative, by)));
        row = ClaimRow({
            payer: terms.payer,
            signer: terms.signer,
            salt: terms.salt,
            cumulative: cumulative,
            relay: by,
            r: r,
            vs: vs
        });
    }

    function rowOf(Terms memory terms, uint96 cumulative, address by) internal view returns (ClaimRow memory) {
        return rowBy(SIGNER_KEY, terms, cumulative, by);
    }

    function one(ClaimRow memory row) internal pure returns (ClaimRow[] memory rows) {
        rows = new ClaimRow[](1);
        rows[0] = row;
    }

    /// @dev The payee claims one good voucher to himself.
    function claim(Terms memory terms, uint96 cumulative, address by) internal returns (uint256) {
        ClaimCommon memory common = commonOf(terms);
        ClaimRow[] memory rows = one(rowOf(terms, cumulative, by));
        vm.prank(terms.payee);
        return channels.claim(common, rows, terms.payee);
    }

    function close(Terms memory terms, uint96 cumulative, uint96 capture) internal returns (uint96) {
        Voucher memory voucher = voucherOf(terms, cumulative, relay);
        bytes memory signature = signVoucher(SIGNER_KEY, voucher);
        vm.prank(terms.payee);
        return channels.close(terms, relayList(), voucher, signature, capture);
    }

    function requestClose(Terms memory terms) internal returns (uint40) {
        vm.prank(terms.payer);
        return channels.requestClose(terms);
    }

    function share(uint256 total, uint256 bps) internal pure returns (uint256) {
        return total * bps / 10_000;
    }

    /// @dev The market's part of a total: its rate, taken from what the relays' rate leaves.
    function marketShare(uint256 total) internal pure returns (uint256) {
        return (total - share(total, RELAY_BPS)) * MARKET_BPS / (10_000 - RELAY_BPS);
    }
}

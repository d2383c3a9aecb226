// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IChannels} from "../../../contracts/interfaces/IChannels.sol";
import {
    Channel,
    ClaimCommon,
    ClaimRow,
    CloseNotice,
    CloseOffer,
    Terms,
    TickRow,
    TickVoucher,
    Voucher
} from "../../../contracts/types/ChannelTypes.sol";
import {DepositCap} from "../../../contracts/types/EscrowTypes.sol";
import {ChannelsFunding} from "./ChannelsFunding.sol";

/// @notice Two channels that get the same money and the same vouchers, one by one and all at once in another order; a second
/// deployment and a second chain id where every message is tried again; forged ticks; and a probe that weighs one claim while
/// the market around it grows.
contract ChannelsShadows is ChannelsFunding {
    uint96 private constant MOST = 1e24;
    uint16 private constant STEPS = 16; // ticks of every chain here

    address private constant OTHER_PAYEE = address(0x0e11e2);
    address private constant OTHER_MARKET = address(0x0ae2);

    IChannels public second; // the same contract once more
    Terms[2] private _twins;
    Terms private _probe;
    uint256 private _strangers; // channels opened around the probe

    uint256 public calls;
    uint256 public reverts;
    uint256 public differences; // between the twins
    uint256 public replays; // messages accepted where they were not meant for
    uint256 public forgeries; // ticks accepted without their preimage or beyond their bounds
    uint256 public cheapest = type(uint256).max;
    uint256 public dearest;

    constructor() {
        setUp();
        second = deploy(new DepositCap[](0));
        for (uint256 n; n < 2; ++n) {
            Terms memory terms = nativeTerms();
            terms.payee = n == 0 ? payee : makeAddr("twin's payee");
            terms.market = marketOf(n);
            terms.relaysHash = keccak256(abi.encode(relaysOf(n)));
            _twins[n] = terms;
        }
        _probe = nativeTerms();
        (_probe.salt, _probe.payee, _probe.market) = ("probe", OTHER_PAYEE, OTHER_MARKET);
        fund(_probe, 1e18);
        claim(_probe, 1, relay);
    }

    // ------------------------------------------------------------------------------------------------------------ steps

    function feed(uint96 amount) external {
        amount = uint96(bound(amount, 1, MOST));
        if (slotOf(_twins[0]).deposit > type(uint96).max - MOST) return;
        for (uint256 n; n < 2; ++n) {
            ++calls;
            fund(_twins[n], amount);
        }
        vm.deal(payer, amount);
        vm.prank(payer);
        second.fund{value: amount}(_twins[0], amount, amount);
    }

    /// @dev Three vouchers and one chain of ticks. The first twin sees them one by one, the second in reverse order, the
    /// vouchers in one batch.
    function vouch(uint96[3] calldata totals, uint96 base, uint8 revealed, bool ticksFirst) external {
        uint16 ticks = uint16(bound(revealed, 0, STEPS));
        base = totalFor(base);
        Terms memory terms = _twins[0];
        if (ticksFirst) tickOn(0, base, ticks);
        for (uint256 n; n < 3; ++n) claimOn(0, one(rowOf(terms, totalFor(totals[n]), relayOf(0))));
        if (!ticksFirst) tickOn(0, base, ticks);

        terms = _twins[1];
        ClaimRow[] memory rows = new ClaimRow[](3);
        for (uint256 n; n < 3; ++n) rows[2 - n] = rowOf(terms, totalFor(totals[n]), relayOf(1));
        if (!ticksFirst) tickOn(1, base, ticks);
        claimOn(1, rows);
        if (ticksFirst) tickOn(1, base, ticks);
        if (keccak256(abi.encode(sumsOf(0))) != keccak256(abi.encode(sumsOf(1)))) ++differences;
    }

    /// @dev What is good for the first twin is tried at the second deployment, on another chain, for the other twin, and, where
    /// it closes, an epoch later.
    function replay(uint8 where) external {
        Terms memory terms = _twins[0];
        if (slotOf(terms).deposit == slotOf(terms).claimed) return;
        uint96 total = slotOf(terms).deposit;
        ClaimRow[] memory rows = one(rowOf(terms, total, relay));
        TickRow memory ticks = tickRow(terms, total, 1, STEPS, 1);
        CloseOffer memory offer = offerOf(terms, total);
        CloseNotice memory notice = noticeOf(terms);
        bytes memory offered = sign(PAYEE_KEY, channels.hashCloseOffer(offer));
        bytes memory noticed = sign(PAYER_KEY, channels.hashCloseNotice(notice));
        Voucher memory voucher = voucherOf(terms, total, relay);
        bytes memory signature = signVoucher(SIGNER_KEY, voucher);
        IChannels at = channels;
        where = uint8(bound(where, 0, 3));
        if (where == 0) at = second;
        if (where == 1) vm.chainId(99);
        if (where == 2) terms = _twins[1];
        if (where == 3) {
            vm.startPrank(terms.payer);
            channels.requestClose(terms);
            channels.cancelClose(terms);
            vm.stopPrank();
        }
        address[] memory relays = relaysOf(where == 2 ? 1 : 0);
        if (where != 3) {
            ClaimCommon memory common = commonOn(where == 2 ? 1 : 0);
            if (at.claim(common, rows, address(0)) != 0) ++replays;
            try at.claimTicks(common, ticks, 1, address(0)) { ++replays; } catch { ticks.base = 0; }
        }
        try at.closeWithOffer(terms, relays, offer, offered, voucher, signature) { ++replays; } catch { total = 0; }
        try at.requestCloseWithNotice(terms, notice, noticed) { ++replays; } catch { total = 0; }
        vm.chainId(31337);
    }

    /// @dev Signed chains, and steps that were not revealed or not allowed.
    function forgeTicks(uint8 how, uint16 steps, bytes32 guess) external {
        Terms memory terms = _twins[0];
        if (slotOf(terms).deposit == slotOf(terms).claimed) return;
        uint16 ticks = uint16(bound(steps, 1, STEPS));
        uint96 base = slotOf(terms).claimed;
        TickRow memory row;
        if (how % 3 == 0) {
            row = tickRow(terms, base, 1, STEPS, ticks);
            if (guess == row.preimage) return; // a fuzzer finds the test's own seed in its code
            row.preimage = guess;
        } else if (how % 3 == 1) {
            row = tickRow(terms, base, 1, STEPS, ticks);
            ticks += uint16(bound(uint256(guess), 1, 16)); // seen at one index, stated at a higher one
        } else {
            (row, ticks) = tooLong(terms, base, uint256(guess) % 2 == 0);
        }
        try channels.claimTicks(commonOn(0), row, ticks, address(0)) { ++forgeries; } catch { ticks = 0; }
    }

    /// @dev Ten more channels, closing or not, and more money owed.
    function grow() external {
        Terms memory terms = nativeTerms();
        terms.payee = OTHER_PAYEE;
        for (uint256 n; n < 10; ++n) {
            terms.salt = keccak256(abi.encode(++_strangers));
            fund(terms, 100);
            if (n % 2 == 0) claim(terms, 50, relay);
            if (n % 3 == 0) requestClose(terms);
        }
    }

    /// @dev The second of two claims: what the first warmed up is warm in every weighing.
    function weigh() external {
        ClaimCommon memory common = commonOf(_probe);
        ClaimRow[] memory first = one(rowOf(_probe, slotOf(_probe).claimed + 1_000, relay));
        ClaimRow[] memory next = one(rowOf(_probe, slotOf(_probe).claimed + 2_000, relay));
        channels.claim(common, first, address(0));
        uint256 before = gasleft();
        channels.claim(common, next, address(0));
        uint256 used = before - gasleft();
        if (used < cheapest) cheapest = used;
        if (used > dearest) dearest = used;
    }

    // ----------------------------------------------------------------------------------------------------------- inside

    function relayOf(uint256 n) private pure returns (address) {
        return address(uint160(0x7e1a + n));
    }

    function marketOf(uint256 n) private pure returns (address) {
        return address(uint160(0x3a2e + n));
    }

    function relaysOf(uint256 n) private pure returns (address[] memory relays) {
        relays = new address[](1);
        relays[0] = relayOf(n);
    }

    function commonOn(uint256 n) private view returns (ClaimCommon memory common) {
        common = commonOf(_twins[n]);
        common.relays = relaysOf(n);
    }

    function claimOn(uint256 n, ClaimRow[] memory rows) private {
        ++calls;
        try channels.claim(commonOn(n), rows, address(0)) {} catch { ++reverts; }
    }

    function tickOn(uint256 n, uint96 base, uint16 ticks) private {
        Terms memory terms = _twins[n];
        Channel memory slot = slotOf(terms);
        uint256 total = uint256(base) + uint256(ticks) * 1e18;
        if (total > slot.deposit) total = slot.deposit;
        if (total <= slot.claimed) return; // would be refused by name
        TickRow memory row = tickRowBy(SIGNER_KEY, terms, base, 1e18, STEPS, ticks, "twins", relayOf(n));
        ++calls;
        try channels.claimTicks(commonOn(n), row, ticks, address(0)) {} catch { ++reverts; }
    }

    /// @dev A voucher for 16 ticks whose signer revealed the 17th, or one for more than 1,024.
    function tooLong(Terms memory terms, uint96 base, bool beyondTheVoucher)
        private
        view
        returns (TickRow memory row, uint16 ticks)
    {
        if (!beyondTheVoucher) return (tickRow(terms, base, 1, 1_025, 1), 1);
        row = tickRow(terms, base, 1, STEPS, STEPS);
        ticks = STEPS + 1;
        row.preimage = "one more";
        row.tip = hashed(idOf(terms), row.preimage, ticks);
        TickVoucher memory voucher = TickVoucher(idOf(terms), base, row.tip, 1, STEPS, relay);
        (row.r, row.vs) = compact(SIGNER_KEY, channels.hashTickVoucher(voucher));
    }

    function sumsOf(uint256 n) private view returns (uint256[4] memory) {
        Terms memory terms = _twins[n];
        return [
            slotOf(terms).claimed,
            terms.payee.balance,
            channels.owed(relayOf(n), address(0)),
            channels.owed(terms.market, address(0))
        ];
    }

    function totalFor(uint96 total) private view returns (uint96) {
        return uint96(bound(total, 0, uint256(slotOf(_twins[0]).deposit) * 5 / 4 + 1));
    }
}

// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

// claimTicks
// ├── total = base + ticks * tickValue, up to the deposit; cuts as in claim; one payout
// ├── no ticks: the voucher's base alone
// ├── the preimage leads elsewhere, too few or too many steps are stated: reverts
// ├── more ticks than the voucher allows, a voucher for more than 1,024: reverts
// ├── signed by another key, for another channel, with any field changed: reverts
// ├── nothing above claimed, unknown channel: reverts
// ├── plain vouchers before, between and after: the highest total counts, claimed never falls
// ├── during and after a challenge: as before it
// ├── to: free for the payee, everybody else pays the payee
// └── a tick costs no more than 300 gas

import {IChannels} from "../../contracts/interfaces/IChannels.sol";
import {IEscrow} from "../../contracts/interfaces/IEscrow.sol";
import {ClaimCommon, Terms, TickRow, Voucher} from "../../contracts/types/ChannelTypes.sol";
import {ChannelsFunding} from "./support/ChannelsFunding.sol";

contract ChannelsTicksTest is ChannelsFunding {
    uint16 private constant MAX = 1_024;

    function testFuzz_TicksPayBaseAndSteps(
        uint96 deposit,
        uint96 base,
        uint96 tickValue,
        uint16 maxTicks,
        uint16 ticks,
        bool native
    ) public {
        deposit = uint96(bound(deposit, 1, type(uint96).max));
        maxTicks = uint16(bound(maxTicks, 0, 64));
        ticks = uint16(bound(ticks, 0, maxTicks));
        Terms memory terms = native ? nativeTerms() : tokenTerms();
        fund(terms, deposit);
        uint256 total = uint256(base) + uint256(ticks) * tickValue;
        if (total > deposit) total = deposit;
        TickRow memory row = tickRow(terms, base, tickValue, maxTicks, ticks);
        if (total == 0) {
            expectRefused(terms, row, ticks, abi.encodeWithSelector(IChannels.NothingToClaim.selector, idOf(terms), 0));
            return;
        }
        bytes32 id = idOf(terms);
        vm.expectEmit();
        emit IChannels.ChannelClaimed(id, uint96(total));
        uint256 paid = claimTicks(terms, row, ticks);
        assertEq(paid, total - share(total, RELAY_BPS) - marketShare(total));
        assertEq(balanceOf(payee, terms.token), paid);
        assertEq(channels.owed(relay, terms.token), share(total, RELAY_BPS));
        assertEq(channels.owed(market, terms.token), marketShare(total));
        assertEq(slotOf(terms).claimed, total);
    }

    function testFuzz_AWrongPreimageIsRefused(bytes32 preimage, uint16 ticks) public {
        ticks = uint16(bound(ticks, 0, 64));
        Terms memory terms = nativeTerms();
        fund(terms, 1_000);
        TickRow memory row = tickRow(terms, 0, 10, 64, ticks);
        vm.assume(preimage != row.preimage);
        row.preimage = preimage;
        bytes32 reached = hashed(idOf(terms), preimage, ticks);
        expectRefused(terms, row, ticks, abi.encodeWithSelector(IChannels.TickMismatch.selector, reached, row.tip));
    }

    /// @dev Who saw tick 20 cannot say that it was tick 21.
    function testFuzz_NobodyCountsOtherwise(uint16 revealed, uint16 stated) public {
        revealed = uint16(bound(revealed, 0, 64));
        stated = uint16(bound(stated, 0, 64));
        vm.assume(stated != revealed);
        Terms memory terms = nativeTerms();
        fund(terms, 1_000);
        TickRow memory row = tickRow(terms, 0, 10, 64, revealed);
        bytes32 reached = hashed(idOf(terms), row.preimage, stated);
        expectRefused(terms, row, stated, abi.encodeWithSelector(IChannels.TickMismatch.selector, reached, row.tip));
    }

    function testFuzz_NeverMoreThanTheVoucherAllows(uint16 maxTicks, uint16 ticks) public {
        maxTicks = uint16(bound(maxTicks, 0, 63));
        ticks = uint16(bound(ticks, maxTicks + 1, 64));
        Terms memory terms = nativeTerms();
        fund(terms, 1_000);
        TickRow memory row = tickRow(terms, 0, 10, 64, ticks);
        row.maxTicks = maxTicks; // the bound is looked at first, whatever was signed
        expectRefused(terms, row, ticks, abi.encodeWithSelector(IChannels.TooManyTicks.selector, ticks, maxTicks, MAX));
    }

    function testFuzz_C9_28_NoChainIsLongerThan1024(uint16 maxTicks) public {
        maxTicks = uint16(bound(maxTicks, MAX + 1, type(uint16).max));
        Terms memory terms = nativeTerms();
        fund(terms, 1_000);
        TickRow memory row;
        row.maxTicks = maxTicks;
        expectRefused(terms, row, 1, abi.encodeWithSelector(IChannels.TooManyTicks.selector, 1, maxTicks, MAX));
    }

    function test_AFullChainPaysAndATickCostsLessThan300Gas() public {
        Terms memory terms = nativeTerms();
        fund(terms, 100_000);
        claimTicks(terms, tickRow(terms, 0, 10, MAX, 1), 1);
        TickRow memory row = tickRow(terms, 0, 20, MAX, MAX);
        ClaimCommon memory common = commonOf(terms);
        uint256 before = gasleft();
        channels.claimTicks(common, row, MAX, payee);
        uint256 used = before - gasleft();
        assertEq(slotOf(terms).claimed, 20_480);
        assertLt(used, 300 * uint256(MAX) + 60_000);
    }

    /// @dev The same seed in two channels: what one buyer reveals in the first is worth nothing in the second. Only the
    /// seed itself, the last of all preimages, begins both chains: wallets must never use one twice.
    function testFuzz_C9_28_AChainIsForOneChannel(bytes32 seed, uint16 ticks) public {
        ticks = uint16(bound(ticks, 1, 63));
        Terms memory terms = nativeTerms();
        Terms memory second = nativeTerms();
        second.salt = "second";
        fund(terms, 1_000);
        fund(second, 1_000);
        TickRow memory mine = tickRowBy(SIGNER_KEY, terms, 0, 10, 64, ticks, seed, relay);
        TickRow memory other = tickRowBy(SIGNER_KEY, second, 0, 10, 64, 0, seed, relay);
        other.preimage = mine.preimage;
        bytes32 reached = hashed(idOf(second), mine.preimage, ticks);
        expectRefused(second, other, ticks, abi.encodeWithSelector(IChannels.TickMismatch.selector, reached, other.tip));

        mine.salt = second.salt; // and the voucher itself names the first
        expectRefused(second, mine, ticks, abi.encodeWithSelector(IChannels.WrongSignature.selector, idOf(second)));
    }

    function testFuzz_EveryFieldOfATickVoucherIsSigned(uint8 field, uint96 flip) public {
        flip = uint96(bound(flip, 1, type(uint96).max));
        Terms memory terms = nativeTerms();
        fund(terms, 1_000);
        TickRow memory row = tickRow(terms, 100, 10, 32, 16);
        field = uint8(bound(field, 0, 4));
        if (field == 0) row.base ^= flip;
        if (field == 1) row.tip ^= bytes32(uint256(flip));
        if (field == 2) row.tickValue ^= flip;
        if (field == 3) row.maxTicks = row.maxTicks ^ uint16(bound(flip, 1, 15)); // still lawful
        if (field == 4) row.relay = address(uint160(row.relay) ^ flip);
        expectRefused(terms, row, 16, abi.encodeWithSelector(IChannels.WrongSignature.selector, idOf(terms)));
    }

    function testFuzz_OnlyTheSignersKeySignsChains(uint256 key) public {
        key = bound(key, 1, ORDER - 1);
        vm.assume(key != SIGNER_KEY);
        Terms memory terms = nativeTerms();
        fund(terms, 1_000);
        TickRow memory row = tickRowBy(key, terms, 100, 10, 32, 16, "seed", relay);
        expectRefused(terms, row, 16, abi.encodeWithSelector(IChannels.WrongSignature.selector, idOf(terms)));
    }

    /// @dev A plain voucher is no tick voucher and the other way round: their types differ.
    function test_AVoucherOfOneKindIsNoneOfTheOther() public {
        Terms memory terms = nativeTerms();
        fund(terms, 1_000);
        TickRow memory row = tickRow(terms, 500, 0, 0, 0);
        Voucher memory voucher = voucherOf(terms, 500, relay);
        vm.expectRevert(abi.encodeWithSelector(IChannels.WrongSignature.selector, voucher.channelId));
        vm.prank(payee);
        channels.close(terms, relayList(), voucher, abi.encodePacked(row.r, row.vs), 500);
    }

    /// @dev Vouchers and ticks in any order: the highest total counts and nothing is paid twice.
    function testFuzz_VouchersAndTicksInAnyOrder(uint96[6] memory totals, uint256 kinds) public {
        Terms memory terms = tokenTerms();
        fund(terms, 2_000);
        uint256 highest;
        for (uint256 i; i < totals.length; ++i) {
            uint96 total = uint96(bound(totals[i], 0, 2_500));
            uint256 reached = total < 2_000 ? total : 2_000;
            if (kinds >> i & 1 == 0) {
                claim(terms, total, relay);
            } else {
                (uint96 base, uint16 ticks) = (total / 100 * 60, uint16(total / 100 * 4));
                reached = uint256(base) + ticks * 10;
                if (reached > 2_000) reached = 2_000;
                TickRow memory row = tickRow(terms, base, 10, 128, ticks);
                if (reached > highest) {
                    claimTicks(terms, row, ticks);
                } else {
                    expectRefused(
                        terms,
                        row,
                        ticks,
                        abi.encodeWithSelector(IChannels.NothingToClaim.selector, idOf(terms), highest)
                    );
                }
            }
            if (reached > highest) highest = reached;
            assertEq(slotOf(terms).claimed, highest);
        }
        assertEq(token.balanceOf(payee), highest - share(highest, RELAY_BPS) - marketShare(highest));
    }

    function test_AnUnknownChannelPaysNothing() public {
        Terms memory terms = nativeTerms();
        TickRow memory row = tickRow(terms, 0, 10, 32, 16);
        expectRefused(terms, row, 16, abi.encodeWithSelector(IChannels.NothingToClaim.selector, idOf(terms), 0));
    }

    function test_TicksAreClaimableDuringAndAfterTheChallenge() public {
        Terms memory terms = nativeTerms();
        fund(terms, 1_000);
        uint40 closeAt = requestClose(terms);
        claimTicks(terms, tickRow(terms, 0, 10, 32, 16), 16);
        vm.warp(closeAt + 1);
        claimTicks(terms, tickRow(terms, 0, 10, 32, 32), 32);
        assertEq(slotOf(terms).claimed, 320);
        channels.withdraw(terms);
        assertEq(payer.balance, 680);
    }

    function testFuzz_OnlyThePayeeChoosesWhereTicksGo(address caller, address to) public {
        vm.assume(caller != payee && to != payee);
        Terms memory terms = tokenTerms();
        fund(terms, 10_000);
        TickRow memory row = tickRow(terms, 0, 1_000, 10, 10);
        ClaimCommon memory common = commonOf(terms);
        vm.prank(caller);
        channels.claimTicks(common, row, 10, to);
        assertEq(token.balanceOf(payee), 9_400);
    }

    function test_ThePayeeMaySendTicksAnywhereOrKeepThemHere() public {
        Terms memory terms = tokenTerms();
        fund(terms, 20_000);
        ClaimCommon memory common = commonOf(terms);
        TickRow memory row = tickRow(terms, 0, 1_000, 20, 10);
        vm.prank(payee);
        channels.claimTicks(common, row, 10, stranger);
        assertEq(token.balanceOf(stranger), 9_400);
        row = tickRow(terms, 0, 1_000, 20, 20);
        vm.prank(payee);
        channels.claimTicks(common, row, 20, address(0));
        assertEq(channels.owed(payee, address(token)), 9_400);
    }

    function test_MoreThanFourRelaysAreRefused() public {
        Terms memory terms = nativeTerms();
        address[] memory relays = new address[](5);
        terms.relaysHash = keccak256(abi.encode(relays));
        fund(terms, 1_000);
        ClaimCommon memory common = commonOf(terms);
        common.relays = relays;
        TickRow memory row = tickRow(terms, 100, 0, 0, 0);
        vm.expectRevert(abi.encodeWithSelector(IEscrow.TooManyRelays.selector, 5, 4));
        channels.claimTicks(common, row, 0, payee);
    }

    function claimTicks(Terms memory terms, TickRow memory row, uint16 ticks) private returns (uint256) {
        ClaimCommon memory common = commonOf(terms);
        vm.prank(stranger);
        return channels.claimTicks(common, row, ticks, stranger);
    }

    function expectRefused(Terms memory terms, TickRow memory row, uint16 ticks, bytes memory expected) private {
        ClaimCommon memory common = commonOf(terms);
        vm.expectRevert(expected);
        channels.claimTicks(common, row, ticks, payee);
    }
}

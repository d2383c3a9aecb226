// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

// claim
// ├── row: unknown channel, stale total, wrong signature, other relay or other total than signed: skipped, others paid
// ├── total below the deposit: pays the difference; above: pays up to the deposit, the rest after a top-up
// ├── cuts
// │   ├── the named relay is listed: its cut; unlisted or zero: the payee keeps it
// │   ├── market: its cut; none: the payee keeps it
// │   └── any number of steps in any order: the same sums
// ├── to: free for the payee (zero = kept in owed); any other caller pays the payee
// ├── relays: more than four revert; another list than the terms' finds no channel
// ├── works before, during and after a challenge
// └── one payout a batch
// pull
// ├── holder: to anywhere; anyone else: to the holder only
// ├── nothing owed: reverts
// └── the transfer fails: reverts and keeps the balance

import {IChannels} from "../../contracts/interfaces/IChannels.sol";
import {IEscrow} from "../../contracts/interfaces/IEscrow.sol";
import {Tokens} from "../../contracts/libraries/Tokens.sol";
import {TestWallet} from "../../contracts/mocks/HostileAccounts.sol";
import {ClaimCommon, ClaimRow, SkipReason, Terms} from "../../contracts/types/ChannelTypes.sol";
import {ChannelsFixture} from "./support/ChannelsFixture.sol";

contract ChannelsClaimTest is ChannelsFixture {
    function testFuzz_ClaimPaysTheDifferenceUpToTheDeposit(uint96 deposit, uint96 first, uint96 second, bool native)
        public
    {
        deposit = uint96(bound(deposit, 1, type(uint96).max));
        Terms memory terms = native ? nativeTerms() : tokenTerms();
        fund(terms, deposit);
        claim(terms, first, relay);
        claim(terms, second, relay);

        uint256 highest = first > second ? first : second;
        uint256 claimed = highest < deposit ? highest : deposit;
        assertEq(slotOf(terms).claimed, claimed);
        assertEq(channels.owed(relay, terms.token), share(claimed, RELAY_BPS));
        assertEq(channels.owed(market, terms.token), marketShare(claimed));
        assertEq(
            balanceOf(payee, terms.token), claimed - share(claimed, RELAY_BPS) - marketShare(claimed)
        );
    }

    function testFuzz_StepsAndOrderNeverChangeTotals(uint96[8] memory totals, uint96 deposit) public {
        deposit = uint96(bound(deposit, 1, type(uint96).max));
        Terms memory stepped = nativeTerms();
        Terms memory atOnce = tokenTerms();
        fund(stepped, deposit);
        fund(atOnce, deposit);
        uint96 highest;
        for (uint256 i; i < totals.length; ++i) {
            claim(stepped, totals[i], relay);
            if (totals[i] > highest) highest = totals[i];
        }
        claim(atOnce, highest, relay);
        assertEq(payee.balance, token.balanceOf(payee));
        assertEq(channels.owed(relay, address(0)), channels.owed(relay, address(token)));
        assertEq(channels.owed(market, address(0)), channels.owed(market, address(token)));
    }

    /// @dev 40 claims of 19 units at 5 %: rounded one by one every cut would be zero.
    function test_C9_18_ACutCannotBeDrippedToZero() public {
        Terms memory terms = nativeTerms();
        fund(terms, 760);
        for (uint96 total = 19; total <= 760; total += 19) claim(terms, total, relay);
        assertEq(channels.owed(relay, address(0)), 38);
    }

    function test_ClaimLogsTotalAndCuts() public {
        Terms memory terms = tokenTerms();
        fund(terms, 10_000);
        bytes32 id = idOf(terms);
        ClaimCommon memory common = commonOf(terms);
        ClaimRow[] memory rows = one(rowOf(terms, 10_000, relay));
        vm.expectEmit();
        emit IChannels.ChannelClaimed(id, 10_000);
        vm.expectEmit();
        emit IEscrow.OwedCredited(relay, address(token), 500);
        vm.expectEmit();
        emit IEscrow.OwedCredited(market, address(token), 100);
        assertEq(channels.claim(common, rows, address(0)), 9_400);
    }

    function test_TheRelayOfTheVoucherIsPaidIfListed() public {
        Terms memory terms = nativeTerms();
        fund(terms, 30_000);
        claim(terms, 10_000, relay);
        claim(terms, 20_000, otherRelay);
        claim(terms, 30_000, stranger);
        assertEq(channels.owed(relay, address(0)), 500);
        assertEq(channels.owed(otherRelay, address(0)), 500);
        assertEq(channels.owed(stranger, address(0)), 0);
        assertEq(payee.balance, 30_000 - 1_000 - 300);
    }

    function test_RowsOfOneChannelMayNameSeveralRelaysInRisingOrder() public {
        Terms memory terms = nativeTerms();
        fund(terms, 20_000);
        ClaimRow[] memory rows = new ClaimRow[](3);
        rows[0] = rowOf(terms, 10_000, relay);
        rows[1] = rowOf(terms, 20_000, otherRelay);
        rows[2] = rowOf(terms, 15_000, relay); // out of order: nothing new
        channels.claim(commonOf(terms), rows, payee);
        assertEq(channels.owed(relay, address(0)), 500);
        assertEq(channels.owed(otherRelay, address(0)), 500);
        assertEq(slotOf(terms).claimed, 20_000);
    }

    function test_WithoutMarketThePayeeKeepsItsCut() public {
        Terms memory terms = nativeTerms();
        terms.marketBps = 0;
        fund(terms, 10_000);
        claim(terms, 10_000, relay);
        assertEq(payee.balance, 9_500);
        assertEq(channels.owed(market, address(0)), 0);
    }

    /// @dev A rate without a market takes nothing from anybody.
    function test_AMarketRateWithoutAMarketIsThePayees() public {
        Terms memory terms = nativeTerms();
        terms.market = address(0);
        fund(terms, 10_000);
        claim(terms, 10_000, relay);
        assertEq(payee.balance, 9_500);
        assertEq(channels.owed(address(0), address(0)), 0);
    }

    /// @dev Fifty channels, some rows wrong in every way there is: the good ones are all paid, in one payout.
    function testFuzz_C9_13_OneBadRowNeverStopsTheOthers(uint256 seed) public {
        uint256 count = 12;
        ClaimRow[] memory rows = new ClaimRow[](count);
        Terms memory terms = nativeTerms();
        uint256 expected;
        for (uint256 i; i < count; ++i) {
            terms.salt = bytes32(i);
            fund(terms, 10_000);
            rows[i] = rowOf(terms, 10_000, relay);
            uint256 fault = (seed >> (8 * i)) % 8;
            if (fault == 0) rows[i].cumulative -= 1;
            else if (fault == 1) rows[i].relay = otherRelay;
            else if (fault == 2) rows[i] = rowBy(STRANGER_KEY, terms, 10_000, relay);
            else if (fault == 3) rows[i].payer = stranger;
            else if (fault == 4) (rows[i].r, rows[i].vs) = (0, 0);
            else if (fault == 5) rows[i] = rowOf(terms, 0, relay);
            else expected += 10_000;
        }
        uint256 paid = channels.claim(commonOf(terms), rows, payee);
        assertEq(paid, expected * 94 / 100);
        assertEq(payee.balance, paid);
    }

    function test_SkippedRowsSayWhy() public {
        Terms memory terms = nativeTerms();
        bytes32 id = idOf(terms);
        ClaimCommon memory common = commonOf(terms);
        ClaimRow[] memory good = one(rowOf(terms, 10, relay));
        ClaimRow[] memory bad = one(rowBy(STRANGER_KEY, terms, 10, relay));
        vm.expectEmit();
        emit IChannels.ClaimSkipped(id, SkipReason.NOTHING_NEW); // not funded
        channels.claim(common, good, payee);
        fund(terms, 10);
        vm.expectEmit();
        emit IChannels.ClaimSkipped(id, SkipReason.WRONG_SIGNATURE);
        channels.claim(common, bad, payee);
    }

    function testFuzz_OnlyThePayeeChoosesTheRecipient(address caller, address to) public {
        vm.assume(caller != payee && to != payee);
        Terms memory terms = tokenTerms();
        fund(terms, 10_000);
        ClaimCommon memory common = commonOf(terms);
        ClaimRow[] memory rows = one(rowOf(terms, 10_000, relay));
        vm.prank(caller);
        channels.claim(common, rows, to);
        assertEq(token.balanceOf(payee), 9_400);
    }

    function test_ThePayeeMaySendItAnywhereOrKeepItHere() public {
        Terms memory terms = tokenTerms();
        fund(terms, 20_000);
        ClaimCommon memory common = commonOf(terms);
        ClaimRow[] memory rows = one(rowOf(terms, 10_000, relay));
        vm.prank(payee);
        channels.claim(common, rows, stranger);
        assertEq(token.balanceOf(stranger), 9_400);

        rows = one(rowOf(terms, 20_000, relay));
        vm.prank(payee);
        channels.claim(common, rows, address(0));
        assertEq(token.balanceOf(payee), 0);
        assertEq(channels.owed(payee, address(token)), 9_400);
    }

    function test_RelayLists() public {
        Terms memory terms = nativeTerms();
        fund(terms, 10_000);
        ClaimCommon memory common = commonOf(terms);
        ClaimRow[] memory rows = one(rowOf(terms, 10_000, relay));
        common.relays = new address[](5);
        vm.expectRevert(abi.encodeWithSelector(IEscrow.TooManyRelays.selector, 5, 4));
        channels.claim(common, rows, payee);
        common.relays = new address[](1);
        common.relays[0] = stranger; // a list of his own finds no channel
        assertEq(channels.claim(common, rows, payee), 0);
    }

    /// @dev Changed seller-side terms find no channel: nothing in a claim can be bent.
    function testFuzz_C9_15_ChangedCommonTermsPayNothing(uint8 field, address other) public {
        vm.assume(other != payee && other != operator && other != market && other != address(0));
        Terms memory terms = nativeTerms();
        fund(terms, 10_000);
        ClaimCommon memory common = commonOf(terms);
        field = uint8(bound(field, 0, 7));
        if (field == 0) common.payee = other;
        if (field == 1) common.operator = other;
        if (field == 2) common.token = other;
        if (field == 3) common.listingId += 1;
        if (field == 4) common.relayBps = 0;
        if (field == 5) common.market = other;
        if (field == 6) common.marketBps = 0;
        if (field == 7) common.challenge += 1;
        assertEq(channels.claim(common, one(rowOf(terms, 10_000, relay)), payee), 0);
        assertEq(slotOf(terms).claimed, 0);
    }

    function test_ClaimsGoOnDuringAndAfterTheChallenge() public {
        Terms memory terms = nativeTerms();
        fund(terms, 30_000);
        claim(terms, 10_000, relay);
        uint40 closeAt = requestClose(terms);
        claim(terms, 20_000, relay);
        vm.warp(closeAt + 10 days);
        claim(terms, 30_000, relay);
        assertEq(slotOf(terms).claimed, 30_000);
    }

    function test_C9_17_TheRestOfATooLargeVoucherIsClaimableAfterATopUp() public {
        Terms memory terms = nativeTerms();
        fund(terms, 100);
        claim(terms, 250, relay);
        assertEq(slotOf(terms).claimed, 100);
        fund(terms, 500);
        claim(terms, 250, relay);
        assertEq(slotOf(terms).claimed, 250);
    }

    // ------------------------------------------------------------------------------------------------------------ pull

    function testFuzz_PullSendsTheWholeBalance(address to, bool native) public {
        to = address(uint160(bound(uint160(to), 1 << 32, type(uint160).max)));
        vm.assume(to.code.length == 0 && to != relay);
        Terms memory terms = native ? nativeTerms() : tokenTerms();
        fund(terms, 10_000);
        claim(terms, 10_000, relay);
        uint256 had = balanceOf(to, terms.token); // the test's own sender is rich, and somebody
        vm.expectEmit();
        emit IEscrow.OwedPulled(relay, terms.token, to, 500);
        vm.prank(relay);
        assertEq(channels.pull(relay, terms.token, to), 500);
        assertEq(balanceOf(to, terms.token) - had, 500);
        vm.expectRevert(abi.encodeWithSelector(IEscrow.NothingOwed.selector, relay, terms.token));
        vm.prank(relay);
        channels.pull(relay, terms.token, to);
    }

    function test_AnyoneMayPullForTheHolderOnly() public {
        Terms memory terms = nativeTerms();
        fund(terms, 10_000);
        claim(terms, 10_000, relay);
        vm.expectRevert(abi.encodeWithSelector(IEscrow.RecipientNotHolder.selector, stranger, relay));
        vm.prank(stranger);
        channels.pull(relay, address(0), stranger);
        vm.prank(stranger);
        channels.pull(relay, address(0), relay);
        assertEq(relay.balance, 500);
    }

    function test_AFailedPullKeepsTheBalance() public {
        Terms memory terms = nativeTerms();
        TestWallet wallet = new TestWallet(payer);
        wallet.set(TestWallet.Mode.REFUSE);
        terms.market = address(wallet);
        fund(terms, 10_000);
        claim(terms, 10_000, relay);
        vm.expectRevert(abi.encodeWithSelector(Tokens.NativeTransferFailed.selector, wallet, 100));
        channels.pull(address(wallet), address(0), address(wallet));
        assertEq(channels.owed(address(wallet), address(0)), 100);
        wallet.set(TestWallet.Mode.HONEST);
        channels.pull(address(wallet), address(0), address(wallet));
        assertEq(address(wallet).balance, 100);
    }
}

// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

// vested, by tables worked out by hand
// ├── 3 units every 7 seconds and 100 at once; six decimals a month; more than one unit a second
// ├── before the start, one second before, at and after the end
// └── never falls with time, never above the deposit, the same however often it is claimed
// isActive: start <= now < stop
// claim
// ├── pays vested(now) - claimed, at any time, also after the end; many rows in one payout
// ├── a row that is unknown, stale, twice in the batch or bent: skipped, the others are paid
// ├── the caller is the payee: any recipient, 0 keeps it; anyone else: the payee
// ├── relays: more than four: reverts; another list finds nothing; 0 to 4 share the cut equally, the shares never fall
// ├── cuts follow the total alone, in whatever steps it was claimed
// ├── a rise of one unit is never cut twice
// └── claim and pull cost the same however many subscriptions others have of the same payee

import {IEscrow} from "../../contracts/interfaces/IEscrow.sol";
import {ISubscriptions} from "../../contracts/interfaces/ISubscriptions.sol";
import {SubscriptionCommon, SubscriptionRow, SubscriptionTerms} from "../../contracts/types/SubscriptionTypes.sol";
import {SubscriptionsFixture} from "./support/SubscriptionsFixture.sol";

contract SubscriptionsClaimTest is SubscriptionsFixture {
    // ---------------------------------------------------------------------------------------------------------- vested

    function test_ThreeUnitsEverySevenSeconds() public {
        SubscriptionTerms memory terms = nativeTerms();
        assertEq(escrow.vested(terms, type(uint40).max), 0); // not funded
        fund(terms, 1_000); // (1000 - 100) · 7 / 3 = 2100 s
        uint40[11] memory seconds_ = [uint40(0), 1, 2, 3, 4, 5, 6, 7, 10, 2_099, 2_100];
        uint96[11] memory units = [uint96(100), 100, 100, 101, 101, 102, 102, 103, 104, 999, 1_000];
        for (uint256 i; i < 11; ++i) assertEq(escrow.vested(terms, BEGIN + seconds_[i]), units[i]);
        assertEq(escrow.vested(terms, BEGIN + 2_101), 1_000);
        assertEq(escrow.vested(terms, type(uint40).max), 1_000);
        assertEq(escrow.vested(terms, BEGIN - 1), 100);
    }

    /// @dev 19.99 a month of 30 days in a token with six decimals: 7.71219… units a second.
    function test_SixDecimalsAMonth() public {
        SubscriptionTerms memory terms = tokenTerms();
        (terms.price, terms.period, terms.upfront) = (19_990_000, 2_592_000, 0);
        fund(terms, 7_000_000);
        assertSlot(terms, 0, 7_000_000, BEGIN, BEGIN + 907_653); // 10.5 days
        uint40[7] memory seconds_ = [uint40(0), 1, 2, 86_400, 864_000, 907_652, 907_653];
        uint96[7] memory units = [uint96(0), 7, 15, 666_333, 6_663_333, 6_999_985, 6_999_993];
        for (uint256 i; i < 7; ++i) assertEq(escrow.vested(terms, BEGIN + seconds_[i]), units[i]);
        assertEq(escrow.vested(terms, BEGIN + 907_654), 6_999_993);
        fund(terms, 12_990_000); // a whole month
        assertSlot(terms, 0, 19_990_000, BEGIN, BEGIN + 2_592_000);
        assertEq(escrow.vested(terms, BEGIN + 1_296_000), 9_995_000);
        assertEq(escrow.vested(terms, BEGIN + 2_592_000), 19_990_000);
    }

    function test_ManyUnitsASecond() public {
        SubscriptionTerms memory terms = nativeTerms();
        (terms.price, terms.period, terms.upfront) = (1 ether, 3_600, 0.5 ether);
        fund(terms, 1 ether);
        assertSlot(terms, 0, 1 ether, BEGIN, BEGIN + 1_800);
        assertEq(escrow.vested(terms, BEGIN + 1), 500_277_777_777_777_777);
        assertEq(escrow.vested(terms, BEGIN + 1_799), 999_722_222_222_222_222);
        assertEq(escrow.vested(terms, BEGIN + 1_800), 1 ether);
    }

    function testFuzz_VestedNeverFallsAndNeverExceeds(
        uint96 price,
        uint40 period,
        uint96 upfront,
        uint96 deposit,
        uint40 earlier,
        uint40 later
    ) public {
        SubscriptionTerms memory terms = nativeTerms();
        (terms.price, terms.period) = (uint96(bound(price, 0, 1e24)), uint40(bound(period, 1, 366 days)));
        terms.upfront = uint96(bound(upfront, 0, 1e24));
        fund(terms, uint96(bound(deposit, terms.upfront + terms.price / terms.period + 1, type(uint96).max)));
        (earlier, later) = earlier < later ? (earlier, later) : (later, earlier);
        assertLe(escrow.vested(terms, earlier), escrow.vested(terms, later));
        assertLe(escrow.vested(terms, later), slotOf(terms).deposit);
        assertGe(escrow.vested(terms, earlier), terms.upfront);
    }

    function test_ActiveFromStartToStop() public {
        SubscriptionTerms memory terms = nativeTerms();
        assertFalse(isActive(terms));
        fund(terms, 1_000);
        vm.warp(BEGIN - 1); // a clock that went back
        assertFalse(isActive(terms));
        vm.warp(BEGIN);
        assertTrue(isActive(terms));
        vm.warp(BEGIN + 2_099);
        assertTrue(isActive(terms));
        vm.warp(BEGIN + 2_100);
        assertFalse(isActive(terms));
        vm.warp(BEGIN + 2_101);
        assertFalse(isActive(terms));
    }

    // ----------------------------------------------------------------------------------------------------------- claim

    function test_ClaimPaysWhatIsNewAndNothingTwice() public {
        SubscriptionTerms memory terms = tokenTerms();
        fund(terms, 1_000);
        bytes32 id = idOf(terms);
        vm.warp(BEGIN + 700);
        vm.expectEmit();
        emit ISubscriptions.SubscriptionClaimed(id, 400);
        assertEq(claim(terms), 376);
        assertEq(token.balanceOf(payee), 376);
        assertSlot(terms, 400, 1_000, BEGIN, BEGIN + 2_100);
        vm.expectEmit();
        emit ISubscriptions.ClaimSkipped(id);
        assertEq(claim(terms), 0);
        vm.warp(BEGIN + 99_999); // long after the end
        assertEq(claim(terms), 564);
        assertSlot(terms, 1_000, 1_000, BEGIN, BEGIN + 2_100);
        assertEq(token.balanceOf(address(escrow)), 60);
    }

    /// @dev Steps of any size: the payee, each relay and the market end where one claim would have brought them.
    function testFuzz_StepsNeverChangeTotals(uint96 deposit, uint32[6] calldata times, uint16 relayBps, uint16 marketBps)
        public
    {
        SubscriptionTerms memory terms = tokenTerms();
        (terms.relayBps, terms.marketBps) = (uint16(bound(relayBps, 0, 3_000)), uint16(bound(marketBps, 0, 1_000)));
        fund(terms, uint96(bound(deposit, 101, 1e9)));
        deposit = slotOf(terms).deposit;
        uint256 paid = slotOf(terms).stop - BEGIN;
        uint256 time;
        for (uint256 i; i < 6; ++i) {
            time += times[i] % 3 == 0 ? bound(times[i], 0, 9) : bound(times[i], 0, paid / 4);
            vm.warp(BEGIN + time);
            claim(terms);
            uint256 total = slotOf(terms).claimed;
            assertEq(total, escrow.vested(terms, uint40(BEGIN + time)));
            uint256 first = shareOf(total, terms.relayBps, 0, 2);
            uint256 second = shareOf(total, terms.relayBps, 1, 2);
            uint256 market_ = marketShare(total, terms.relayBps, terms.marketBps);
            assertEq(escrow.owed(relay, address(token)), first);
            assertEq(escrow.owed(otherRelay, address(token)), second);
            assertEq(first + second, share(total, terms.relayBps));
            assertEq(escrow.owed(market, address(token)), market_);
            assertEq(token.balanceOf(payee), total - first - second - market_);
        }
    }

    /// @dev 868,900 is where floor(5 %) and floor(1 %) both rise by one; the market's unit comes one earlier.
    function test_ASingleUnitIsNotPaidTwice() public {
        SubscriptionTerms memory terms = tokenTerms();
        (terms.price, terms.period, terms.upfront) = (1, 1, 868_899);
        fund(terms, 1_000_000);
        assertEq(claim(terms), 868_899 - 43_444 - 8_689);
        vm.warp(BEGIN + 1);
        assertEq(claim(terms), 0);
        assertEq(escrow.owed(relay, address(token)), 21_722);
        assertEq(escrow.owed(otherRelay, address(token)), 21_723);
        assertEq(escrow.owed(market, address(token)), 8_689);
        assertEq(escrow.owed(payee, address(token)), 0);
        vm.warp(BEGIN + 3);
        assertEq(claim(terms), 2); // and goes on from there
        assertEq(token.balanceOf(payee), 868_902 - 43_445 - 8_689);
    }

    function testFuzz_ManyRowsOnePayoutAndBadOnesAreSkipped(uint256 seed) public {
        SubscriptionTerms memory terms = nativeTerms();
        SubscriptionRow[] memory rows = new SubscriptionRow[](8);
        uint256 expected;
        for (uint256 i; i < 8; ++i) {
            (terms.salt, terms.price) = (bytes32(i), uint96(3 * (i + 1)));
            fund(terms, 10_000);
            rows[i] = rowOf(terms);
            uint256 fault = (seed >> (8 * i)) % 10;
            if (fault == 0) rows[i].salt = "unknown";
            else if (fault == 1) rows[i].payer = stranger;
            else if (fault == 2) rows[i].signer = stranger;
            else if (fault == 3) rows[i].price += 1;
            else if (fault == 4) (rows[i].period, rows[i].price) = (0, 1); // no such plan, and no division by it
            else if (fault == 5) rows[i].upfront += 1;
            else if (fault == 6) rows[i].notice += 1;
            else if (fault == 7 && i > 0) rows[i] = rows[i - 1]; // paid already, or as bad as it was
            else expected += 94 * (3 * i + 4); // of 100 at once and 300 (i + 1) in 700 seconds
        }
        vm.warp(BEGIN + 700);
        uint256 paid = escrow.claim(commonOf(terms), rows, stranger);
        assertEq(paid, expected);
        assertEq(payee.balance, paid);
    }

    function testFuzz_OnlyThePayeeChoosesTheRecipient(address caller, address to) public {
        vm.assume(caller != payee && to != payee);
        SubscriptionTerms memory terms = tokenTerms();
        fund(terms, 1_000);
        vm.warp(BEGIN + 700);
        vm.prank(caller);
        escrow.claim(commonOf(terms), one(terms), to);
        assertEq(token.balanceOf(payee), 376);
    }

    function test_ThePayeeMaySendItAnywhereOrKeepItHere() public {
        SubscriptionTerms memory terms = tokenTerms();
        fund(terms, 1_000);
        vm.warp(BEGIN + 700);
        vm.prank(payee);
        escrow.claim(commonOf(terms), one(terms), stranger);
        assertEq(token.balanceOf(stranger), 376);
        vm.warp(BEGIN + 2_100);
        vm.prank(payee);
        escrow.claim(commonOf(terms), one(terms), address(0));
        assertEq(token.balanceOf(payee), 0);
        assertEq(escrow.owed(payee, address(token)), 564);
    }

    /// @dev Changed seller-side terms find no subscription: nothing in a claim can be bent.
    function testFuzz_ChangedCommonTermsPayNothing(uint8 field, address other) public {
        vm.assume(other != payee && other != operator && other != market && other != stopper && other != address(0));
        SubscriptionTerms memory terms = nativeTerms();
        fund(terms, 1_000);
        SubscriptionCommon memory common = commonOf(terms);
        field = uint8(bound(field, 0, 8));
        if (field == 0) common.payee = other;
        if (field == 1) common.operator = other;
        if (field == 2) common.token = other;
        if (field == 3) common.listingId += 1;
        if (field == 4) common.relayBps = 0;
        if (field == 5) common.market = other;
        if (field == 6) common.marketBps = 0;
        if (field == 7) common.stopper = other;
        if (field == 8) common.relays[1] = other;
        assertEq(escrow.claim(common, one(terms), payee), 0);
        assertEq(slotOf(terms).claimed, 0);
    }

    // ---------------------------------------------------------------------------------------------------------- relays

    function test_MoreThanFourRelaysRevert() public {
        SubscriptionTerms memory terms = nativeTerms();
        SubscriptionCommon memory common = commonOf(terms);
        common.relays = new address[](5);
        SubscriptionRow[] memory rows = one(terms);
        vm.expectRevert(abi.encodeWithSelector(IEscrow.TooManyRelays.selector, 5, 4));
        escrow.claim(common, rows, payee);
    }

    /// @dev 1000 at 7 % are 70: four relays get 17, 18, 17, 18.
    function test_FourRelaysShareByHand() public {
        uint256[4] memory shares = [uint256(17), 18, 17, 18];
        (SubscriptionTerms memory terms, SubscriptionCommon memory common) = termsWithRelays(4, 700);
        fund(terms, 1_000);
        vm.warp(BEGIN + 2_100);
        assertEq(escrow.claim(common, one(terms), payee), 1_000 - 70 - 10);
        for (uint256 i; i < 4; ++i) assertEq(escrow.owed(common.relays[i], address(0)), shares[i]);
    }

    /// @dev Any number of relays, any two totals: what each has is the formula at the new total, so no share ever fell.
    function testFuzz_TheSharesFollowTheTotal(uint8 count, uint16 relayBps, uint32 first, uint32 second) public {
        count = uint8(bound(count, 0, 4));
        (SubscriptionTerms memory terms, SubscriptionCommon memory common) =
            termsWithRelays(count, uint16(bound(relayBps, 0, 3_000)));
        (terms.price, terms.period, terms.upfront) = (1, 1, 0); // a unit a second
        fund(terms, 1e9);
        uint256 total = bound(first, 1, 4e8);
        uint256[4] memory before;
        for (uint256 n; n < 2; ++n) {
            vm.warp(BEGIN + total);
            escrow.claim(common, one(terms), payee);
            uint256 sum = sharesAt(total, common, before);
            assertEq(sum, count == 0 ? 0 : share(total, terms.relayBps));
            assertEq(payee.balance, total - sum - marketShare(total, count == 0 ? 0 : terms.relayBps, MARKET_BPS));
            total += bound(second, 1, second % 2 == 0 ? 5 : 4e8);
        }
    }

    /// @dev Each relay's share, compared with the formula and with what it was; kept in `before`, which is memory of the caller's.
    function sharesAt(uint256 total, SubscriptionCommon memory common, uint256[4] memory before)
        private
        view
        returns (uint256 sum)
    {
        for (uint256 i; i < common.relays.length; ++i) {
            uint256 has = escrow.owed(common.relays[i], address(0));
            assertEq(has, shareOf(total, common.relayBps, i, common.relays.length));
            assertGe(has, before[i]);
            before[i] = has;
            sum += has;
        }
    }

    /// @dev The proof behind it: a share repeats every `count` units of the relay total, so the first few steps are all there
    /// are.
    function test_NoShareEverFalls() public pure {
        for (uint256 count = 1; count <= 4; ++count) {
            for (uint256 i; i < count; ++i) {
                for (uint256 total; total < 2 * count; ++total) {
                    uint256 now_ = total * (i + 1) / count - total * i / count;
                    uint256 next = (total + 1) * (i + 1) / count - (total + 1) * i / count;
                    assertGe(next, now_);
                    assertEq((total + count) * (i + 1) / count - (total + count) * i / count, now_ + 1);
                }
            }
        }
    }

    function test_P5_CostDoesNotGrowWithOthersSubscriptions() public {
        SubscriptionTerms memory terms = nativeTerms();
        fund(terms, 1_000_000);
        this.weigh(terms); // warms up what stays warm
        (uint256 claimAlone, uint256 pullAlone) = this.weigh(terms);
        SubscriptionTerms memory others = nativeTerms();
        for (uint256 n; n < 200; ++n) {
            (others.payer, others.salt) = (stranger, bytes32(n));
            fund(others, 1_000);
            if (n % 2 == 0) claim(others);
            if (n % 3 == 0) cancel(others);
        }
        escrow.pull(relay, address(0), relay); // so that a credit begins at nothing again
        (uint256 claimAmongMany, uint256 pullAmongMany) = this.weigh(terms);
        assertApproxEqRel(claimAmongMany, claimAlone, 0.05e18, "claim");
        assertApproxEqRel(pullAmongMany, pullAlone, 0.05e18, "pull");
    }

    /// @dev Called from outside: in a frame of its own the test's memory costs nothing.
    /// @return claimGas What one row takes.
    /// @return pullGas What it takes to get the cut that the row left behind.
    function weigh(SubscriptionTerms calldata terms) external returns (uint256 claimGas, uint256 pullGas) {
        vm.warp(vm.getBlockTimestamp() + 700);
        SubscriptionCommon memory common = commonOf(terms);
        SubscriptionRow[] memory rows = one(terms);
        claimGas = gasleft();
        escrow.claim(common, rows, address(0));
        claimGas -= gasleft();
        pullGas = gasleft();
        escrow.pull(relay, address(0), relay);
        pullGas -= gasleft();
    }

    function termsWithRelays(uint256 count, uint16 relayBps)
        private
        returns (SubscriptionTerms memory terms, SubscriptionCommon memory common)
    {
        address[] memory relays = new address[](count);
        for (uint256 i; i < count; ++i) relays[i] = makeAddr(string.concat("relay ", vm.toString(i)));
        terms = nativeTerms();
        (terms.relaysHash, terms.relayBps) = (keccak256(abi.encode(relays)), relayBps);
        common = commonOf(terms);
        common.relays = relays;
    }
}

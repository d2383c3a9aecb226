// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

// Long because every end is worked out by hand: three callers, with and without notice, before and after the paid time.
//
// cancel
// ├── neither payer nor signer: reverts; never funded: reverts
// ├── the time runs longer than the notice: stop = now + notice, vested(now) to the payee's side, deposit - vested(stop) back
// ├── the notice is 0: it ends now
// ├── the time ends within the notice, or has ended: start and stop one second back, the remainder back
// ├── flat: active for the notice, everything stays due; overpaid: the excess back
// ├── the list of relays is withheld: only the refund moves; a wrong list or more than four: reverts
// └── the payee's or the payer's wallet refuses money: it waits in owed
// cancelWithNotice
// ├── signed by signer or payer (ECDSA), or by the payer's wallet (ERC-1271): anyone sends it
// ├── another id, another stop, the deadline passed, another key, a wallet as signer: reverts
// └── again, or on another chain or contract: reverts
// stop
// ├── neither payee nor stopper: reverts; never funded: reverts
// └── at once: vested(now) to the payee's side, the rest to the payer; paid + refunded = deposit

import {IEscrow} from "../../contracts/interfaces/IEscrow.sol";
import {ISubscriptions} from "../../contracts/interfaces/ISubscriptions.sol";
import {TestWallet} from "../../contracts/mocks/HostileAccounts.sol";
import {DepositCap} from "../../contracts/types/EscrowTypes.sol";
import {CancelNotice, Subscription, SubscriptionTerms} from "../../contracts/types/SubscriptionTypes.sol";
import {SubscriptionsFixture} from "./support/SubscriptionsFixture.sol";

contract SubscriptionsEndTest is SubscriptionsFixture {
    // ---------------------------------------------------------------------------------------------------------- cancel

    function test_CancelInTheMiddle() public {
        SubscriptionTerms memory terms = tokenTerms();
        fund(terms, 1_000);
        vm.warp(BEGIN + 700);
        bytes32 id = idOf(terms);
        vm.expectEmit();
        emit ISubscriptions.SubscriptionEnded(id, false, 400, 575, BEGIN, BEGIN + 760);
        vm.prank(payer);
        assertEq(escrow.cancel(terms, relayList()), 575);
        assertSlot(terms, 400, 425, BEGIN, BEGIN + 760);
        assertEq(token.balanceOf(payer), 575);
        assertEq(token.balanceOf(payee), 376); // 400 less 20 and 4
        assertEq(escrow.owed(relay, address(token)), 10);
        assertEq(escrow.owed(otherRelay, address(token)), 10);
        assertEq(escrow.owed(market, address(token)), 4);

        vm.warp(BEGIN + 759);
        assertTrue(isActive(terms));
        vm.warp(BEGIN + 760);
        assertFalse(isActive(terms));
        vm.warp(BEGIN + 10_000); // the notice part: 25 more, of which one for the second relay
        assertEq(claim(terms), 24);
        assertEq(escrow.owed(otherRelay, address(token)), 11);
        assertSlot(terms, 425, 425, BEGIN, BEGIN + 760);
        assertEq(token.balanceOf(address(escrow)), 10 + 11 + 4);
    }

    function testFuzz_CancelByPayerOrSigner(address caller) public {
        SubscriptionTerms memory terms = nativeTerms();
        fund(terms, 1_000);
        vm.assume(caller != payer && caller != signer);
        vm.expectRevert(abi.encodeWithSelector(ISubscriptions.NotPayerOrSigner.selector, caller, payer, signer));
        vm.prank(caller);
        escrow.cancel(terms, relayList());
        vm.prank(signer);
        escrow.cancel(terms, relayList());
        assertEq(payer.balance, 875); // 125 for sixty seconds and what is due at once; never to the signer
    }

    function test_NeverFunded() public {
        SubscriptionTerms memory terms = nativeTerms();
        bytes memory unknown = abi.encodeWithSelector(ISubscriptions.SubscriptionUnknown.selector, idOf(terms));
        CancelNotice memory notice = noticeOf(terms);
        address[] memory relays = relayList();
        vm.expectRevert(unknown);
        vm.prank(payer);
        escrow.cancel(terms, relays);
        vm.expectRevert(unknown);
        escrow.cancelWithNotice(terms, relays, notice, "");
        vm.expectRevert(unknown);
        vm.prank(payee);
        escrow.stop(terms, relays);
    }

    function test_WithoutNoticeItEndsNow() public {
        SubscriptionTerms memory terms = nativeTerms();
        terms.notice = 0;
        fund(terms, 1_000);
        vm.warp(BEGIN + 700);
        assertEq(cancel(terms), 600);
        assertSlot(terms, 400, 400, BEGIN, BEGIN + 700);
        assertFalse(isActive(terms));
    }

    /// @dev The end stays, to the second, and yet no message that was signed before fits.
    function test_ANoticeBeyondTheEndChangesNoSum() public {
        SubscriptionTerms memory terms = nativeTerms();
        terms.notice = 365 days;
        fund(terms, 1_001); // 2102 s, of which 1000 vest
        vm.warp(BEGIN + 700);
        assertEq(cancel(terms), 1);
        assertSlot(terms, 400, 1_000, BEGIN - 1, BEGIN + 2_101);
        assertEq(escrow.vested(terms, BEGIN + 2_100), 1_000); // 2101 · 3 / 7 = 900.4
        assertEq(escrow.vested(terms, BEGIN + 2_101), 1_000);
        vm.warp(BEGIN + 2_101);
        claim(terms);
        assertSlot(terms, 1_000, 1_000, BEGIN - 1, BEGIN + 2_101);
    }

    function test_CancelAfterTheEndReturnsTheRemainder() public {
        SubscriptionTerms memory terms = nativeTerms();
        fund(terms, 1_001);
        vm.warp(BEGIN + 9_999);
        assertEq(cancel(terms), 1);
        assertSlot(terms, 1_000, 1_000, BEGIN - 1, BEGIN + 2_101);
        assertEq(cancel(terms), 0); // nothing more to move, whoever asks again
        assertSlot(terms, 1_000, 1_000, BEGIN - 2, BEGIN + 2_100);
        assertEq(address(escrow).balance, 60); // the cuts
    }

    /// @dev Any plan, any moment: after the cancel the payee's side gets vested(stop), the payer the rest, and not a unit is
    /// left.
    function testFuzz_CancelPaysEverybody(
        uint96 price,
        uint40 period,
        uint96 upfront,
        uint40 notice,
        uint96 deposit,
        uint32 later,
        bool native
    ) public {
        SubscriptionTerms memory terms = planOf(price, period, upfront, native);
        terms.notice = uint40(bound(notice, 0, 60 days));
        fund(terms, uint96(bound(deposit, terms.upfront + terms.price / terms.period + 1, type(uint96).max)));
        uint32 end = slotOf(terms).stop;
        deposit = slotOf(terms).deposit;
        vm.warp(BEGIN + bound(later, 0, 2 * uint256(end - BEGIN)));
        uint40 time = uint40(vm.getBlockTimestamp());
        uint96 due = escrow.vested(terms, time);
        uint96 until = escrow.vested(terms, time + terms.notice);

        uint96 refund = cancel(terms);
        assertEq(refund, deposit - until);
        Subscription memory slot = slotOf(terms);
        assertEq(slot.deposit, until);
        if (time + terms.notice < end) {
            assertEq(slot.stop, time + terms.notice);
            assertEq(slot.claimed, due);
        } else {
            assertEq(slot.stop, end - 1);
            assertGe(slot.claimed, due);
        }
        vm.warp(uint256(time) + terms.notice);
        claim(terms);
        assertSlot(terms, until, until, slot.start, slot.stop);
        uint256 cuts = share(until, RELAY_BPS) + escrow.owed(market, terms.token);
        assertEq(escrow.owed(market, terms.token), marketShare(until, RELAY_BPS, MARKET_BPS));
        assertEq(balanceOf(payee, terms.token), until - cuts);
        assertEq(balanceOf(payer, terms.token), deposit - until);
        assertEq(balanceOf(address(escrow), terms.token), cuts);
    }

    function test_AFlatPlanRunsForTheNotice() public {
        SubscriptionTerms memory terms = flatTerms();
        fund(terms, 130);
        vm.warp(BEGIN + 1_000);
        assertEq(cancel(terms), 30);
        assertSlot(terms, 100, 100, BEGIN, BEGIN + 1_060);
        vm.warp(BEGIN + 1_059);
        assertTrue(isActive(terms));
        vm.warp(BEGIN + 1_060);
        assertFalse(isActive(terms));
    }

    function test_AFlatPlanPaidInPart() public {
        SubscriptionTerms memory terms = flatTerms();
        fund(terms, 40);
        assertEq(cancel(terms), 0); // it was due at once
        assertSlot(terms, 40, 40, BEGIN - 1, BEGIN - 1);
        fund(terms, 60); // and may still be completed
        assertSlot(terms, 40, 100, BEGIN, FOR_EVER);
    }

    // ---------------------------------------------------------------------------------------------------------- relays

    /// @dev A seller who keeps the list to himself, or made it too long, keeps nobody in.
    function test_WithoutTheListThePayerStillLeaves() public {
        SubscriptionTerms memory terms = nativeTerms();
        fund(terms, 1_000);
        vm.warp(BEGIN + 700);
        vm.prank(payer);
        assertEq(escrow.cancel(terms, new address[](0)), 575);
        assertSlot(terms, 0, 425, BEGIN, BEGIN + 760);
        assertEq(payee.balance, 0);
        vm.warp(BEGIN + 800);
        assertEq(claim(terms), 425 - 21 - 4); // what is due has waited
        assertSlot(terms, 425, 425, BEGIN, BEGIN + 760);

        terms.relaysHash = keccak256(abi.encode(new address[](5)));
        fund(terms, 1_000);
        vm.expectRevert(abi.encodeWithSelector(IEscrow.TooManyRelays.selector, 5, 4));
        vm.prank(payer);
        escrow.cancel(terms, new address[](5));
        vm.prank(payer);
        assertEq(escrow.cancel(terms, new address[](0)), 875);
    }

    function test_AWrongListReverts() public {
        SubscriptionTerms memory terms = nativeTerms();
        fund(terms, 1_000);
        address[] memory relays = relayList();
        relays[1] = stranger;
        vm.expectRevert(
            abi.encodeWithSelector(IEscrow.RelaysMismatch.selector, keccak256(abi.encode(relays)), terms.relaysHash)
        );
        vm.prank(payer);
        escrow.cancel(terms, relays);
    }

    function test_WithoutRelaysTheirCutIsThePayees() public {
        SubscriptionTerms memory terms = nativeTerms();
        terms.relaysHash = keccak256(abi.encode(new address[](0)));
        fund(terms, 1_000);
        vm.warp(BEGIN + 700);
        vm.prank(payee);
        assertEq(escrow.stop(terms, new address[](0)), 600);
        assertEq(payee.balance, 396);
        assertSlot(terms, 400, 400, BEGIN, BEGIN + 700);
    }

    // --------------------------------------------------------------------------------------------------------- wallets

    function testFuzz_AWalletThatRefusesIsOwed(bool payersWallet, uint8 mode) public {
        TestWallet wallet = new TestWallet(payer);
        SubscriptionTerms memory terms = nativeTerms();
        if (payersWallet) terms.payer = address(wallet);
        else terms.payee = address(wallet);
        fund(terms, 1_000);
        vm.warp(BEGIN + 700);
        wallet.set(TestWallet.Mode(bound(mode, 2, 4))); // refuses, burns the gas, answers at length
        vm.prank(signer);
        assertEq(escrow.cancel(terms, relayList()), 575);
        assertSlot(terms, 400, 425, BEGIN, BEGIN + 760);
        assertEq(escrow.owed(address(wallet), address(0)), payersWallet ? 575 : 376);
        assertEq(payersWallet ? payee.balance : payer.balance, payersWallet ? 376 : 575);
        wallet.set(TestWallet.Mode.HONEST);
        escrow.pull(address(wallet), address(0), address(wallet));
        assertEq(address(wallet).balance, payersWallet ? 575 : 376);
    }

    // ---------------------------------------------------------------------------------------------------------- notice

    function testFuzz_ANoticeByPayerOrSignerIsSentByAnyone(address caller, bool bySigner) public {
        SubscriptionTerms memory terms = tokenTerms();
        fund(terms, 1_000);
        vm.warp(BEGIN + 700);
        CancelNotice memory notice = noticeOf(terms);
        bytes memory signature = sign(bySigner ? SIGNER_KEY : PAYER_KEY, escrow.hashCancelNotice(notice));
        vm.prank(caller);
        assertEq(escrow.cancelWithNotice(terms, relayList(), notice, signature), 575);
        assertSlot(terms, 400, 425, BEGIN, BEGIN + 760);
        assertEq(token.balanceOf(payer), 575);
    }

    function test_NoticesThatAreRefused() public {
        SubscriptionTerms memory terms = nativeTerms();
        fund(terms, 1_000);
        CancelNotice memory notice = noticeOf(terms);
        bytes32 id = idOf(terms);
        bytes memory wrong = abi.encodeWithSelector(ISubscriptions.WrongSignature.selector, id);
        expectNoticeReverts(terms, notice, STRANGER_KEY, wrong);
        notice.stop += 1;
        expectNoticeReverts(
            terms, notice, PAYER_KEY, abi.encodeWithSelector(ISubscriptions.StopMismatch.selector, notice.stop, notice.stop - 1)
        );
        notice = noticeOf(terms);
        notice.subscriptionId = bytes32(uint256(1));
        expectNoticeReverts(
            terms, notice, PAYER_KEY, abi.encodeWithSelector(ISubscriptions.SubscriptionMismatch.selector, 1, id)
        );
        notice = noticeOf(terms);
        vm.warp(notice.deadline + 1);
        expectNoticeReverts(
            terms, notice, PAYER_KEY, abi.encodeWithSelector(IEscrow.DeadlinePassed.selector, notice.deadline)
        );
        vm.warp(notice.deadline);
        sendNotice(terms, notice, PAYER_KEY);
    }

    function test_EveryFieldOfANoticeIsSigned() public {
        SubscriptionTerms memory terms = nativeTerms();
        fund(terms, 1_000);
        CancelNotice memory notice = noticeOf(terms);
        bytes memory signature = sign(PAYER_KEY, escrow.hashCancelNotice(notice));
        notice.deadline += 1;
        expectSignedReverts(terms, notice, signature);
        notice.deadline -= 1;
        fund(terms, 3); // another stop: the signature for the old one under the new one's name
        notice.stop = slotOf(terms).stop;
        expectSignedReverts(terms, notice, signature);
        terms.salt = 0; // another subscription with the same stop
        fund(terms, 1_003);
        notice.subscriptionId = idOf(terms);
        expectSignedReverts(terms, notice, signature);
    }

    function test_ANoticeIsForOneStateOfOneContractOnOneChain() public {
        SubscriptionTerms memory terms = nativeTerms();
        fund(terms, 1_000);
        CancelNotice memory notice = noticeOf(terms);
        bytes memory signature = sign(SIGNER_KEY, escrow.hashCancelNotice(notice));
        uint256 chain = block.chainid;
        vm.chainId(99);
        expectSignedReverts(terms, notice, signature);
        vm.chainId(chain);
        ISubscriptions first = escrow;
        escrow = deploy(new DepositCap[](0));
        fund(terms, 1_000);
        CancelNotice memory other = noticeOf(terms);
        expectSignedReverts(terms, other, signature); // the same terms and stop elsewhere
        escrow = first;

        sendNotice(terms, notice, SIGNER_KEY);
        expectNoticeReverts(
            terms,
            notice,
            SIGNER_KEY,
            abi.encodeWithSelector(ISubscriptions.StopMismatch.selector, BEGIN + 2_100, BEGIN + 60)
        );
        vm.warp(BEGIN + 59);
        notice = noticeOf(terms); // one that leaves the end where it is
        sendNotice(terms, notice, SIGNER_KEY);
        expectNoticeReverts(
            terms,
            notice,
            SIGNER_KEY,
            abi.encodeWithSelector(ISubscriptions.StopMismatch.selector, BEGIN + 60, BEGIN + 59)
        );
    }

    function test_AWalletMaySignAsPayerButNotAsSigner() public {
        TestWallet wallet = new TestWallet(vm.addr(PAYER_KEY));
        SubscriptionTerms memory terms = nativeTerms();
        terms.payer = address(wallet);
        fund(terms, 1_000);
        CancelNotice memory notice = noticeOf(terms);
        bytes memory wrong = abi.encodeWithSelector(ISubscriptions.WrongSignature.selector, notice.subscriptionId);
        expectNoticeReverts(terms, notice, STRANGER_KEY, wrong);
        sendNotice(terms, notice, PAYER_KEY);
        assertEq(address(wallet).balance, 875);

        terms = nativeTerms();
        terms.signer = address(wallet);
        fund(terms, 1_000);
        notice = noticeOf(terms);
        wallet.set(TestWallet.Mode.ACCEPT_ALL);
        wrong = abi.encodeWithSelector(ISubscriptions.WrongSignature.selector, notice.subscriptionId);
        expectNoticeReverts(terms, notice, STRANGER_KEY, wrong);
    }

    // ------------------------------------------------------------------------------------------------------------ stop

    function testFuzz_StopByPayeeOrStopper(address caller, bool byPayee) public {
        SubscriptionTerms memory terms = tokenTerms();
        fund(terms, 1_000);
        vm.warp(BEGIN + 700);
        vm.assume(caller != payee && caller != stopper);
        vm.expectRevert(abi.encodeWithSelector(ISubscriptions.NotPayeeOrStopper.selector, caller, payee, stopper));
        vm.prank(caller);
        escrow.stop(terms, relayList());

        bytes32 id = idOf(terms);
        vm.expectEmit();
        emit ISubscriptions.SubscriptionEnded(id, true, 400, 600, BEGIN, BEGIN + 700);
        vm.prank(byPayee ? payee : stopper);
        assertEq(escrow.stop(terms, relayList()), 600);
        assertSlot(terms, 400, 400, BEGIN, BEGIN + 700);
        assertEq(token.balanceOf(payer), 600);
        assertEq(token.balanceOf(payee), 376);
        assertEq(token.balanceOf(stopper), 0);
        assertFalse(isActive(terms));
    }

    function testFuzz_StopPaysEverybodyAtOnce(
        uint96 price,
        uint40 period,
        uint96 upfront,
        uint96 deposit,
        uint32 later,
        bool native
    ) public {
        SubscriptionTerms memory terms = planOf(price, period, upfront, native);
        fund(terms, uint96(bound(deposit, terms.upfront + terms.price / terms.period + 1, type(uint96).max)));
        deposit = slotOf(terms).deposit;
        vm.warp(BEGIN + bound(later, 0, 2 * uint256(slotOf(terms).stop - BEGIN)));
        if (later % 2 == 0) claim(terms);
        uint96 due = escrow.vested(terms, uint40(vm.getBlockTimestamp()));
        assertEq(halt(terms), deposit - due);
        Subscription memory slot = slotOf(terms);
        assertEq(slot.claimed, due);
        assertEq(slot.deposit, due);
        assertLe(slot.stop, vm.getBlockTimestamp());
        assertEq(balanceOf(payer, terms.token), deposit - due);
        assertEq(balanceOf(payee, terms.token), due - share(due, RELAY_BPS) - marketShare(due, RELAY_BPS, MARKET_BPS));
    }

    function test_StopInTheNotice() public {
        SubscriptionTerms memory terms = nativeTerms();
        fund(terms, 1_000);
        vm.warp(BEGIN + 700);
        cancel(terms);
        vm.warp(BEGIN + 730); // 412 vested of 425
        assertEq(halt(terms), 13);
        assertSlot(terms, 412, 412, BEGIN, BEGIN + 730);
    }

    function test_AFlatPlanStopsAtOnceAndStaysPaid() public {
        SubscriptionTerms memory terms = flatTerms();
        fund(terms, 130);
        vm.warp(BEGIN + 10);
        assertEq(halt(terms), 30);
        assertSlot(terms, 100, 100, BEGIN, BEGIN + 10);
        assertFalse(isActive(terms));
    }

    // --------------------------------------------------------------------------------------------------------- helpers

    function planOf(uint96 price, uint40 period, uint96 upfront, bool native)
        private
        view
        returns (SubscriptionTerms memory terms)
    {
        terms = native ? nativeTerms() : tokenTerms();
        (terms.price, terms.period) = (uint96(bound(price, 1, 1e24)), uint40(bound(period, 1, 366 days)));
        terms.upfront = uint96(bound(upfront, 0, 1e24));
    }

    function sendNotice(SubscriptionTerms memory terms, CancelNotice memory notice, uint256 key) private {
        bytes memory signature = sign(key, escrow.hashCancelNotice(notice));
        vm.prank(stranger);
        escrow.cancelWithNotice(terms, relayList(), notice, signature);
    }

    function expectNoticeReverts(
        SubscriptionTerms memory terms,
        CancelNotice memory notice,
        uint256 key,
        bytes memory expected
    ) private {
        bytes memory signature = sign(key, escrow.hashCancelNotice(notice));
        vm.expectRevert(expected);
        escrow.cancelWithNotice(terms, relayList(), notice, signature);
    }

    function expectSignedReverts(SubscriptionTerms memory terms, CancelNotice memory notice, bytes memory signature)
        private
    {
        bytes32 id = idOf(terms);
        vm.expectRevert(abi.encodeWithSelector(ISubscriptions.WrongSignature.selector, id));
        escrow.cancelWithNotice(terms, relayList(), notice, signature);
    }
}

// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

// close
// ├── caller is neither payee nor operator: reverts; channel unknown or other relays: reverts
// ├── capture above claimed: voucher of this channel by the signer, covering it, or revert
// ├── capture at or below claimed: no voucher needed, claimed stays
// ├── capture above the deposit: the deposit
// └── payee and payer are paid at once, a pending close ends, epoch + 1
// closeWithOffer
// ├── other channel, other epoch, late, signed by nobody who may: reverts
// ├── final below claimed: reverts; above claimed without a voucher that covers it: reverts
// └── else as close, sent by anyone; ERC-1271 payees may sign
// requestClose, requestCloseWithNotice
// ├── by another than the payer / without a notice by payer or signer for this channel and epoch, in time: reverts
// ├── channel unknown, already closing: reverts
// └── closeAt = now + challenge
// cancelClose: payer only, only while closing; epoch + 1, old notices and offers die
// withdraw: not closing, or a second too early: reverts; then anyone, to the payer

import {IChannels} from "../../contracts/interfaces/IChannels.sol";
import {IEscrow} from "../../contracts/interfaces/IEscrow.sol";
import {TestWallet} from "../../contracts/mocks/HostileAccounts.sol";
import {Channel, CloseNotice, CloseOffer, Terms, Voucher} from "../../contracts/types/ChannelTypes.sol";
import {ChannelsFixture} from "./support/ChannelsFixture.sol";

contract ChannelsCloseTest is ChannelsFixture {
    function testFuzz_CloseTakesTheLastClaimAndRefundsTheRest(
        uint96 deposit,
        uint96 before,
        uint96 cumulative,
        uint96 capture,
        bool native
    ) public {
        deposit = uint96(bound(deposit, 1, type(uint96).max));
        capture = uint96(bound(capture, 0, cumulative));
        Terms memory terms = native ? nativeTerms() : tokenTerms();
        fund(terms, deposit);
        claim(terms, before, relay);
        uint256 claimed = slotOf(terms).claimed;
        uint256 total = capture > claimed ? (capture < deposit ? capture : deposit) : claimed;

        assertEq(close(terms, cumulative, capture), deposit - total);
        assertEq(balanceOf(payer, terms.token), deposit - total);
        assertEq(balanceOf(payee, terms.token), total - share(total, RELAY_BPS) - marketShare(total));
        Channel memory channel = slotOf(terms);
        assertEq(channel.claimed, total);
        assertEq(channel.deposit, total);
        assertEq(channel.epoch, 1);
    }

    /// @dev A payee who closes an empty channel 2^24 times over ends up with no state that gives nothing back.
    function test_TheEpochGoesRound() public {
        Terms memory terms = nativeTerms();
        fund(terms, 1_000);
        close(terms, 0, 0);
        bytes32 id = idOf(terms);
        uint256 place;
        while (vm.load(address(channels), keccak256(abi.encode(id, place))) == 0) ++place;
        vm.store(address(channels), keccak256(abi.encode(id, place)), bytes32(uint256(type(uint24).max) << 232));
        assertEq(slotOf(terms).epoch, type(uint24).max);
        fund(terms, 700);
        uint256 had = balanceOf(payer, terms.token);
        requestClose(terms);
        vm.warp(vm.getBlockTimestamp() + terms.challenge);
        channels.withdraw(terms);
        assertEq(balanceOf(payer, terms.token) - had, 700);
        assertEq(slotOf(terms).epoch, 0);
    }

    function test_CloseLogs() public {
        Terms memory terms = nativeTerms();
        fund(terms, 1_000);
        Voucher memory voucher = voucherOf(terms, 600, relay);
        bytes memory signature = signVoucher(SIGNER_KEY, voucher);
        vm.expectEmit();
        emit IChannels.ChannelClosed(voucher.channelId, 600, 400, 1);
        vm.prank(operator);
        channels.close(terms, relayList(), voucher, signature, 600);
        assertEq(payee.balance, 564); // the operator closes, the payee is paid
        assertEq(operator.balance, 0);
    }

    function testFuzz_OnlyPayeeOrOperatorCloses(address caller) public {
        vm.assume(caller != payee && caller != operator);
        Terms memory terms = nativeTerms();
        fund(terms, 10);
        expectCloseReverts(
            caller,
            terms,
            relayList(),
            voucherOf(terms, 0, relay),
            "",
            0,
            abi.encodeWithSelector(IChannels.NotPayeeOrOperator.selector, caller, payee, operator)
        );
    }

    function test_WithoutOperatorNobodyElseCloses() public {
        Terms memory terms = nativeTerms();
        terms.operator = address(0);
        fund(terms, 10);
        CloseOffer memory offer = offerOf(terms, 0);
        Voucher memory none;
        bytes32 id = offer.channelId;
        vm.expectRevert(abi.encodeWithSelector(IChannels.WrongSignature.selector, id));
        channels.closeWithOffer(terms, relayList(), offer, "", none, ""); // recovers to zero, as the operator is
    }

    function test_CloseNeedsItsVoucher() public {
        Terms memory terms = nativeTerms();
        bytes32 id = idOf(terms);
        Voucher memory none;
        expectCloseReverts(
            payee, terms, relayList(), none, "", 0, abi.encodeWithSelector(IChannels.ChannelUnknown.selector, id)
        );
        fund(terms, 1_000);
        expectCloseReverts(
            payee, terms, relayList(), none, "", 1, abi.encodeWithSelector(IChannels.ChannelMismatch.selector, 0, id)
        );
        Voucher memory voucher = voucherOf(terms, 500, relay);
        bytes memory forged = signVoucher(STRANGER_KEY, voucher);
        bytes memory good = signVoucher(SIGNER_KEY, voucher);
        bytes memory wrong = abi.encodeWithSelector(IChannels.WrongSignature.selector, id);
        expectCloseReverts(payee, terms, relayList(), voucher, forged, 1, wrong);
        expectCloseReverts(payee, terms, relayList(), voucher, "", 1, wrong);
        expectCloseReverts(
            payee,
            terms,
            relayList(),
            voucher,
            good,
            501,
            abi.encodeWithSelector(IChannels.CaptureAboveVoucher.selector, 501, 500)
        );
        expectOtherRelaysRefused(terms, voucher, good);
        vm.prank(payee);
        assertEq(channels.close(terms, relayList(), none, "", 0), 1_000); // everything back, nothing signed
    }

    function test_CloseDuringAChallengeEndsIt() public {
        Terms memory terms = nativeTerms();
        fund(terms, 100);
        uint40 closeAt = requestClose(terms);
        close(terms, 60, 60);
        assertEq(slotOf(terms).closeAt, 0);
        vm.warp(closeAt);
        bytes32 id = idOf(terms);
        vm.expectRevert(abi.encodeWithSelector(IChannels.ChannelNotClosing.selector, id));
        channels.withdraw(terms);
    }

    // ---------------------------------------------------------------------------------------------------------- offers

    function testFuzz_AnOfferClosesForAnyone(address caller, uint96 before, uint96 final_, bool byOperator) public {
        Terms memory terms = tokenTerms();
        fund(terms, 10_000);
        before = uint96(bound(before, 0, 10_000));
        final_ = uint96(bound(final_, before, 20_000));
        claim(terms, before, relay);
        CloseOffer memory offer = offerOf(terms, final_);
        bytes memory offerSignature =
            sign(byOperator ? OPERATOR_KEY : PAYEE_KEY, channels.hashCloseOffer(offer));
        Voucher memory voucher = voucherOf(terms, final_, relay);
        bytes memory signature = signVoucher(SIGNER_KEY, voucher);
        vm.prank(caller);
        channels.closeWithOffer(terms, relayList(), offer, offerSignature, voucher, signature);
        uint256 total = final_ < 10_000 ? final_ : 10_000;
        assertEq(token.balanceOf(payer), 10_000 - total);
        assertEq(slotOf(terms).claimed, total);
        assertEq(slotOf(terms).epoch, 1);
    }

    function test_OffersThatAreRefused() public {
        Terms memory terms = nativeTerms();
        fund(terms, 1_000);
        claim(terms, 300, relay);
        bytes32 id = idOf(terms);
        Voucher memory voucher = voucherOf(terms, 500, relay);

        CloseOffer memory offer = offerOf(terms, 299);
        expectOfferReverts(terms, offer, PAYEE_KEY, voucher, abi.encodeWithSelector(IChannels.FinalBelowClaimed.selector, 299, 300));
        offer.finalCumulative = 501;
        expectOfferReverts(terms, offer, PAYEE_KEY, voucher, abi.encodeWithSelector(IChannels.FinalAboveVoucher.selector, 501, 500));
        offer.finalCumulative = 500;
        expectOfferReverts(terms, offer, STRANGER_KEY, voucher, abi.encodeWithSelector(IChannels.WrongSignature.selector, id));
        expectOfferReverts(terms, offer, PAYER_KEY, voucher, abi.encodeWithSelector(IChannels.WrongSignature.selector, id));
        offer.epoch = 1;
        expectOfferReverts(terms, offer, PAYEE_KEY, voucher, abi.encodeWithSelector(IChannels.EpochMismatch.selector, 1, 0));
        offer.epoch = 0;
        offer.channelId = bytes32(uint256(1));
        expectOfferReverts(terms, offer, PAYEE_KEY, voucher, abi.encodeWithSelector(IChannels.ChannelMismatch.selector, 1, id));
        offer = offerOf(terms, 500);
        voucher.channelId = bytes32(uint256(2));
        expectOfferReverts(terms, offer, PAYEE_KEY, voucher, abi.encodeWithSelector(IChannels.ChannelMismatch.selector, 2, id));
        voucher = voucherOf(terms, 500, relay);
        vm.warp(offer.deadline + 1);
        expectOfferReverts(terms, offer, PAYEE_KEY, voucher, abi.encodeWithSelector(IEscrow.DeadlinePassed.selector, offer.deadline));
        vm.warp(offer.deadline);
        sendOffer(terms, offer, PAYEE_KEY, voucher);
    }

    function test_C9_08_AnOfferDiesWithItsEpoch() public {
        Terms memory terms = nativeTerms();
        fund(terms, 1_000);
        CloseOffer memory offer = offerOf(terms, 100);
        Voucher memory voucher = voucherOf(terms, 100, relay);
        sendOffer(terms, offer, PAYEE_KEY, voucher);
        fund(terms, 1_000); // the same channel again: the offer would close it at once
        expectOfferReverts(terms, offer, PAYEE_KEY, voucher, abi.encodeWithSelector(IChannels.EpochMismatch.selector, 0, 1));
    }

    function test_AWalletMaySignItsOffer() public {
        TestWallet wallet = new TestWallet(vm.addr(PAYEE_KEY));
        Terms memory terms = nativeTerms();
        terms.payee = address(wallet);
        fund(terms, 1_000);
        CloseOffer memory offer = offerOf(terms, 100);
        Voucher memory voucher = voucherOf(terms, 100, relay);
        bytes32 id = offer.channelId;
        expectOfferReverts(terms, offer, STRANGER_KEY, voucher, abi.encodeWithSelector(IChannels.WrongSignature.selector, id));
        sendOffer(terms, offer, PAYEE_KEY, voucher);
        assertEq(address(wallet).balance, 94);
    }

    // ----------------------------------------------------------------------------------------- leaving without the payee

    function testFuzz_RequestThenWithdraw(uint96 deposit, uint96 cumulative, uint40 challenge, address keeper, bool native)
        public
    {
        deposit = uint96(bound(deposit, 1, type(uint96).max));
        Terms memory terms = native ? nativeTerms() : tokenTerms();
        terms.challenge = uint40(bound(challenge, 1 hours, 30 days));
        fund(terms, deposit);
        claim(terms, cumulative, relay);
        bytes32 id = idOf(terms);
        uint40 closeAt = uint40(vm.getBlockTimestamp()) + terms.challenge;
        vm.expectEmit();
        emit IChannels.ChannelClosing(id, closeAt);
        assertEq(requestClose(terms), closeAt);

        vm.warp(closeAt - 1);
        vm.expectRevert(abi.encodeWithSelector(IChannels.ChallengeRunning.selector, id, closeAt));
        vm.prank(keeper);
        channels.withdraw(terms);
        vm.warp(closeAt);
        uint96 refund = deposit - slotOf(terms).claimed;
        vm.expectEmit();
        emit IChannels.ChannelWithdrawn(id, refund, 1);
        vm.prank(keeper);
        assertEq(channels.withdraw(terms), refund);
        assertEq(balanceOf(payer, terms.token), refund);
        assertEq(slotOf(terms).deposit, slotOf(terms).claimed);
    }

    function testFuzz_OnlyThePayerRequestsAndCancels(address caller) public {
        vm.assume(caller != payer);
        Terms memory terms = nativeTerms();
        fund(terms, 10);
        bytes memory expected = abi.encodeWithSelector(IEscrow.NotPayer.selector, caller, payer);
        vm.expectRevert(expected);
        vm.prank(caller);
        channels.requestClose(terms);
        requestClose(terms);
        vm.expectRevert(expected);
        vm.prank(caller);
        channels.cancelClose(terms);
    }

    function test_RequestCloseNeedsAnOpenFundedChannel() public {
        Terms memory terms = nativeTerms();
        bytes32 id = idOf(terms);
        vm.expectRevert(abi.encodeWithSelector(IChannels.ChannelUnknown.selector, id));
        vm.prank(payer);
        channels.requestClose(terms);
        fund(terms, 10);
        uint40 closeAt = requestClose(terms);
        vm.warp(closeAt - 5);
        vm.expectRevert(abi.encodeWithSelector(IChannels.ChannelIsClosing.selector, id, closeAt));
        vm.prank(payer);
        channels.requestClose(terms); // the clock is never reset silently
    }

    function test_CancelCloseKeepsTheChannelAndEndsTheEpoch() public {
        Terms memory terms = nativeTerms();
        fund(terms, 10);
        bytes32 id = idOf(terms);
        vm.expectRevert(abi.encodeWithSelector(IChannels.ChannelNotClosing.selector, id));
        vm.prank(payer);
        channels.cancelClose(terms);
        uint40 closeAt = requestClose(terms);
        vm.expectEmit();
        emit IChannels.ChannelCloseCancelled(id, 1);
        vm.prank(payer);
        channels.cancelClose(terms);
        vm.warp(closeAt);
        vm.expectRevert(abi.encodeWithSelector(IChannels.ChannelNotClosing.selector, id));
        channels.withdraw(terms);
        assertEq(slotOf(terms).deposit, 10);
    }

    function testFuzz_ANoticeByPayerOrSignerIsSentByAnyone(address caller, bool bySigner) public {
        Terms memory terms = nativeTerms();
        fund(terms, 10);
        CloseNotice memory notice = noticeOf(terms);
        bytes memory signature = sign(bySigner ? SIGNER_KEY : PAYER_KEY, channels.hashCloseNotice(notice));
        vm.prank(caller);
        uint40 closeAt = channels.requestCloseWithNotice(terms, notice, signature);
        assertEq(closeAt, vm.getBlockTimestamp() + CHALLENGE);
        assertEq(slotOf(terms).closeAt, closeAt);
    }

    function test_NoticesThatAreRefused() public {
        Terms memory terms = nativeTerms();
        fund(terms, 10);
        bytes32 id = idOf(terms);
        CloseNotice memory notice = noticeOf(terms);
        bytes memory wrong = abi.encodeWithSelector(IChannels.WrongSignature.selector, id);
        expectNoticeReverts(terms, notice, STRANGER_KEY, wrong);
        expectNoticeReverts(terms, notice, PAYEE_KEY, wrong);
        notice.epoch = 1;
        expectNoticeReverts(terms, notice, PAYER_KEY, abi.encodeWithSelector(IChannels.EpochMismatch.selector, 1, 0));
        notice.epoch = 0;
        notice.channelId = bytes32(uint256(1));
        expectNoticeReverts(terms, notice, PAYER_KEY, abi.encodeWithSelector(IChannels.ChannelMismatch.selector, 1, id));
        notice = noticeOf(terms);
        vm.warp(notice.deadline + 1);
        expectNoticeReverts(terms, notice, PAYER_KEY, abi.encodeWithSelector(IEscrow.DeadlinePassed.selector, notice.deadline));
        vm.warp(notice.deadline);
        sendNotice(terms, notice, PAYER_KEY);
        expectNoticeReverts(
            terms, notice, PAYER_KEY, abi.encodeWithSelector(IChannels.ChannelIsClosing.selector, id, slotOf(terms).closeAt)
        );
        vm.prank(payer);
        channels.cancelClose(terms);
        vm.warp(notice.deadline); // in time, but the payer took it back
        expectNoticeReverts(terms, notice, PAYER_KEY, abi.encodeWithSelector(IChannels.EpochMismatch.selector, 0, 1));
    }

    function test_AWalletMaySignItsNotice() public {
        TestWallet wallet = new TestWallet(vm.addr(PAYER_KEY));
        Terms memory terms = nativeTerms();
        terms.payer = address(wallet);
        fund(terms, 10);
        CloseNotice memory notice = noticeOf(terms);
        bytes32 id = notice.channelId;
        expectNoticeReverts(terms, notice, STRANGER_KEY, abi.encodeWithSelector(IChannels.WrongSignature.selector, id));
        sendNotice(terms, notice, PAYER_KEY);
    }

    // --------------------------------------------------------------------------------------------------------- helpers

    function expectOtherRelaysRefused(Terms memory terms, Voucher memory voucher, bytes memory signature) private {
        address[] memory others = new address[](1);
        others[0] = stranger;
        bytes32 hash = keccak256(abi.encode(others));
        bytes memory expected = abi.encodeWithSelector(IEscrow.RelaysMismatch.selector, hash, terms.relaysHash);
        expectCloseReverts(payee, terms, others, voucher, signature, 500, expected);
    }

    function expectCloseReverts(
        address caller,
        Terms memory terms,
        address[] memory relays,
        Voucher memory voucher,
        bytes memory signature,
        uint96 capture,
        bytes memory expected
    ) private {
        vm.expectRevert(expected);
        vm.prank(caller);
        channels.close(terms, relays, voucher, signature, capture);
    }

    function sendOffer(Terms memory terms, CloseOffer memory offer, uint256 key, Voucher memory voucher) private {
        bytes memory offerSignature = sign(key, channels.hashCloseOffer(offer));
        bytes memory signature = signVoucher(SIGNER_KEY, voucher);
        vm.prank(stranger);
        channels.closeWithOffer(terms, relayList(), offer, offerSignature, voucher, signature);
    }

    function expectOfferReverts(
        Terms memory terms,
        CloseOffer memory offer,
        uint256 key,
        Voucher memory voucher,
        bytes memory expected
    ) private {
        bytes memory offerSignature = sign(key, channels.hashCloseOffer(offer));
        bytes memory signature = signVoucher(SIGNER_KEY, voucher);
        vm.expectRevert(expected);
        channels.closeWithOffer(terms, relayList(), offer, offerSignature, voucher, signature);
    }

    function sendNotice(Terms memory terms, CloseNotice memory notice, uint256 key) private {
        bytes memory signature = sign(key, channels.hashCloseNotice(notice));
        vm.prank(stranger);
        channels.requestCloseWithNotice(terms, notice, signature);
    }

    function expectNoticeReverts(Terms memory terms, CloseNotice memory notice, uint256 key, bytes memory expected)
        private
    {
        bytes memory signature = sign(key, channels.hashCloseNotice(notice));
        vm.expectRevert(expected);
        channels.requestCloseWithNotice(terms, notice, signature);
    }
}

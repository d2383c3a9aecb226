// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

// The rest of the attacks of docs/security.md, by their rows
// ├── a withdrawal races a claim, a lowball close, a payee that is a contract and cannot answer: claims win all the challenge
// ├── offers and notices of an earlier epoch
// ├── one signer for two payers, a submitter who picks a worse voucher, dust
// ├── value counted twice, a sender forged as forwarders do it
// ├── a challenge at the end of time, a deposit that a reorganisation takes back
// ├── pause, upgrade, owner: no such code
// └── a cut raised after the purchase, an order of claim and payout

import {IChannels} from "../../contracts/interfaces/IChannels.sol";
import {IEscrow} from "../../contracts/interfaces/IEscrow.sol";
import {TestWallet} from "../../contracts/mocks/HostileAccounts.sol";
import {ClaimCommon, ClaimRow, CloseNotice, CloseOffer, Terms, Voucher} from "../../contracts/types/ChannelTypes.sol";
import {ChannelsFixture} from "./support/ChannelsFixture.sol";

contract ChannelsMoreAttacksTest is ChannelsFixture {
    /// @dev The payer asks to leave; the seller sleeps; anyone who has the voucher claims in the last second.
    function test_C9_02_AWatcherClaimsUntilTheLastSecond() public {
        Terms memory terms = nativeTerms();
        fund(terms, 1_000);
        vm.warp(requestClose(terms) - 1);
        watcherClaims(terms, 900);
        assertEq(payee.balance, 900 - 45 - 9);
        vm.warp(vm.getBlockTimestamp() + 1);
        channels.withdraw(terms);
        assertEq(payer.balance, 100);
    }

    /// @dev Nobody states a balance when he leaves, so nobody can state a low one.
    function testFuzz_C9_03_ALowballCloseChangesNothing(uint96 claimed, uint96 signed) public {
        signed = uint96(bound(signed, 1, 1_000));
        claimed = uint96(bound(claimed, 0, signed));
        Terms memory terms = nativeTerms();
        fund(terms, 1_000);
        claim(terms, claimed, relay);
        requestClose(terms);
        watcherClaims(terms, signed);
        assertEq(slotOf(terms).claimed, signed);
    }

    /// @dev A payee without a key, which accepts money and does nothing else.
    function test_C9_04_AContractNeedNotAnswer() public {
        TestWallet wallet = new TestWallet(stranger);
        Terms memory terms = nativeTerms();
        terms.payee = address(wallet);
        fund(terms, 1_000);
        watcherClaims(terms, 300);
        vm.warp(requestClose(terms) - 1);
        watcherClaims(terms, 600);
        vm.warp(vm.getBlockTimestamp() + 1 days);
        watcherClaims(terms, 900);
        assertEq(address(wallet).balance, 900 - 45 - 9);
    }

    function test_C9_08_OffersAndNoticesDieWithEveryEndOfAClose() public {
        Terms memory terms = nativeTerms();
        fund(terms, 1_000);
        CloseOffer memory offer = offerOf(terms, 0);
        CloseNotice memory notice = noticeOf(terms);
        bytes memory offered = sign(PAYEE_KEY, channels.hashCloseOffer(offer));
        bytes memory noticed = sign(PAYER_KEY, channels.hashCloseNotice(notice));
        requestClose(terms);
        vm.prank(terms.payer);
        channels.cancelClose(terms);
        bytes memory expected = abi.encodeWithSelector(IChannels.EpochMismatch.selector, 0, 1);
        Voucher memory none;
        vm.expectRevert(expected);
        channels.closeWithOffer(terms, relayList(), offer, offered, none, "");
        vm.expectRevert(expected);
        channels.requestCloseWithNotice(terms, notice, noticed);
    }

    /// @dev One session key in two channels: what it signed for one payer is nothing to the other's money.
    function testFuzz_C9_16_ASharedSignerIsTwoCounters(uint96 total) public {
        total = uint96(bound(total, 1, 1_000));
        Terms memory terms = nativeTerms();
        Terms memory others = nativeTerms();
        others.payer = stranger;
        fund(terms, 1_000);
        fund(others, 1_000);
        ClaimRow[] memory rows = one(rowOf(terms, total, relay));
        rows[0].payer = stranger;
        assertEq(channels.claim(commonOf(terms), rows, payee), 0);
        claim(terms, total, relay);
        assertEq(slotOf(others).claimed, 0);
    }

    /// @dev One payment of value funds one channel once: no call takes two, and a token channel takes none.
    function test_C9_22_ValueCountsOnce() public {
        Terms memory terms = tokenTerms();
        endow(payer, address(token), 10);
        vm.deal(payer, 10);
        vm.expectRevert(abi.encodeWithSelector(IEscrow.WrongValue.selector, 10, 0));
        vm.prank(payer);
        channels.fund{value: 10}(terms, 10, 10);
        vm.prank(payer);
        (bool done,) = address(channels).call{value: 10}("");
        assertFalse(done); // nor can it be sent without a call
        (done,) = address(channels).call(abi.encodeWithSignature("multicall(bytes[])", new bytes[](1)));
        assertFalse(done);
    }

    /// @dev ERC-2771 forwarders append the sender to the calldata; here nobody reads it.
    function test_C9_23_AnAppendedSenderIsNobody() public {
        Terms memory terms = nativeTerms();
        fund(terms, 1_000);
        bytes memory call_ = abi.encodePacked(abi.encodeCall(IChannels.requestClose, (terms)), payer);
        vm.prank(stranger);
        (bool done, bytes memory answer) = address(channels).call(call_);
        assertFalse(done);
        assertEq(answer, abi.encodeWithSelector(IEscrow.NotPayer.selector, stranger, payer));
    }

    /// @dev A relay submits the older voucher, or the same ten times: the newer one still pays its whole difference.
    function testFuzz_C9_25_AWorseVoucherCostsNothing(uint96 worse, uint96 best) public {
        best = uint96(bound(best, 1, 10_000));
        worse = uint96(bound(worse, 0, best));
        Terms memory terms = nativeTerms();
        fund(terms, 10_000);
        ClaimRow[] memory rows = new ClaimRow[](10);
        for (uint256 n; n < 10; ++n) rows[n] = rowOf(terms, worse, relay);
        vm.prank(relay);
        channels.claim(commonOf(terms), rows, relay);
        claim(terms, best, relay);
        assertEq(slotOf(terms).claimed, best);
        assertEq(payee.balance, best - share(best, RELAY_BPS) - marketShare(best));
    }

    function test_C9_27_AtTheEndOfTimeNothingWraps() public {
        Terms memory terms = nativeTerms();
        terms.challenge = 30 days;
        fund(terms, 1_000);
        vm.warp(type(uint40).max - 30 days);
        assertEq(requestClose(terms), type(uint40).max);
        vm.prank(terms.payer);
        channels.cancelClose(terms);
        vm.warp(type(uint40).max - 30 days + 1);
        vm.expectRevert(); // SafeCast; long after anybody cares, but not a withdrawal at once
        vm.prank(terms.payer);
        channels.requestClose(terms);
    }

    /// @dev Dust: a row that is worth one unit costs its sender gas and everybody else nothing; the rest of the batch is paid.
    function test_C9_32_DustHindersNobody() public {
        Terms memory terms = nativeTerms();
        ClaimRow[] memory rows = new ClaimRow[](21);
        for (uint256 n; n < 20; ++n) {
            terms.salt = bytes32(n);
            fund(terms, 1);
            rows[n] = rowOf(terms, 1, relay);
        }
        terms.salt = "worth it";
        fund(terms, 10_000);
        rows[20] = rowOf(terms, 10_000, relay);
        ClaimCommon memory common = commonOf(terms);
        uint256 before = gasleft();
        channels.claim(common, rows, payee);
        assertLt(before - gasleft(), 21 * 25_000);
        assertEq(payee.balance, 9_400 + 20);
    }

    /// @dev The deposit disappears and comes back in another block: the id and with it every voucher stays good.
    function test_C9_34_AVoucherSurvivesAReorganisation() public {
        Terms memory terms = nativeTerms();
        ClaimCommon memory common = commonOf(terms);
        ClaimRow[] memory rows = one(rowOf(terms, 600, relay)); // signed before there is any deposit
        uint256 before = vm.snapshotState();
        fund(terms, 1_000);
        vm.revertToState(before);
        assertEq(slotOf(terms).deposit, 0);
        assertEq(channels.claim(common, rows, payee), 0);
        vm.roll(vm.getBlockNumber() + 3);
        fund(terms, 1_000);
        channels.claim(common, rows, payee);
        assertEq(slotOf(terms).claimed, 600);
    }

    /// @dev The code delegates to nothing, cannot destroy itself, and knows no owner.
    function test_C9_35_ThereIsNoOwnerPauseOrUpgrade() public {
        bytes memory code = address(channels).code;
        uint256 end = code.length - 2 - (uint256(uint8(code[code.length - 2])) << 8) - uint8(code[code.length - 1]);
        for (uint256 at; at < end; ++at) {
            uint8 op = uint8(code[at]);
            if (op >= 0x60 && op <= 0x7f) at += op - 0x5f; // the bytes that a PUSH carries are no code
            else assertTrue(op != 0xf4 && op != 0xf2 && op != 0xff, "DELEGATECALL, CALLCODE or SELFDESTRUCT");
        }
        string[6] memory calls = ["owner()", "pause()", "paused()", "upgradeTo(address)", "renounceOwnership()", "setFee(uint256)"];
        for (uint256 n; n < calls.length; ++n) {
            (bool done,) = address(channels).call(abi.encodeWithSignature(calls[n]));
            assertFalse(done, calls[n]);
        }
    }

    function testFuzz_C9_37_ACutCannotBeRaisedAfterwards(uint16 relayBps, uint16 marketBps) public {
        vm.assume(relayBps != RELAY_BPS || marketBps != MARKET_BPS);
        Terms memory terms = nativeTerms();
        fund(terms, 10_000);
        ClaimCommon memory common = commonOf(terms);
        (common.relayBps, common.marketBps) = (relayBps, marketBps);
        assertEq(channels.claim(common, one(rowOf(terms, 10_000, relay)), payee), 0);
        assertEq(channels.owed(relay, address(0)) + channels.owed(market, address(0)), 0);
    }

    /// @dev Claim and payout are one call: there is no state between them that an order of calls could lose.
    function test_C9_38_ClaimAndPayoutAreOneCall() public {
        Terms memory terms = nativeTerms();
        fund(terms, 10_000);
        claim(terms, 10_000, relay);
        assertEq(payee.balance, 9_400);
        assertEq(address(channels).balance, channels.owed(relay, address(0)) + channels.owed(market, address(0)));
    }

    function watcherClaims(Terms memory terms, uint96 total) private {
        ClaimCommon memory common = commonOf(terms);
        ClaimRow[] memory rows = one(rowOf(terms, total, relay));
        vm.prank(stranger);
        channels.claim(common, rows, stranger);
    }
}

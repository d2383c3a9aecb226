// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

// Known attacks, by their rows in docs/security.md; what the other files already refuse is named here only.
// ├── a close aged in advance: anyone may withdraw it the moment it matures, so it cannot be kept in store
// ├── an exit undone by a gift (Channels.fund: fundFor while closing reverts)
// ├── vouchers of an earlier life replayed after a re-open: nothing
// ├── offers and notices of an earlier epoch (Channels.close)
// ├── the same signature on another chain, another contract: nothing; the money stays reachable
// ├── the second encoding of a signature (high s, v of 0 or 1), a zero signature: refused; EIP-2098 in `close`: accepted
// ├── code appears at signer or payer (EIP-7702): vouchers and notices stay good
// ├── one bad row (Channels.claim)
// ├── a wallet burns all gas or answers at length, on payment and on ERC-1271: bounded, others are paid
// ├── a recipient is blocked by the token: his part waits, the other part goes out
// ├── a caller starves the push of gas: all or nothing
// ├── a token lies after moving funds: nothing moves
// ├── the token or a wallet calls back in: every door is shut
// ├── value counted twice (Channels.fund)
// └── a stolen session key: cannot move money anywhere but to this payee and this payer

import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {IChannels} from "../../contracts/interfaces/IChannels.sol";
import {IEscrow} from "../../contracts/interfaces/IEscrow.sol";
import {Tokens} from "../../contracts/libraries/Tokens.sol";
import {TestWallet} from "../../contracts/mocks/HostileAccounts.sol";
import {BlockingToken, BombToken, FalseToken, ReentrantToken} from "../../contracts/mocks/HostileTokens.sol";
import {
    ClaimCommon,
    ClaimRow,
    CloseNotice,
    CloseOffer,
    Terms,
    TickRow,
    Voucher
} from "../../contracts/types/ChannelTypes.sol";
import {DepositCap} from "../../contracts/types/EscrowTypes.sol";
import {ChannelsFixture} from "./support/ChannelsFixture.sol";

contract ChannelsAttacksTest is ChannelsFixture {
    function test_C9_01_ACloseAgedInAdvanceIsEmptiedByAnyone() public {
        Terms memory terms = nativeTerms();
        fund(terms, 1_000);
        vm.warp(requestClose(terms) + 30 days);
        vm.prank(stranger);
        channels.withdraw(terms);
        assertEq(payer.balance, 1_000);
        assertEq(claim(terms, 1_000, relay), 0); // which is why a seller refuses while closeAt is set
    }

    function testFuzz_C9_07_VouchersOfAnEarlierLifePayNothing(uint96 first, uint96 old, uint96 second) public {
        first = uint96(bound(first, 1, type(uint96).max / 2));
        second = uint96(bound(second, 1, type(uint96).max / 2));
        old = uint96(bound(old, 0, first));
        Terms memory terms = nativeTerms();
        fund(terms, first);
        close(terms, old, old);
        uint256 before = payee.balance;
        fund(terms, second);
        assertEq(claim(terms, old, relay), 0);
        assertEq(payee.balance, before);
        assertEq(slotOf(terms).deposit - slotOf(terms).claimed, second);
    }

    function test_C9_09_AVoucherIsForOneChainAndOneContract() public {
        Terms memory terms = nativeTerms();
        fund(terms, 1_000);
        ClaimRow[] memory here = one(rowOf(terms, 1_000, relay));
        ClaimCommon memory common = commonOf(terms);

        IChannels other = deploy(new DepositCap[](0));
        vm.deal(payer, 1_000);
        vm.prank(payer);
        other.fund{value: 1_000}(terms, 1_000, 0);
        assertEq(other.claim(common, here, payee), 0);

        vm.chainId(99); // a split: same storage, new chain id
        assertEq(channels.claim(common, here, payee), 0);
        vm.warp(requestClose(terms));
        channels.withdraw(terms);
        assertEq(payer.balance, 1_000);
    }

    function testFuzz_C9_10_EveryFieldOfAVoucherIsSigned(uint8 field, uint256 flip) public {
        Terms memory terms = nativeTerms();
        fund(terms, 1_000);
        Voucher memory voucher = voucherOf(terms, 500, relay);
        bytes memory signature = signVoucher(SIGNER_KEY, voucher);
        field = uint8(bound(field, 0, 2));
        uint96 other = uint96(bound(flip, 1, type(uint96).max));
        if (field == 0) voucher.channelId ^= bytes32(uint256(other));
        if (field == 1) voucher.cumulative ^= other;
        if (field == 2) voucher.relay = address(uint160(voucher.relay) ^ other);
        uint96 capture = voucher.cumulative == 0 ? 1 : voucher.cumulative;
        vm.expectRevert();
        vm.prank(payee);
        channels.close(terms, relayList(), voucher, signature, capture);
    }

    function testFuzz_C9_11_OnlyOneEncodingOfASignature(uint96 cumulative) public {
        cumulative = uint96(bound(cumulative, 1, 1_000));
        Terms memory terms = nativeTerms();
        fund(terms, 1_000);
        Voucher memory voucher = voucherOf(terms, cumulative, relay);
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(SIGNER_KEY, channels.hashVoucher(voucher));
        bytes32 high = bytes32(ORDER - uint256(s));
        refuse(terms, voucher, abi.encodePacked(r, high, v == 27 ? uint8(28) : uint8(27)));
        refuse(terms, voucher, abi.encodePacked(r, s, v - 27));
        refuse(terms, voucher, abi.encodePacked(r, s, v, uint8(0)));
        refuse(terms, voucher, abi.encodePacked(bytes32(0), bytes32(0), v));
        refuse(terms, voucher, new bytes(64));
        (bytes32 r2, bytes32 vs) = compact(SIGNER_KEY, channels.hashVoucher(voucher));
        vm.prank(payee);
        channels.close(terms, relayList(), voucher, abi.encodePacked(r2, vs), cumulative);
        assertEq(slotOf(terms).claimed, cumulative);
    }

    /// @dev EIP-7702: the payer delegates his account and the session key to code that refuses every signature.
    function test_C9_12_CodeAtSignerOrPayerVoidsNothing() public {
        TestWallet wallet = new TestWallet(stranger);
        wallet.set(TestWallet.Mode.REFUSE);
        Terms memory terms = nativeTerms();
        fund(terms, 1_000);
        vm.etch(signer, address(wallet).code);
        vm.etch(payer, address(wallet).code);
        claim(terms, 600, relay);
        assertEq(slotOf(terms).claimed, 600);
        CloseNotice memory notice = noticeOf(terms);
        channels.requestCloseWithNotice(terms, notice, sign(PAYER_KEY, channels.hashCloseNotice(notice)));
    }

    /// @dev Even code that accepts everything gives nobody a voucher.
    function test_C9_12_AWalletCannotVouch() public {
        TestWallet wallet = new TestWallet(stranger);
        wallet.set(TestWallet.Mode.ACCEPT_ALL);
        Terms memory terms = nativeTerms();
        terms.signer = address(wallet);
        fund(terms, 1_000);
        assertEq(claim(terms, 600, relay), 0);
    }

    function testFuzz_C9_14_AHostileWalletIsBounded(uint8 mode) public {
        TestWallet wallet = new TestWallet(stranger);
        Terms memory terms = nativeTerms();
        terms.payee = address(wallet);
        fund(terms, 1_000);
        wallet.set(TestWallet.Mode(bound(mode, uint8(TestWallet.Mode.REFUSE), uint8(TestWallet.Mode.SHORT_ANSWER))));

        CloseOffer memory offer = offerOf(terms, 0);
        Voucher memory none;
        bytes memory signature = sign(PAYER_KEY, channels.hashCloseOffer(offer));
        uint256 before = gasleft();
        vm.expectRevert(abi.encodeWithSelector(IChannels.WrongSignature.selector, offer.channelId));
        channels.closeWithOffer(terms, relayList(), offer, signature, none, "");
        assertLt(before - gasleft(), 600_000);

        before = gasleft();
        ClaimRow[] memory rows = one(rowOf(terms, 500, relay));
        assertEq(channels.claim(commonOf(terms), rows, address(wallet)), 470);
        assertLt(before - gasleft(), 400_000);
        uint256 kept = channels.owed(address(wallet), address(0));
        assertEq(kept + address(wallet).balance, 470);

        vm.warp(requestClose(terms)); // and the payer leaves untouched
        channels.withdraw(terms);
        assertEq(payer.balance, 500);
    }

    function test_C9_19_ABlockedRecipientBlocksNobody() public {
        BlockingToken blocking = new BlockingToken();
        Terms memory terms = termsIn(address(blocking));
        fund(terms, 1_000);
        blocking.setBlocked(payee, true);
        close(terms, 600, 600);
        assertEq(blocking.balanceOf(payer), 400);
        assertEq(channels.owed(payee, address(blocking)), 564);
        vm.prank(payee);
        channels.pull(payee, address(blocking), stranger);
        assertEq(blocking.balanceOf(stranger), 564);

        terms.salt = keccak256("the other way round");
        fund(terms, 1_000);
        blocking.setBlocked(payee, false);
        blocking.setBlocked(payer, true);
        close(terms, 600, 600);
        assertEq(blocking.balanceOf(payee), 564);
        assertEq(channels.owed(payer, address(blocking)), 400);
    }

    function test_C9_14_ATokenThatBurnsOrBabblesIsBounded() public {
        BombToken bomb = new BombToken();
        Terms memory terms = termsIn(address(bomb));
        fund(terms, 1_000);
        bomb.arm(BombToken.Mode.BURN_GAS);
        uint256 before = gasleft();
        claim(terms, 100, relay);
        assertLt(before - gasleft(), 500_000);
        bomb.arm(BombToken.Mode.LONG_ANSWER);
        before = gasleft();
        claim(terms, 200, relay);
        assertLt(before - gasleft(), 500_000);
        assertEq(channels.owed(payee, address(bomb)), 188);
        bomb.arm(BombToken.Mode.NONE);
        channels.pull(payee, address(bomb), payee);
        assertEq(bomb.balanceOf(payee), 188);
    }

    /// @dev A wallet that needs about 30,000 gas to be paid: whatever the caller provides, it is paid or nothing happens.
    function testFuzz_C9_19_NobodyStarvesAPush(uint256 gasLimit) public {
        gasLimit = bound(gasLimit, 30_000, 400_000);
        TestWallet wallet = new TestWallet(payer);
        wallet.arm(stranger, "");
        Terms memory terms = nativeTerms();
        terms.payer = address(wallet);
        fund(terms, 1_000);
        vm.warp(requestClose(terms));
        vm.prank(stranger);
        (bool done,) = address(channels).call{gas: gasLimit}(abi.encodeCall(IChannels.withdraw, (terms)));
        assertEq(address(wallet).balance, done ? 1_000 : 0);
        assertEq(channels.owed(address(wallet), address(0)), 0);
        assertEq(slotOf(terms).deposit, done ? 0 : 1_000);
    }

    function testFuzz_C9_19_NobodyStarvesATokenPush(uint256 gasLimit) public {
        gasLimit = bound(gasLimit, 30_000, 500_000);
        Terms memory terms = tokenTerms();
        fund(terms, 1_000);
        vm.warp(requestClose(terms));
        (bool done,) = address(channels).call{gas: gasLimit}(abi.encodeCall(IChannels.withdraw, (terms)));
        assertEq(token.balanceOf(payer), done ? 1_000 : 0);
    }

    function test_C9_19_StarvationIsRefusedByName() public {
        Terms memory terms = nativeTerms();
        fund(terms, 1_000);
        vm.warp(requestClose(terms));
        (bool done, bytes memory answer) =
            address(channels).call{gas: 100_000}(abi.encodeCall(IChannels.withdraw, (terms)));
        assertFalse(done);
        assertEq(bytes4(answer), Tokens.GasTooLow.selector);
    }

    function test_C9_20_ATokenThatLiesMovesNothing() public {
        FalseToken liar = new FalseToken();
        Terms memory terms = termsIn(address(liar));
        fund(terms, 1_000);
        liar.lie(true);
        ClaimCommon memory common = commonOf(terms);
        ClaimRow[] memory rows = one(rowOf(terms, 500, relay));
        vm.expectRevert(abi.encodeWithSelector(Tokens.TokenReturnedFalse.selector, address(liar)));
        channels.claim(common, rows, payee);
        assertEq(slotOf(terms).claimed, 0);
        assertEq(liar.balanceOf(payee), 0);

        endow(payer, address(liar), 10);
        vm.expectRevert();
        vm.prank(payer);
        channels.fund(terms, 10, 10);
    }

    /// @dev Every state-changing function is tried from inside a transfer, on the way in and on the way out.
    function testFuzz_C9_21_TheTokenCannotCallBack(uint8 door, bool onTheWayIn) public {
        ReentrantToken evil = new ReentrantToken();
        Terms memory terms = termsIn(address(evil));
        fund(terms, 1_000);
        claim(terms, 100, relay);
        evil.arm(address(channels), doorCall(terms, address(evil), door));
        if (onTheWayIn) fund(terms, 1_000);
        else claim(terms, 200, relay);
        assertEq(evil.attempts(), 1);
        assertEq(evil.successes(), 0);
    }

    function testFuzz_C9_21_AWalletCannotCallBack(uint8 door) public {
        TestWallet wallet = new TestWallet(payer);
        Terms memory terms = nativeTerms();
        terms.payee = address(wallet);
        fund(terms, 1_000);
        wallet.arm(address(channels), doorCall(terms, address(0), door));
        uint256 paid = claim(terms, 100, relay);
        assertEq(address(wallet).balance, paid);
        assertEq(wallet.attempts(), 1);
        assertEq(wallet.successes(), 0);
    }

    /// @dev What the doors say is the guard's word, so it is the guard that shuts them.
    function testFuzz_C9_21_TheGuardIsWhatShutsTheDoors(uint8 door) public {
        ReentrantToken evil = new ReentrantToken();
        Terms memory terms = termsIn(address(evil));
        fund(terms, 1_000);
        claim(terms, 100, relay);
        bytes memory data = doorCall(terms, address(evil), door);
        evil.arm(address(this), abi.encodeCall(this.knock, (data)));
        claim(terms, 200, relay);
        assertEq(bytes4(lastAnswer), ReentrancyGuardTransient.ReentrancyGuardReentrantCall.selector);
    }

    bytes private lastAnswer;

    function knock(bytes calldata data) external {
        (, lastAnswer) = address(channels).call(data);
    }

    function test_C9_29_AStolenSessionKeyReachesOnlyPayeeAndPayer() public {
        Terms memory terms = nativeTerms();
        fund(terms, 1_000);
        ClaimCommon memory common = commonOf(terms);
        ClaimRow[] memory rows = one(rowOf(terms, 1_000, stranger));
        vm.prank(signer);
        channels.claim(common, rows, signer);
        assertEq(payee.balance, 990); // the market's cut aside; a relay of the thief's own is not listed
        assertEq(stranger.balance + channels.owed(stranger, address(0)) + signer.balance, 0);
        vm.expectRevert(abi.encodeWithSelector(IEscrow.NotPayer.selector, signer, payer));
        vm.prank(signer);
        channels.requestClose(terms);
    }

    function refuse(Terms memory terms, Voucher memory voucher, bytes memory signature) private {
        vm.expectRevert(abi.encodeWithSelector(IChannels.WrongSignature.selector, voucher.channelId));
        vm.prank(payee);
        channels.close(terms, relayList(), voucher, signature, voucher.cumulative);
    }

    function doorCall(Terms memory terms, address currency, uint8 door) private view returns (bytes memory) {
        CloseNotice memory notice = noticeOf(terms);
        CloseOffer memory offer = offerOf(terms, 0);
        Voucher memory none;
        door = uint8(bound(door, 0, 13));
        if (door == 0) return abi.encodeCall(IChannels.fundFor, (terms, 1, 0));
        if (door == 1) return abi.encodeCall(IChannels.fund, (terms, 1, 0));
        if (door == 2) {
            return abi.encodeCall(IChannels.claim, (commonOf(terms), one(rowOf(terms, 1_000, relay)), payee));
        }
        if (door == 3) return abi.encodeCall(IChannels.close, (terms, relayList(), none, "", 0));
        if (door == 4) {
            bytes memory signature = sign(PAYEE_KEY, channels.hashCloseOffer(offer));
            return abi.encodeCall(IChannels.closeWithOffer, (terms, relayList(), offer, signature, none, ""));
        }
        if (door == 5) {
            bytes memory signature = sign(PAYER_KEY, channels.hashCloseNotice(notice));
            return abi.encodeCall(IChannels.requestCloseWithNotice, (terms, notice, signature));
        }
        if (door == 6) return abi.encodeCall(IChannels.withdraw, (terms));
        if (door == 7) return abi.encodeCall(IChannels.cancelClose, (terms));
        if (door == 8) return abi.encodeCall(IChannels.fundWith3009, (terms, 1, 0, 0, 1, "", ""));
        if (door == 9) return abi.encodeCall(IChannels.fundWithPermit2, (terms, 1, 0, bytes32(0), 1, ""));
        if (door == 10) return abi.encodeCall(IChannels.fundWithPermit, (terms, 1, 0, 1, 27, "", ""));
        if (door == 11) return abi.encodeCall(IChannels.requestClose, (terms));
        TickRow memory row;
        if (door == 12) return abi.encodeCall(IChannels.claimTicks, (commonOf(terms), row, 0, payee));
        return abi.encodeCall(IEscrow.pull, (relay, currency, relay));
    }
}

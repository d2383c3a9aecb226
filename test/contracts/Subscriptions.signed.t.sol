// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

// fundWith3009
// ├── anyone lands the payer's authorisation: starts and tops up
// ├── signed for another subscription, amount, salt or stop, or by another key: reverts
// ├── landed already: reverts
// ├── withheld, and in between a top-up, a cancel (also one that leaves the end where it is), a stop: reverts
// └── the native coin: reverts
// fundWithPermit
// ├── the payer in one transaction; a permit landed by somebody else first: no error
// └── anyone but the payer, the native coin: reverts
// nobody's tokens but the signer's ever move

import {ERC3009} from "@openzeppelin/contracts/token/ERC20/extensions/draft-ERC3009.sol";
import {IEscrow} from "../../contracts/interfaces/IEscrow.sol";
import {CancelNotice, SubscriptionTerms} from "../../contracts/types/SubscriptionTypes.sol";
import {SubscriptionsFunding} from "./support/SubscriptionsFunding.sol";
import {SubscriptionsToken} from "./support/SubscriptionsToken.sol";

contract SubscriptionsSignedTest is SubscriptionsFunding {
    SubscriptionsToken private signed;

    function setUp() public override {
        super.setUp();
        signed = new SubscriptionsToken();
        signed.mint(payer, 1e12);
    }

    // ------------------------------------------------------------------------------------------------------------ 3009

    function testFuzz_AnyoneLandsASignedFunding(address caller, uint96 first, uint96 second, uint32 later) public {
        vm.assume(caller != payer);
        SubscriptionTerms memory terms = termsIn(address(signed));
        first = uint96(bound(first, 101, 1e9));
        second = uint96(bound(second, 2, 1e9));
        vm.prank(caller);
        land(terms, first, authorisation(terms, first));
        assertSlot(terms, 0, first, BEGIN, BEGIN + uint256(first - 100) * 7 / 3);

        uint40 time = uint40(BEGIN + bound(later, 0, 1e9));
        vm.warp(time);
        uint96 due = escrow.vested(terms, time);
        vm.prank(caller);
        land(terms, second, authorisation(terms, second));
        assertEq(slotOf(terms).deposit, first + second);
        assertEq(escrow.vested(terms, time), due);
        assertEq(signed.balanceOf(payer), 1e12 - first - second);
    }

    function test_AnAuthorisationFitsOneFundingOnly() public {
        SubscriptionTerms memory terms = termsIn(address(signed));
        bytes memory signature = authorisation(terms, 1_000);
        expectRefused(terms, 999, SALT, signature);
        expectRefused(terms, 1_000, "another salt", signature);
        terms.salt = 0;
        expectRefused(terms, 1_000, SALT, signature);
        terms = termsIn(address(signed));
        expectRefused(terms, 1_000, SALT, sign(STRANGER_KEY, digestOf(terms, 1_000, 0)));
        expectRefused(terms, 1_000, SALT, sign(PAYER_KEY, digestOf(terms, 1_000, BEGIN)));
        land(terms, 1_000, signature);
        expectRefused(terms, 1_000, SALT, signature); // not again: another stop makes another nonce
        assertEq(signed.balanceOf(payer), 1e12 - 1_000);
    }

    /// @dev One `stop` twice, by ending in the second of an earlier end: the token itself refuses the used nonce.
    function test_AUsedAuthorisationStaysUsed() public {
        SubscriptionTerms memory terms = termsIn(address(signed));
        terms.notice = 0;
        land(terms, 121, authorisation(terms, 121)); // until 49
        bytes memory signature = authorisation(terms, 30);
        land(terms, 30, signature);
        vm.warp(BEGIN + 49);
        cancel(terms);
        assertEq(slotOf(terms).stop, BEGIN + 49);
        bytes32 nonce = keccak256(abi.encode(idOf(terms), uint96(30), BEGIN + 49, SALT));
        vm.expectRevert(abi.encodeWithSelector(ERC3009.ERC3009UsedAuthorization.selector, payer, nonce));
        land(terms, 30, signature);
    }

    function test_AWithheldTopUpDiesWithAnotherTopUp() public {
        (SubscriptionTerms memory terms, bytes memory signature) = withheld(60);
        endow(stranger, address(0), 1);
        signed.mint(stranger, 3);
        vm.startPrank(stranger);
        signed.approve(address(escrow), 3);
        escrow.fundFor(terms, 3, 3);
        vm.stopPrank();
        expectRefused(terms, 30, SALT, signature);
    }

    function test_AWithheldTopUpDiesWithACancel() public {
        (SubscriptionTerms memory terms, bytes memory signature) = withheld(60);
        vm.warp(BEGIN + 700);
        cancel(terms);
        expectRefused(terms, 30, SALT, signature);
        vm.warp(BEGIN + 2_100);
        expectRefused(terms, 30, SALT, signature);
    }

    function test_AWithheldTopUpDiesWithACancelThatLeavesTheEnd() public {
        (SubscriptionTerms memory terms, bytes memory signature) = withheld(365 days);
        vm.warp(BEGIN + 700);
        cancel(terms);
        expectRefused(terms, 30, SALT, signature);
    }

    function test_AWithheldTopUpDiesWithACancelAfterTheEnd() public {
        (SubscriptionTerms memory terms, bytes memory signature) = withheld(60);
        vm.warp(BEGIN + 9_999);
        CancelNotice memory notice = noticeOf(terms);
        escrow.cancelWithNotice(terms, relayList(), notice, sign(SIGNER_KEY, escrow.hashCancelNotice(notice)));
        expectRefused(terms, 30, SALT, signature);
    }

    function test_AWithheldTopUpDiesWithAStop() public {
        (SubscriptionTerms memory terms, bytes memory signature) = withheld(60);
        vm.warp(BEGIN + 9_999);
        halt(terms);
        expectRefused(terms, 30, SALT, signature);
    }

    function test_AWithheldPartOfAFlatPriceDiesWithACancel() public {
        SubscriptionTerms memory terms = termsIn(address(signed));
        (terms.price, terms.period) = (0, 0);
        land(terms, 40, authorisation(terms, 40));
        bytes memory signature = authorisation(terms, 60);
        cancel(terms);
        expectRefused(terms, 60, SALT, signature);
    }

    function test_TheNativeCoinIsNotSigned() public {
        SubscriptionTerms memory terms = nativeTerms();
        vm.expectRevert(IEscrow.NativeNotSigned.selector);
        escrow.fundWith3009(terms, 1_000, 0, 0, DEADLINE, SALT, new bytes(65));
        vm.expectRevert(IEscrow.NativeNotSigned.selector);
        escrow.fundWithPermit2(terms, 1_000, 0, SALT, DEADLINE, new bytes(65));
        vm.expectRevert(IEscrow.NativeNotSigned.selector);
        vm.prank(payer);
        escrow.fundWithPermit(terms, 1_000, 0, DEADLINE, 27, 0, 0);
    }

    // ---------------------------------------------------------------------------------------------------------- permit

    function testFuzz_FundWithPermit(bool landedBefore) public {
        SubscriptionTerms memory terms = tokenTerms();
        token.mint(payer, 1_000);
        (uint8 v, bytes32 r, bytes32 s) = signPermit(address(token), 1_000);
        if (landedBefore) token.permit(payer, address(escrow), 1_000, DEADLINE, v, r, s);
        vm.prank(payer);
        escrow.fundWithPermit(terms, 1_000, 1_000, DEADLINE, v, r, s);
        assertSlot(terms, 0, 1_000, BEGIN, BEGIN + 2_100);
        assertEq(token.balanceOf(payer), 0);
    }

    function test_APermitIsForThePayerAlone() public {
        SubscriptionTerms memory terms = tokenTerms();
        token.mint(payer, 1_000);
        (uint8 v, bytes32 r, bytes32 s) = signPermit(address(token), 1_000);
        vm.expectRevert(abi.encodeWithSelector(IEscrow.NotPayer.selector, stranger, payer));
        vm.prank(stranger);
        escrow.fundWithPermit(terms, 1_000, 0, DEADLINE, v, r, s);
    }

    function test_WithoutPermitOrAllowanceItReverts() public {
        SubscriptionTerms memory terms = tokenTerms();
        token.mint(payer, 1_000);
        vm.expectRevert();
        vm.prank(payer);
        escrow.fundWithPermit(terms, 1_000, 0, DEADLINE, 27, 0, 0);
    }

    // --------------------------------------------------------------------------------------------------------- helpers

    /// @return terms A running subscription. @return signature The payer's for 30 more, in the hands of somebody who waits.
    function withheld(uint40 notice) private returns (SubscriptionTerms memory terms, bytes memory signature) {
        terms = termsIn(address(signed));
        terms.notice = notice;
        land(terms, 1_000, authorisation(terms, 1_000));
        signature = authorisation(terms, 30);
    }

    function digestOf(SubscriptionTerms memory terms, uint96 amount, uint32 stop) private view returns (bytes32) {
        bytes32 nonce = keccak256(abi.encode(idOf(terms), amount, stop, SALT));
        return signed.hashReceive(payer, address(escrow), amount, DEADLINE, nonce);
    }

    function authorisation(SubscriptionTerms memory terms, uint96 amount) private view returns (bytes memory) {
        return sign(PAYER_KEY, digestOf(terms, amount, slotOf(terms).stop));
    }

    function land(SubscriptionTerms memory terms, uint96 amount, bytes memory signature) private {
        escrow.fundWith3009(terms, amount, amount, 0, DEADLINE, SALT, signature);
    }

    function expectRefused(SubscriptionTerms memory terms, uint96 amount, bytes32 salt, bytes memory signature) private {
        vm.expectRevert(ERC3009.ERC3009InvalidSignature.selector);
        escrow.fundWith3009(terms, amount, 0, 0, DEADLINE, salt, signature);
    }
}

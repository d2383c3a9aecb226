// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

// Long because three ways of funding are tried against the same list of misuses, side by side.
//
// fundWith3009 (TestToken, which takes signatures as USDC 2.2 does)
// ├── the payer's authorisation with the nonce of channel, amount and salt: credited, whoever sends it
// ├── any field of the terms, the amount, the salt, a time or the signer is another: refused by the token, nothing moves
// ├── used, cancelled, too early, too late: refused
// ├── landed past Channels: refused, by receive (wrong caller) and by transfer (wrong type)
// └── a wallet contract signs: by 65 bytes and by bytes of its own
// fundWithPermit2 (the real Permit2)
// ├── the payer's permit whose witness is the terms: credited, whoever sends it
// ├── any field of the terms, the amount, salt, deadline or signer is another: refused by Permit2
// ├── used, late, for another spender: refused
// └── a wallet contract signs
// fundWithPermit
// ├── the payer himself: credited; anyone else: reverts
// ├── the permit was landed before, or is bad but the allowance is there: credited
// ├── neither permit nor allowance: the token's own error
// └── a pending close is cancelled, as by fund
// the first two
// ├── a close is pending: revert, the exit stays, and the authorisation is not used up
// └── laws, minCredited, cap: as fundFor
// all three: native coin: reverts by name

import {IERC20Errors} from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";
import {IChannels} from "../../contracts/interfaces/IChannels.sol";
import {IEscrow} from "../../contracts/interfaces/IEscrow.sol";
import {TestWallet} from "../../contracts/mocks/HostileAccounts.sol";
import {Terms} from "../../contracts/types/ChannelTypes.sol";
import {DepositCap} from "../../contracts/types/EscrowTypes.sol";
import {ChannelsFunding} from "./support/ChannelsFunding.sol";
import {ITestToken} from "./support/ChannelsTokens.sol";

contract ChannelsSignedTest is ChannelsFunding {
    bytes4 private constant INVALID_SIGNER = bytes4(keccak256("InvalidSigner()"));
    bytes4 private constant INVALID_NONCE = bytes4(keccak256("InvalidNonce()"));
    bytes4 private constant SIGNATURE_EXPIRED = bytes4(keccak256("SignatureExpired(uint256)"));
    bytes4 private constant INVALID_CONTRACT_SIGNATURE = bytes4(keccak256("InvalidContractSignature()"));

    ITestToken private other; // the payer has the same amount of it, approved to the same contracts

    function setUp() public override {
        super.setUp();
        deployPermit2();
        other = ITestToken(deployCode("TestToken", ""));
        token.mint(payer, type(uint96).max);
        other.mint(payer, type(uint96).max);
        vm.startPrank(payer);
        token.approve(PERMIT2, FOREVER);
        other.approve(PERMIT2, FOREVER);
        vm.stopPrank();
    }

    // ---------------------------------------------------------------------------------------------------------- EIP-3009

    function testFuzz_A3009AuthorisationFundsWhoeverSendsIt(address caller, uint96 amount, bytes32 fundSalt) public {
        amount = uint96(bound(amount, 1, type(uint96).max));
        Terms memory terms = tokenTerms();
        bytes memory signature = sign3009(terms, amount, fundSalt);
        bytes32 id = idOf(terms);
        vm.expectEmit();
        emit ITestToken.AuthorizationUsed(payer, nonceOf(id, amount, fundSalt));
        vm.expectEmit();
        emit IChannels.ChannelFunded(id, payer, payee, address(token), terms.listingId, amount, amount);
        vm.prank(caller);
        (bytes32 returned, uint96 credited) =
            channels.fundWith3009(terms, amount, amount, 0, FOREVER, fundSalt, signature);
        assertEq(returned, id);
        assertEq(credited, amount);
        assertEq(slotOf(terms).deposit, amount);
        assertEq(token.balanceOf(address(channels)), amount);
        assertEq(token.balanceOf(payer), type(uint96).max - amount);
    }

    /// @dev Redirect attempts: the relay that carries the authorisation bends one field.
    function testFuzz_C9_24_A3009AuthorisationIsForOneChannel(uint8 field, bytes32 seed) public {
        Terms memory terms = tokenTerms();
        bytes memory signature = sign3009(terms, 1_000, "salt");
        bend(terms, field, seed);
        vm.expectRevert(abi.encodeWithSelector(ITestToken.AuthorizationNotSigned.selector, terms.payer));
        vm.prank(stranger);
        channels.fundWith3009(terms, 1_000, 0, 0, FOREVER, "salt", signature);
    }

    function testFuzz_A3009AuthorisationIsForOneAmountSaltAndTime(uint8 field, uint96 flip) public {
        flip = uint96(bound(flip, 1, type(uint96).max));
        Terms memory terms = tokenTerms();
        bytes memory signature = sign3009(PAYER_KEY, terms, 1_000, "salt", 1, FOREVER);
        (uint96 amount, bytes32 fundSalt, uint256 validAfter, uint256 validBefore) =
            (1_000, bytes32("salt"), 1, FOREVER);
        field = uint8(bound(field, 0, 3));
        if (field == 0) amount ^= flip;
        if (field == 1) fundSalt ^= bytes32(uint256(flip));
        if (field == 2) validAfter ^= flip;
        if (field == 3) validBefore ^= flip;
        vm.expectRevert(abi.encodeWithSelector(ITestToken.AuthorizationNotSigned.selector, payer));
        channels.fundWith3009(terms, amount, 0, validAfter, validBefore, fundSalt, signature);
    }

    function testFuzz_OnlyThePayersKeyAuthorises(uint256 key) public {
        key = bound(key, 1, ORDER - 1);
        vm.assume(key != PAYER_KEY);
        Terms memory terms = tokenTerms();
        bytes memory signature = sign3009(key, terms, 1_000, "salt", 0, FOREVER);
        vm.expectRevert(abi.encodeWithSelector(ITestToken.AuthorizationNotSigned.selector, payer));
        channels.fundWith3009(terms, 1_000, 0, 0, FOREVER, "salt", signature);
    }

    function test_AUsedAuthorisationPaysOnce() public {
        Terms memory terms = tokenTerms();
        bytes memory signature = sign3009(terms, 1_000, "salt");
        vm.prank(stranger); // landed by somebody else first: the money is where it should be
        channels.fundWith3009(terms, 1_000, 1_000, 0, FOREVER, "salt", signature);
        expect3009Reverts(
            terms,
            signature,
            abi.encodeWithSelector(
                ITestToken.AuthorizationGone.selector, payer, nonceOf(idOf(terms), 1_000, "salt")
            )
        );
        assertEq(slotOf(terms).deposit, 1_000);
    }

    function test_ACancelledAuthorisationPaysNothing() public {
        Terms memory terms = tokenTerms();
        bytes memory signature = sign3009(terms, 1_000, "salt");
        bytes32 nonce = nonceOf(idOf(terms), 1_000, "salt");
        bytes32 kind = keccak256("CancelAuthorization(address authorizer,bytes32 nonce)");
        bytes memory cancelled =
            sign(PAYER_KEY, typed(token.DOMAIN_SEPARATOR(), keccak256(abi.encode(kind, payer, nonce))));
        vm.expectEmit();
        emit ITestToken.AuthorizationCanceled(payer, nonce);
        token.cancelAuthorization(payer, nonce, cancelled);
        assertTrue(token.authorizationState(payer, nonce));
        expect3009Reverts(
            terms, signature, abi.encodeWithSelector(ITestToken.AuthorizationGone.selector, payer, nonce)
        );
    }

    function test_AnAuthorisationHasItsTime() public {
        Terms memory terms = tokenTerms();
        uint256 start = vm.getBlockTimestamp();
        bytes memory signature = sign3009(PAYER_KEY, terms, 1_000, "salt", start, start + 10);
        bytes memory expected =
            abi.encodeWithSelector(ITestToken.AuthorizationNotInTime.selector, start, start + 10);
        vm.expectRevert(expected);
        channels.fundWith3009(terms, 1_000, 0, start, start + 10, "salt", signature);
        vm.warp(start + 10);
        vm.expectRevert(expected);
        channels.fundWith3009(terms, 1_000, 0, start, start + 10, "salt", signature);
        vm.warp(start + 9);
        channels.fundWith3009(terms, 1_000, 0, start, start + 10, "salt", signature);
    }

    /// @dev Landed past Channels the tokens would lie there without a channel.
    function test_NobodyLandsAnAuthorisationPastChannels() public {
        Terms memory terms = tokenTerms();
        bytes memory signature = sign3009(terms, 1_000, "salt");
        bytes32 nonce = nonceOf(idOf(terms), 1_000, "salt");
        vm.expectRevert(
            abi.encodeWithSelector(ITestToken.CallerNotRecipient.selector, stranger, address(channels))
        );
        vm.prank(stranger);
        token.receiveWithAuthorization(payer, address(channels), 1_000, 0, FOREVER, nonce, signature);
        vm.expectRevert(abi.encodeWithSelector(ITestToken.AuthorizationNotSigned.selector, payer));
        token.transferWithAuthorization(payer, address(channels), 1_000, 0, FOREVER, nonce, signature);
    }

    function test_AWalletContractAuthorises() public {
        TestWallet wallet = new TestWallet(payer);
        Terms memory terms = tokenTerms();
        terms.payer = address(wallet);
        token.mint(address(wallet), 2_000);
        bytes memory signature = sign3009(PAYER_KEY, terms, 1_000, "salt", 0, FOREVER);
        channels.fundWith3009(terms, 1_000, 1_000, 0, FOREVER, "salt", signature);

        vm.expectRevert(abi.encodeWithSelector(ITestToken.AuthorizationNotSigned.selector, address(wallet)));
        channels.fundWith3009(terms, 1_000, 1_000, 0, FOREVER, "other", "a passkey's long answer");
        wallet.set(TestWallet.Mode.ACCEPT_ALL);
        channels.fundWith3009(terms, 1_000, 1_000, 0, FOREVER, "other", "a passkey's long answer");
        assertEq(slotOf(terms).deposit, 2_000);
    }

    // ----------------------------------------------------------------------------------------------------------- Permit2

    function testFuzz_APermit2FundsWhoeverSendsIt(address caller, uint96 amount, uint256 nonce) public {
        amount = uint96(bound(amount, 1, type(uint96).max));
        Terms memory terms = tokenTerms();
        bytes memory signature = signPermit2(terms, amount, nonce);
        bytes32 id = idOf(terms);
        vm.expectEmit();
        emit IChannels.ChannelFunded(id, payer, payee, address(token), terms.listingId, amount, amount);
        vm.prank(caller);
        (bytes32 returned, uint96 credited) =
            channels.fundWithPermit2(terms, amount, amount, bytes32(nonce), FOREVER, signature);
        assertEq(returned, id);
        assertEq(credited, amount);
        assertEq(slotOf(terms).deposit, amount);
        assertEq(token.balanceOf(address(channels)), amount);
    }

    function testFuzz_C9_24_APermit2IsForOneChannel(uint8 field, bytes32 seed) public {
        Terms memory terms = tokenTerms();
        bytes memory signature = signPermit2(terms, 1_000, 1);
        bend(terms, field, seed);
        vm.expectRevert(INVALID_SIGNER);
        vm.prank(stranger);
        channels.fundWithPermit2(terms, 1_000, 0, bytes32(uint256(1)), FOREVER, signature);
    }

    function testFuzz_APermit2IsForOneAmountSaltAndDeadline(uint8 field, uint96 flip) public {
        flip = uint96(bound(flip, 1, type(uint96).max));
        Terms memory terms = tokenTerms();
        bytes memory signature = signPermit2(terms, 1_000, 1);
        (uint96 amount, uint256 nonce, uint256 deadline) = (1_000, 1, FOREVER);
        field = uint8(bound(field, 0, 2));
        if (field == 0) amount ^= flip;
        if (field == 1) nonce ^= flip;
        if (field == 2) deadline ^= flip;
        vm.expectRevert(INVALID_SIGNER);
        channels.fundWithPermit2(terms, amount, 0, bytes32(nonce), deadline, signature);
    }

    function test_APermit2PaysOnceAndInTime() public {
        Terms memory terms = tokenTerms();
        uint256 end = vm.getBlockTimestamp();
        bytes memory signature = signPermit2(PAYER_KEY, terms, 1_000, 1, end);
        channels.fundWithPermit2(terms, 1_000, 0, bytes32(uint256(1)), end, signature);
        vm.expectRevert(INVALID_NONCE);
        channels.fundWithPermit2(terms, 1_000, 0, bytes32(uint256(1)), end, signature);
        signature = signPermit2(PAYER_KEY, terms, 1_000, 2, end);
        vm.warp(end + 1);
        vm.expectRevert(abi.encodeWithSelector(SIGNATURE_EXPIRED, end));
        channels.fundWithPermit2(terms, 1_000, 0, bytes32(uint256(2)), end, signature);
        assertEq(slotOf(terms).deposit, 1_000);
    }

    /// @dev The same words for another deployment: Permit2 binds the spender.
    function test_APermit2IsForOneContract() public {
        Terms memory terms = tokenTerms();
        bytes memory signature = signPermit2(terms, 1_000, 1);
        IChannels second = deploy(new DepositCap[](0));
        vm.expectRevert(INVALID_SIGNER);
        second.fundWithPermit2(terms, 1_000, 0, bytes32(uint256(1)), FOREVER, signature);
    }

    function test_AWalletContractPermits() public {
        TestWallet wallet = new TestWallet(payer);
        Terms memory terms = tokenTerms();
        terms.payer = address(wallet);
        token.mint(address(wallet), 1_000);
        wallet.execute(address(token), 0, abi.encodeCall(token.approve, (PERMIT2, FOREVER)));
        bytes memory wrong = signPermit2(STRANGER_KEY, terms, 1_000, 1, FOREVER);
        vm.expectRevert(INVALID_CONTRACT_SIGNATURE);
        channels.fundWithPermit2(terms, 1_000, 0, bytes32(uint256(1)), FOREVER, wrong);
        channels.fundWithPermit2(terms, 1_000, 0, bytes32(uint256(1)), FOREVER, signPermit2(terms, 1_000, 1));
        assertEq(slotOf(terms).deposit, 1_000);
    }

    // ---------------------------------------------------------------------------------------------------------- EIP-2612

    function testFuzz_APermitFundsForThePayer(uint96 amount) public {
        amount = uint96(bound(amount, 1, type(uint96).max));
        Terms memory terms = tokenTerms();
        (uint8 v, bytes32 r, bytes32 s) = signPermit(PAYER_KEY, terms, amount, FOREVER);
        vm.prank(payer);
        channels.fundWithPermit(terms, amount, amount, FOREVER, v, r, s);
        assertEq(slotOf(terms).deposit, amount);
        assertEq(token.allowance(payer, address(channels)), 0);
    }

    function testFuzz_AnothersPermitIsOfNoUse(address caller) public {
        vm.assume(caller != payer);
        Terms memory terms = tokenTerms();
        (uint8 v, bytes32 r, bytes32 s) = signPermit(PAYER_KEY, terms, 1_000, FOREVER);
        vm.expectRevert(abi.encodeWithSelector(IEscrow.NotPayer.selector, caller, payer));
        vm.prank(caller);
        channels.fundWithPermit(terms, 1_000, 1_000, FOREVER, v, r, s);

        terms.payer = caller; // a channel of the thief's own: the permit speaks of another owner
        vm.expectRevert(
            abi.encodeWithSelector(
                IERC20Errors.ERC20InsufficientAllowance.selector, address(channels), 0, 1_000
            )
        );
        vm.prank(caller);
        channels.fundWithPermit(terms, 1_000, 1_000, FOREVER, v, r, s);
    }

    function test_C9_26_APermitLandedByAnotherIsNoError() public {
        Terms memory terms = tokenTerms();
        (uint8 v, bytes32 r, bytes32 s) = signPermit(PAYER_KEY, terms, 1_000, FOREVER);
        vm.prank(stranger);
        token.permit(payer, address(channels), 1_000, FOREVER, v, r, s);
        vm.prank(payer);
        channels.fundWithPermit(terms, 1_000, 1_000, FOREVER, v, r, s);
        assertEq(slotOf(terms).deposit, 1_000);
    }

    function test_WithoutPermitAndAllowanceTheTokenSaysWhy() public {
        Terms memory terms = tokenTerms();
        (uint8 v, bytes32 r, bytes32 s) = signPermit(STRANGER_KEY, terms, 1_000, FOREVER);
        vm.expectRevert(
            abi.encodeWithSelector(
                IERC20Errors.ERC20InsufficientAllowance.selector, address(channels), 0, 1_000
            )
        );
        vm.prank(payer);
        channels.fundWithPermit(terms, 1_000, 1_000, FOREVER, v, r, s);
    }

    function test_AllowanceDecidesWhenThePermitIsBad() public {
        Terms memory terms = tokenTerms();
        vm.startPrank(payer);
        token.approve(address(channels), 1_000);
        channels.fundWithPermit(terms, 1_000, 1_000, 0, 27, "", "");
        vm.stopPrank();
        assertEq(slotOf(terms).deposit, 1_000);
    }

    function test_ThePayersOwnPermitCancelsAClose() public {
        Terms memory terms = tokenTerms();
        fund(terms, 10);
        requestClose(terms);
        (uint8 v, bytes32 r, bytes32 s) = signPermit(PAYER_KEY, terms, 5, FOREVER);
        bytes32 id = idOf(terms);
        vm.expectEmit();
        emit IChannels.ChannelCloseCancelled(id, 1);
        vm.prank(payer);
        channels.fundWithPermit(terms, 5, 5, FOREVER, v, r, s);
        assertEq(slotOf(terms).closeAt, 0);
        assertEq(slotOf(terms).epoch, 1);
        assertEq(slotOf(terms).deposit, 15);
    }

    // --------------------------------------------------------------------------------------------------------- all three

    /// @dev Signed before the exit, withheld by a relay, sent during it: the exit goes on.
    function test_C9_06_AWithheldAuthorisationNeverCancelsAnExit() public {
        Terms memory terms = tokenTerms();
        bytes memory by3009 = sign3009(terms, 1_000, "salt");
        bytes memory byPermit2 = signPermit2(terms, 1_000, 1);
        fund(terms, 10);
        uint40 closeAt = requestClose(terms);
        bytes32 id = idOf(terms);
        bytes memory expected = abi.encodeWithSelector(IChannels.ChannelIsClosing.selector, id, closeAt);
        for (uint256 n; n < 2; ++n) {
            expect3009Reverts(terms, by3009, expected);
            vm.expectRevert(expected);
            channels.fundWithPermit2(terms, 1_000, 0, bytes32(uint256(1)), FOREVER, byPermit2);
            vm.warp(closeAt + 1); // nor once it has matured
        }
        assertEq(slotOf(terms).closeAt, closeAt);
        assertEq(slotOf(terms).epoch, 0);
        channels.withdraw(terms);
        channels.fundWith3009(terms, 1_000, 0, 0, FOREVER, "salt", by3009); // it was not used up
        channels.fundWithPermit2(terms, 1_000, 0, bytes32(uint256(1)), FOREVER, byPermit2);
        assertEq(slotOf(terms).deposit, 2_000);
    }

    function test_TheNativeCoinIsNotMovedBySignatures() public {
        Terms memory terms = nativeTerms();
        vm.startPrank(payer);
        vm.expectRevert(IEscrow.NativeNotSigned.selector);
        channels.fundWith3009(terms, 1, 1, 0, FOREVER, "", "");
        vm.expectRevert(IEscrow.NativeNotSigned.selector);
        channels.fundWithPermit2(terms, 1, 1, "salt", FOREVER, "");
        vm.expectRevert(IEscrow.NativeNotSigned.selector);
        channels.fundWithPermit(terms, 1, 1, FOREVER, 27, "", "");
    }

    function testFuzz_LessThanMinCreditedIsRefused(uint96 amount, uint96 minCredited) public {
        amount = uint96(bound(amount, 0, type(uint96).max - 1));
        minCredited = uint96(bound(minCredited, uint256(amount) + 1, type(uint96).max));
        Terms memory terms = tokenTerms();
        bytes memory by3009 = sign3009(terms, amount, "salt");
        bytes memory byPermit2 = signPermit2(terms, amount, 1);
        (uint8 v, bytes32 r, bytes32 s) = signPermit(PAYER_KEY, terms, amount, FOREVER);
        bytes memory expected = abi.encodeWithSelector(IEscrow.CreditedTooLittle.selector, amount, minCredited);
        vm.startPrank(payer);
        vm.expectRevert(expected);
        channels.fundWith3009(terms, amount, minCredited, 0, FOREVER, "salt", by3009);
        vm.expectRevert(expected);
        channels.fundWithPermit2(terms, amount, minCredited, bytes32(uint256(1)), FOREVER, byPermit2);
        vm.expectRevert(expected);
        channels.fundWithPermit(terms, amount, minCredited, FOREVER, v, r, s);
    }

    /// @dev The payer signed for unlawful terms himself: the laws hold all the same, and his tokens stay.
    function test_TheLawsHoldForSignedMoneyToo() public {
        Terms memory terms = tokenTerms();
        terms.relayBps = 3_001;
        bytes memory expected = abi.encodeWithSelector(IEscrow.RelayCutTooHigh.selector, 3_001, 3_000);
        expect3009Reverts(terms, sign3009(terms, 1_000, "salt"), expected);
        bytes memory byPermit2 = signPermit2(terms, 1_000, 1);
        vm.expectRevert(expected);
        channels.fundWithPermit2(terms, 1_000, 0, bytes32(uint256(1)), FOREVER, byPermit2);
        vm.expectRevert(expected);
        vm.prank(payer);
        channels.fundWithPermit(terms, 0, 0, FOREVER, 27, "", "");
        assertEq(token.balanceOf(payer), type(uint96).max);
    }

    function test_TheFirstLaunchCapHoldsForSignedMoneyToo() public {
        DepositCap[] memory caps = new DepositCap[](1);
        caps[0] = DepositCap({token: address(token), cap: 999});
        channels = deploy(caps);
        Terms memory terms = tokenTerms();
        bytes memory expected =
            abi.encodeWithSelector(IEscrow.DepositAboveCap.selector, address(token), 1_000, 999);
        expect3009Reverts(terms, sign3009(terms, 1_000, "salt"), expected);
        bytes memory byPermit2 = signPermit2(terms, 1_000, 1);
        vm.expectRevert(expected);
        channels.fundWithPermit2(terms, 1_000, 0, bytes32(uint256(1)), FOREVER, byPermit2);
    }

    // ----------------------------------------------------------------------------------------------------------- helpers

    function expect3009Reverts(Terms memory terms, bytes memory signature, bytes memory expected) private {
        vm.expectRevert(expected);
        vm.prank(stranger);
        channels.fundWith3009(terms, 1_000, 0, 0, FOREVER, "salt", signature);
    }

    /// @dev Changes one of the twelve fields to another lawful value, so that only the signature can refuse it.
    function bend(Terms memory terms, uint8 field, bytes32 seed) private view {
        field = uint8(bound(field, 0, 11));
        address another = address(uint160(bound(uint256(seed), 1 << 32, type(uint160).max)));
        vm.assume(another.code.length == 0);
        bytes32 before = keccak256(abi.encode(terms));
        if (field == 0) terms.payer = another;
        if (field == 1) terms.payee = another;
        if (field == 2) terms.operator = another;
        if (field == 3) terms.token = address(other);
        if (field == 4) terms.signer = another;
        if (field == 5) terms.listingId = uint64(uint256(seed));
        if (field == 6) terms.relaysHash = seed;
        if (field == 7) terms.relayBps = uint16(bound(uint256(seed), 0, 3_000));
        if (field == 8) terms.market = another;
        if (field == 9) terms.marketBps = uint16(bound(uint256(seed), 0, 1_000));
        if (field == 10) terms.challenge = uint40(bound(uint256(seed), 1 hours, 30 days));
        if (field == 11) terms.salt = seed;
        vm.assume(keccak256(abi.encode(terms)) != before);
    }
}

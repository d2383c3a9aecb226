// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

// fund
// ├── caller is not the payer: reverts
// ├── payer, payee or signer missing: reverts
// ├── a cut above its cap, a challenge outside its bounds: reverts; at the bounds: works
// ├── native: value differs from amount: reverts; equal: credited
// ├── token: any value: reverts; allowance: credited; no code at the token: reverts
// ├── token keeps a fee: credits what arrived; below minCredited: reverts; nothing arrived: reverts
// ├── a top-up adds to the deposit; more than 96 bits: reverts
// ├── above the first-launch cap: reverts; claimed money leaves room again
// └── a close is pending: cancelled, epoch + 1
// fundFor
// ├── anyone, his own tokens, for the payer's channel
// ├── a close is pending: reverts
// └── the payer's tokens and allowance are never touched
// fundWith3009, fundWithPermit2, fundWithPermit: Channels.signed
// ids: every field of the terms, the contract and the chain at deployment change the id

import {IChannels} from "../../contracts/interfaces/IChannels.sol";
import {IEscrow} from "../../contracts/interfaces/IEscrow.sol";
import {FeeToken, VoidToken} from "../../contracts/mocks/HostileTokens.sol";
import {Terms} from "../../contracts/types/ChannelTypes.sol";
import {DepositCap} from "../../contracts/types/EscrowTypes.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {ChannelsFixture} from "./support/ChannelsFixture.sol";

contract ChannelsFundTest is ChannelsFixture {
    function testFuzz_FundOpensAndTopsUp(uint96 first, uint96 second, bool native) public {
        first = uint96(bound(first, 1, type(uint96).max / 2));
        second = uint96(bound(second, 1, type(uint96).max / 2));
        Terms memory terms = native ? nativeTerms() : tokenTerms();
        uint256 value = endow(payer, terms.token, first);
        bytes32 id = idOf(terms);

        vm.expectEmit();
        emit IChannels.ChannelFunded(id, payer, payee, terms.token, terms.listingId, first, first);
        vm.prank(payer);
        (bytes32 returned, uint96 credited) = channels.fund{value: value}(terms, first, first);
        assertEq(returned, id);
        assertEq(credited, first);

        fund(terms, second);
        assertEq(slotOf(terms).deposit, uint256(first) + second);
        assertEq(slotOf(terms).claimed, 0);
        assertEq(balanceOf(address(channels), terms.token), uint256(first) + second);
    }

    function testFuzz_FundByAnotherThanThePayerReverts(address caller) public {
        vm.assume(caller != payer);
        vm.deal(caller, 1);
        Terms memory terms = nativeTerms();
        vm.expectRevert(abi.encodeWithSelector(IEscrow.NotPayer.selector, caller, payer));
        vm.prank(caller);
        channels.fund{value: 1}(terms, 1, 1);
    }

    function test_MissingPartiesRevert() public {
        Terms memory terms = nativeTerms();
        terms.payee = address(0);
        expectFundForReverts(terms, abi.encodeWithSelector(IEscrow.PartyMissing.selector, payer, address(0), signer));
        terms = nativeTerms();
        terms.signer = address(0);
        expectFundForReverts(terms, abi.encodeWithSelector(IEscrow.PartyMissing.selector, payer, payee, address(0)));
        terms = nativeTerms();
        terms.payer = address(0);
        expectFundForReverts(terms, abi.encodeWithSelector(IEscrow.PartyMissing.selector, address(0), payee, signer));
    }

    function testFuzz_C9_33_CapsOnCutsAndChallenge(uint16 relayBps, uint16 marketBps, uint40 challenge) public {
        Terms memory terms = nativeTerms();
        (terms.relayBps, terms.marketBps, terms.challenge) = (relayBps, marketBps, challenge);
        bytes memory expected;
        if (relayBps > 3_000) {
            expected = abi.encodeWithSelector(IEscrow.RelayCutTooHigh.selector, relayBps, 3_000);
        } else if (marketBps > 1_000) {
            expected = abi.encodeWithSelector(IEscrow.MarketCutTooHigh.selector, marketBps, 1_000);
        } else if (challenge < 1 hours || challenge > 30 days) {
            expected = abi.encodeWithSelector(IChannels.ChallengeOutOfBounds.selector, challenge, 1 hours, 30 days);
        }
        if (expected.length > 0) expectFundForReverts(terms, expected);
        else fund(terms, 1);
    }

    function test_TheBoundsThemselvesAreLawful() public {
        Terms memory terms = nativeTerms();
        (terms.relayBps, terms.marketBps, terms.challenge) = (3_000, 1_000, 1 hours);
        fund(terms, 1);
        terms.challenge = 30 days;
        fund(terms, 1);
        terms.relayBps = 3_001;
        expectFundForReverts(terms, abi.encodeWithSelector(IEscrow.RelayCutTooHigh.selector, 3_001, 3_000));
        (terms.relayBps, terms.marketBps) = (3_000, 1_001);
        expectFundForReverts(terms, abi.encodeWithSelector(IEscrow.MarketCutTooHigh.selector, 1_001, 1_000));
        (terms.marketBps, terms.challenge) = (1_000, 1 hours - 1);
        expectFundForReverts(
            terms,
            abi.encodeWithSelector(IChannels.ChallengeOutOfBounds.selector, 1 hours - 1, 1 hours, 30 days)
        );
        terms.challenge = 30 days + 1;
        expectFundForReverts(
            terms,
            abi.encodeWithSelector(IChannels.ChallengeOutOfBounds.selector, 30 days + 1, 1 hours, 30 days)
        );
    }

    function testFuzz_C9_22_NativeValueMustEqualAmount(uint96 amount, uint96 value) public {
        vm.assume(amount != value);
        vm.deal(payer, value);
        vm.expectRevert(abi.encodeWithSelector(IEscrow.WrongValue.selector, value, amount));
        vm.prank(payer);
        channels.fund{value: value}(nativeTerms(), amount, 0);
    }

    function test_ValueWithATokenReverts() public {
        endow(payer, address(token), 10);
        vm.deal(payer, 1);
        vm.expectRevert(abi.encodeWithSelector(IEscrow.WrongValue.selector, 1, 0));
        vm.prank(payer);
        channels.fund{value: 1}(tokenTerms(), 10, 0);
    }

    function test_NothingCreditedReverts() public {
        vm.expectRevert(abi.encodeWithSelector(IEscrow.CreditedTooLittle.selector, 0, 0));
        vm.prank(payer);
        channels.fund(nativeTerms(), 0, 0);
    }

    function test_ATokenWithoutCodeReverts() public {
        vm.expectRevert();
        vm.prank(payer);
        channels.fund(termsIn(makeAddr("no token")), 1, 0);
    }

    function testFuzz_AFeeTokenCreditsWhatArrives(uint96 amount, uint16 feeBps, uint96 minCredited) public {
        amount = uint96(bound(amount, 1, type(uint96).max));
        FeeToken fee = new FeeToken(bound(feeBps, 0, 10_000));
        Terms memory terms = termsIn(address(fee));
        endow(payer, address(fee), amount);
        uint256 arrives = amount - share(amount, fee.feeBps());

        bool tooLittle = arrives == 0 || arrives < minCredited;
        if (tooLittle) {
            vm.expectRevert(abi.encodeWithSelector(IEscrow.CreditedTooLittle.selector, arrives, minCredited));
        }
        vm.prank(payer);
        channels.fund(terms, amount, minCredited);
        assertEq(slotOf(terms).deposit, tooLittle ? 0 : arrives);
        assertEq(fee.balanceOf(address(channels)), slotOf(terms).deposit);
    }

    function test_ATokenWithoutReturnValueWorks() public {
        VoidToken void_ = new VoidToken();
        Terms memory terms = termsIn(address(void_));
        void_.mint(payer, 1_000);
        vm.startPrank(payer);
        void_.approve(address(channels), 1_000);
        channels.fund(terms, 1_000, 1_000);
        vm.stopPrank();
        assertEq(slotOf(terms).deposit, 1_000);
        claim(terms, 400, relay);
        assertEq(void_.balanceOf(payee), 400 - 20 - 4);
    }

    function test_C9_27_MoreThan96BitsReverts() public {
        Terms memory terms = nativeTerms();
        fund(terms, type(uint96).max);
        expectFundForReverts(
            terms, abi.encodeWithSelector(SafeCast.SafeCastOverflowedUintDowncast.selector, 96, uint256(1) << 96)
        );
    }

    function test_TheFirstLaunchCapHoldsPerChannelAndToken() public {
        DepositCap[] memory caps = new DepositCap[](1);
        caps[0] = DepositCap({token: address(0), cap: 100});
        channels = deploy(caps);
        Terms memory terms = nativeTerms();
        assertEq(channels.depositCap(address(0)), 100);
        assertEq(channels.depositCap(address(token)), type(uint96).max);

        fund(terms, 100);
        expectFundForReverts(terms, abi.encodeWithSelector(IEscrow.DepositAboveCap.selector, address(0), 101, 100));
        claim(terms, 40, relay);
        fund(terms, 40); // the cap is on what the channel holds, not on what ever went through
        expectFundForReverts(terms, abi.encodeWithSelector(IEscrow.DepositAboveCap.selector, address(0), 101, 100));

        terms.salt = keccak256("another channel");
        fund(terms, 100);
        fund(tokenTerms(), 1_000);
    }

    function test_FundCancelsAPendingClose() public {
        Terms memory terms = nativeTerms();
        fund(terms, 10);
        requestClose(terms);
        vm.deal(payer, 5);
        bytes32 id = idOf(terms);
        vm.expectEmit();
        emit IChannels.ChannelCloseCancelled(id, 1);
        vm.prank(payer);
        channels.fund{value: 5}(terms, 5, 5);
        assertEq(slotOf(terms).closeAt, 0);
        assertEq(slotOf(terms).epoch, 1);
        assertEq(slotOf(terms).deposit, 15);
    }

    function testFuzz_FundForIsAGift(address giver, uint96 amount) public {
        amount = uint96(bound(amount, 1, type(uint96).max));
        vm.assume(giver != address(channels) && giver != address(token) && giver != address(0));
        Terms memory terms = tokenTerms();
        token.mint(payer, amount);
        vm.prank(payer);
        token.approve(address(channels), type(uint256).max);
        if (giver != payer) endow(giver, address(token), amount);

        vm.prank(giver);
        channels.fundFor(terms, amount, amount);
        assertEq(slotOf(terms).deposit, amount);
        assertEq(token.balanceOf(giver), 0);
        if (giver != payer) assertEq(token.balanceOf(payer), amount); // his allowance is nobody else's
    }

    function test_C9_05_FundForWhileClosingReverts() public {
        Terms memory terms = nativeTerms();
        fund(terms, 10);
        uint40 closeAt = requestClose(terms);
        bytes32 id = idOf(terms);
        expectFundForReverts(terms, abi.encodeWithSelector(IChannels.ChannelIsClosing.selector, id, closeAt));
        vm.warp(closeAt + 1);
        expectFundForReverts(terms, abi.encodeWithSelector(IChannels.ChannelIsClosing.selector, id, closeAt));
    }

    /// @dev One changed field, one other id; every field once.
    function testFuzz_EveryFieldOfTheTermsChangesTheId(uint8 field, bytes32 seed) public view {
        Terms memory terms = nativeTerms();
        bytes32 before = idOf(terms);
        address other = address(uint160(uint256(seed)));
        field = uint8(bound(field, 0, 11));
        if (field == 0) terms.payer = other;
        if (field == 1) terms.payee = other;
        if (field == 2) terms.operator = other;
        if (field == 3) terms.token = other;
        if (field == 4) terms.signer = other;
        if (field == 5) terms.listingId = uint64(uint256(seed));
        if (field == 6) terms.relaysHash = seed;
        if (field == 7) terms.relayBps = uint16(uint256(seed));
        if (field == 8) terms.market = other;
        if (field == 9) terms.marketBps = uint16(uint256(seed));
        if (field == 10) terms.challenge = uint40(uint256(seed));
        if (field == 11) terms.salt = seed;
        Terms memory original = nativeTerms();
        bool same = keccak256(abi.encode(terms)) == keccak256(abi.encode(original));
        assertEq(idOf(terms) == before, same);
    }

    function test_IdsDifferByContractAndSurviveANewChainId() public {
        Terms memory terms = nativeTerms();
        bytes32 before = idOf(terms);
        IChannels second = deploy(new DepositCap[](0));
        assertNotEq(second.channelIdOf(terms), before);
        vm.chainId(777);
        assertEq(idOf(terms), before);
        assertNotEq(deploy(new DepositCap[](0)).deployment(), second.deployment());
    }

    function expectFundForReverts(Terms memory terms, bytes memory expected) private {
        vm.deal(stranger, 1);
        vm.expectRevert(expected);
        vm.prank(stranger);
        channels.fundFor{value: 1}(terms, 1, 1);
    }
}

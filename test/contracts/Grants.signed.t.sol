// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {GrantsFunding} from "./support/GrantsFunding.sol";
import {IEscrow} from "../../contracts/interfaces/IEscrow.sol";
import {IGrants} from "../../contracts/interfaces/IGrants.sol";
import {ISubscriptions} from "../../contracts/interfaces/ISubscriptions.sol";
import {Tokens} from "../../contracts/libraries/Tokens.sol";
import {TestToken} from "../../contracts/mocks/TestToken.sol";
import {Approval, Funding, Purchase} from "../../contracts/types/GrantTypes.sol";
import {ListingTerms} from "../../contracts/types/ListingTypes.sol";

/// @dev Takes every call, as tokens with a fallback function do, and answers nothing to what it does not know.
contract WordlessToken {
    function balanceOf(address) external pure returns (uint256) {
        return 0;
    }

    fallback() external {}
}

// Purchases that a stranger sends with the buyer's signature over payment id and amount.
//
// EIP-3009 and Permit2, for a channel and for a subscription
//   a good signature -> bought, whoever sends it, with the buyer's tokens and nobody else's
//   the same signature landed at the escrow first -> bought all the same
//   any choice of the purchase changed by the sender -> another payment id, so the signature fits no more: reverts
//   money that is there without any signature of the buyer -> a stranger buys nothing in the buyer's name
//   an authorisation of less than the entry -> reverts, and the tokens stay with the buyer
//   too short, a signature that lies elsewhere or is longer than what is there, a permit of any other length -> reverts by name
//   a token that takes every call without a word -> refused by the escrow's name
contract GrantsSignedTest is GrantsFunding {
    TestToken internal token;
    ListingTerms internal metered;
    ListingTerms internal timed;
    uint64 internal meteredId;
    uint64 internal timedId;

    function setUp() public override {
        super.setUp();
        token = new TestToken();
        keep(metered, offer());
        keep(timed, timedOffer());
        (metered.token, timed.token) = (address(token), address(token));
        (meteredId, timedId) = (list(metered), list(timed));
        token.mint(buyer, 1e30);
        vm.prank(buyer);
        token.approve(PERMIT2, type(uint256).max);
    }

    function testFuzz_buy_signed(uint8 way, address sender, bool isLandedFirst) public {
        vm.assume(sender != address(0));
        Purchase memory purchase = signedOrder(way);
        if (isLandedFirst) land(purchase);
        uint256 had = token.balanceOf(buyer);
        vm.prank(sender);
        bytes32 grantId = grants.buy(purchase);
        assertTrue(grants.isActive(grantId, 1));
        assertEq(token.balanceOf(escrowOf(purchase)), purchase.amount);
        assertEq(had - token.balanceOf(buyer), isLandedFirst ? 0 : purchase.amount);
        assertEq(token.balanceOf(address(grants)), 0);
    }

    /// @dev attack #24 and #31: what a sender may choose is nothing.
    function testFuzz_buy_signedBindsEveryChoice(uint8 way, uint8 part) public {
        Purchase memory purchase = signedOrder(way);
        part = uint8(bound(part, 0, 7));
        if (part == 0) purchase.signer = stranger;
        if (part == 1) purchase.encryptionKey = keccak256("thief's key");
        if (part == 2) purchase.buyerSalt = 0;
        if (part == 3) purchase.notBefore = 1;
        if (part == 4) purchase.notAfter -= 1;
        if (part == 5) purchase.market = market;
        if (part == 6) purchase.amount += 1;
        if (part == 7) purchase.buyer = stranger;
        vm.prank(stranger);
        vm.expectRevert();
        grants.buy(purchase);
        assertEq(token.balanceOf(buyer), 1e30);
    }

    /// @dev A thief pays for a channel in the buyer's name, with keys of his own: no grant, or an approval would be worth money.
    function testFuzz_buy_aGiftIsNoSignature(uint8 way) public {
        Purchase memory purchase = signedOrder(way);
        (purchase.signer, purchase.encryptionKey) = (stranger, keccak256("thief's key"));
        token.mint(stranger, purchase.amount);
        vm.startPrank(stranger);
        if (isTimed(purchase)) {
            token.approve(address(subscriptions), purchase.amount);
            vm.expectRevert(
                abi.encodeWithSelector(
                    ISubscriptions.NotPayerOrStopper.selector, stranger, buyer, address(grants)
                )
            );
            subscriptions.fundFor(subscriptionOf(purchase), purchase.amount, 0);
        } else {
            token.approve(address(channels), purchase.amount);
            channels.fundFor(termsOf(purchase), purchase.amount, 0);
        }
        vm.expectRevert();
        grants.buy(purchase);
        (purchase.funding, purchase.amount, purchase.authorization) = (Funding.NONE, 0, "");
        vm.expectRevert(abi.encodeWithSelector(IGrants.NotBuyer.selector, stranger, buyer));
        grants.buy(purchase);
        vm.stopPrank();
    }

    /// @dev A coin of a stranger's that lands before a signed purchase changes nothing that was signed.
    function testFuzz_buy_signedAfterAStrangersCoin(uint8 way, uint96 coin) public {
        Purchase memory purchase = signedOrder(way);
        coin = uint96(bound(coin, 1, 1e12));
        token.mint(stranger, coin);
        vm.startPrank(stranger);
        token.approve(escrowOf(purchase), coin);
        if (isTimed(purchase)) try subscriptions.fundFor(subscriptionOf(purchase), coin, 0) {} catch {}
        else channels.fundFor(termsOf(purchase), coin, 0);
        assertTrue(grants.isActive(grants.buy(purchase), 1));
        vm.stopPrank();
    }

    function testFuzz_buy_signedTooLittle(uint8 way) public {
        Purchase memory purchase = orderFor(way);
        purchase.amount = isTimed(purchase) ? 199_999 : purchase.amount - 1;
        sign(purchase);
        vm.prank(stranger);
        vm.expectRevert();
        grants.buy(purchase);
        assertEq(token.balanceOf(buyer), 1e30);
    }

    function test_buy_signedIsForTokens() public {
        Purchase memory purchase = order(list(offer()), offer(), BY_MESSAGE);
        purchase.funding = Funding.EIP3009;
        bothRefuse(
            purchase, abi.encodeWithSelector(IGrants.FundingNotForToken.selector, Funding.EIP3009, address(0))
        );
    }

    /// @dev Neither balances nor authorisations: the refusal is the pull's, not the question whether the signature was used.
    function test_buy_signedInWhatIsNoToken() public {
        metered.token = address(hubs);
        Purchase memory purchase = order(list(metered), metered, BY_MESSAGE);
        purchase.funding = Funding.EIP3009;
        purchase.authorization = abi.encode(uint256(0), type(uint256).max, SALT, new bytes(65));
        vm.expectRevert(abi.encodeWithSelector(Tokens.TokenUnreadable.selector, address(hubs)));
        grants.buy(purchase);
    }

    function test_buy_signedInATokenWithoutAWord() public {
        metered.token = address(new WordlessToken());
        Purchase memory purchase = order(list(metered), metered, BY_MESSAGE);
        purchase.funding = Funding.EIP3009;
        purchase.authorization = abi.encode(uint256(0), type(uint256).max, SALT, new bytes(65));
        vm.expectRevert(abi.encodeWithSelector(IEscrow.CreditedTooLittle.selector, 0, 0));
        grants.buy(purchase);
    }

    /// @dev 65 bytes of signature, padded to 96, behind their length, behind two or three words and their place.
    function testFuzz_buy_malformedAuthorization(uint8 way, uint256 length, uint256 word) public {
        Purchase memory purchase = signedOrder(way);
        uint256 place = purchase.funding == Funding.EIP3009 ? 128 : 96;
        bytes memory good = purchase.authorization;
        purchase.authorization = firstOf(good, bound(length, 0, place + 32 + 64));
        malformed(purchase);
        purchase.authorization = written(good, place, bound(word, 97, type(uint256).max));
        malformed(purchase);
        if (word == place) ++word;
        purchase.authorization = written(good, place - 32, word);
        malformed(purchase);
        purchase.authorization = firstOf(good, place + 32 + 65); // without the padding
        grants.buy(purchase);
    }

    function testFuzz_buy_malformedPermit(bool isTimed_, uint256 length) public {
        Purchase memory purchase = orderFor(isTimed_ ? 2 : 0);
        purchase.funding = Funding.PULL;
        length = bound(length, 1, 320);
        if (length == 160) ++length;
        purchase.authorization = new bytes(length);
        malformed(purchase);
    }

    // ------------------------------------------------------------------------------------------------------- helpers

    function malformed(Purchase memory purchase) internal {
        uint256 length = purchase.authorization.length;
        vm.prank(purchase.buyer);
        vm.expectRevert(abi.encodeWithSelector(IGrants.AuthorizationMalformed.selector, purchase.funding, length));
        grants.buy(purchase);
    }

    function firstOf(bytes memory data, uint256 length) internal pure returns (bytes memory first) {
        first = new bytes(length);
        for (uint256 i; i < length; ++i) first[i] = data[i];
    }

    function written(bytes memory data, uint256 place, uint256 word) internal pure returns (bytes memory changed) {
        changed = firstOf(data, data.length);
        assembly ("memory-safe") {
            mstore(add(add(changed, 0x20), place), word)
        }
    }

    /// @dev Bit 0: Permit2 instead of EIP-3009. Bit 1: a subscription instead of a channel.
    function orderFor(uint8 way) internal view returns (Purchase memory purchase) {
        purchase = way & 2 == 0 ? order(meteredId, metered, BY_MESSAGE) : order(timedId, timed, BY_PERIOD);
        purchase.funding = way & 1 == 0 ? Funding.EIP3009 : Funding.PERMIT2;
        purchase.approval = Approval(address(0), 0, "");
    }

    function signedOrder(uint8 way) internal view returns (Purchase memory purchase) {
        purchase = orderFor(way);
        sign(purchase);
    }

    /// @dev Somebody takes the authorisation out of the waiting purchase and sends it to the escrow himself.
    function land(Purchase memory purchase) internal {
        vm.startPrank(stranger);
        if (purchase.funding == Funding.EIP3009) {
            (uint256 from, uint256 until, bytes32 salt, bytes memory signature) =
                abi.decode(purchase.authorization, (uint256, uint256, bytes32, bytes));
            if (isTimed(purchase)) {
                subscriptions.fundWith3009(subscriptionOf(purchase), purchase.amount, 0, from, until, salt, signature);
            } else {
                channels.fundWith3009(termsOf(purchase), purchase.amount, 0, from, until, salt, signature);
            }
        } else {
            (bytes32 salt, uint256 deadline, bytes memory signature) =
                abi.decode(purchase.authorization, (bytes32, uint256, bytes));
            if (isTimed(purchase)) {
                subscriptions.fundWithPermit2(subscriptionOf(purchase), purchase.amount, 0, salt, deadline, signature);
            } else {
                channels.fundWithPermit2(termsOf(purchase), purchase.amount, 0, salt, deadline, signature);
            }
        }
        vm.stopPrank();
    }
}

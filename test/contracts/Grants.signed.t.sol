// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {MarketFixture} from "./support/MarketFixture.sol";
import {IGrants} from "../../contracts/interfaces/IGrants.sol";
import {TestToken} from "../../contracts/mocks/TestToken.sol";
import {Terms} from "../../contracts/types/ChannelTypes.sol";
import {Approval, Funding, Purchase} from "../../contracts/types/GrantTypes.sol";
import {ListingTerms} from "../../contracts/types/ListingTypes.sol";
import {SubscriptionTerms} from "../../contracts/types/SubscriptionTypes.sol";

interface IDomain {
    function DOMAIN_SEPARATOR() external view returns (bytes32);
}

// Purchases that a stranger sends with the buyer's signature over payment id and amount.
//
// EIP-3009 and Permit2, for a channel and for a subscription
//   a good signature -> bought, whoever sends it, with the buyer's tokens and nobody else's
//   the same signature landed at the escrow first -> bought all the same
//   any choice of the purchase changed by the sender -> another payment id, so the signature fits no more: reverts
//   money that is there without any signature of the buyer -> a stranger buys nothing in the buyer's name
//   an authorisation of less than the entry -> reverts, and the tokens stay with the buyer
contract GrantsSignedTest is MarketFixture {
    address internal constant PERMIT2 = 0x000000000022D473030F116dDEE9F6B43aC78BA3;
    uint256 internal constant BUYER_KEY = 0xb0b;
    bytes32 internal constant SALT = "fund salt";

    TestToken internal token;
    ListingTerms internal metered;
    ListingTerms internal timed;
    uint64 internal meteredId;
    uint64 internal timedId;

    function setUp() public override {
        super.setUp();
        buyer = vm.addr(BUYER_KEY);
        token = new TestToken();
        (metered, timed) = (offer(), timedOffer());
        (metered.token, timed.token) = (address(token), address(token));
        (meteredId, timedId) = (list(metered), list(timed));
        token.mint(buyer, 1e30);
        vm.etch(PERMIT2, vm.getCode("Permit2"));
        (, bytes memory code) = PERMIT2.call("");
        vm.etch(PERMIT2, code);
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
        address escrow = isTimed(purchase) ? address(subscriptions) : address(channels);
        assertEq(token.balanceOf(escrow), purchase.amount);
        assertEq(had - token.balanceOf(buyer), isLandedFirst ? 0 : purchase.amount);
        assertEq(token.balanceOf(address(grants)), 0);
    }

    /// @dev C.9 #24 and #31: what a sender may choose is nothing.
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

    // ------------------------------------------------------------------------------------------------------- helpers

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

    function isTimed(Purchase memory purchase) internal view returns (bool) {
        return purchase.listingId == timedId;
    }

    function subscriptionOf(Purchase memory purchase) internal view returns (SubscriptionTerms memory) {
        return timedTermsOf(purchase, timed.plans[BY_PERIOD].price);
    }

    function nonceOf(Purchase memory purchase) internal view returns (bytes32) {
        if (!isTimed(purchase)) {
            return keccak256(abi.encode(channels.channelIdOf(termsOf(purchase)), purchase.amount, SALT));
        }
        bytes32 id = subscriptions.subscriptionIdOf(subscriptionOf(purchase));
        return keccak256(abi.encode(id, purchase.amount, uint32(0), SALT));
    }

    function sign(Purchase memory purchase) internal view {
        address escrow = isTimed(purchase) ? address(subscriptions) : address(channels);
        uint256 deadline = block.timestamp + 600;
        bytes32 nonce = nonceOf(purchase);
        if (purchase.funding == Funding.EIP3009) {
            bytes32 kind = keccak256(
                "ReceiveWithAuthorization(address from,address to,uint256 value,uint256 validAfter,uint256 validBefore,bytes32 nonce)"
            );
            bytes32 message = keccak256(
                abi.encode(kind, buyer, escrow, uint256(purchase.amount), uint256(0), deadline, nonce)
            );
            bytes memory signature = signTyped(token.DOMAIN_SEPARATOR(), message);
            purchase.authorization = abi.encode(uint256(0), deadline, SALT, signature);
        } else {
            bytes memory signature =
                signTyped(IDomain(PERMIT2).DOMAIN_SEPARATOR(), permitted(purchase, escrow, nonce, deadline));
            purchase.authorization = abi.encode(SALT, deadline, signature);
        }
    }

    function permitted(Purchase memory purchase, address escrow, bytes32 nonce, uint256 deadline)
        internal
        view
        returns (bytes32)
    {
        string memory tokens = "TokenPermissions(address token,uint256 amount)";
        string memory type_ = isTimed(purchase)
            ? "SubscriptionTerms(address payer,address payee,address operator,address token,address signer,address stopper,uint64 listingId,uint96 price,uint40 period,uint96 upfront,bytes32 relaysHash,uint16 relayBps,address market,uint16 marketBps,uint40 notice,bytes32 salt)"
            : "Terms(address payer,address payee,address operator,address token,address signer,uint64 listingId,bytes32 relaysHash,uint16 relayBps,address market,uint16 marketBps,uint40 challenge,bytes32 salt)";
        bytes32 kind = keccak256(
            bytes.concat(
                "PermitWitnessTransferFrom(TokenPermissions permitted,address spender,uint256 nonce,uint256 deadline,",
                isTimed(purchase) ? bytes("SubscriptionTerms witness)") : bytes("Terms witness)"),
                bytes(type_),
                bytes(tokens)
            )
        );
        bytes32 typeHash = keccak256(bytes(type_));
        bytes32 witness = isTimed(purchase)
            ? keccak256(abi.encode(typeHash, subscriptionOf(purchase)))
            : keccak256(abi.encode(typeHash, termsOf(purchase)));
        bytes32 amounts =
            keccak256(abi.encode(keccak256(bytes(tokens)), address(token), uint256(purchase.amount)));
        return keccak256(abi.encode(kind, amounts, escrow, nonce, deadline, witness));
    }

    function signTyped(bytes32 domain, bytes32 message) internal pure returns (bytes memory) {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(BUYER_KEY, keccak256(abi.encodePacked("\x19\x01", domain, message)));
        return abi.encodePacked(r, s, v);
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

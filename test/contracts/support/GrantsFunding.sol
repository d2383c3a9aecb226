// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {Funding, Purchase} from "../../../contracts/types/GrantTypes.sol";
import {PlanKind} from "../../../contracts/types/ListingTypes.sol";
import {SubscriptionTerms} from "../../../contracts/types/SubscriptionTypes.sol";
import {ITestToken} from "./ChannelsTokens.sol";
import {MarketFixture} from "./MarketFixture.sol";

/// @notice The buyer's signatures that pay for a purchase, by EIP-3009 and by Permit2, into a channel and into a subscription.
abstract contract GrantsFunding is MarketFixture {
    address internal constant PERMIT2 = 0x000000000022D473030F116dDEE9F6B43aC78BA3;
    uint256 internal constant BUYER_KEY = 0xb0b;
    bytes32 internal constant SALT = "fund salt";

    function setUp() public virtual override {
        super.setUp();
        buyer = vm.addr(BUYER_KEY);
        vm.deal(buyer, 100 ether);
        vm.etch(PERMIT2, vm.getCode("Permit2"));
        (, bytes memory code) = PERMIT2.call("");
        vm.etch(PERMIT2, code);
    }

    function isTimed(Purchase memory purchase) internal pure returns (bool) {
        uint8 kind = purchase.listing.plans[purchase.plan].kind;
        return kind == PlanKind.PERIOD || kind == PlanKind.FLAT;
    }

    function escrowOf(Purchase memory purchase) internal view returns (address) {
        return isTimed(purchase) ? address(subscriptions) : address(channels);
    }

    function subscriptionOf(Purchase memory purchase) internal view returns (SubscriptionTerms memory) {
        return timedTermsOf(purchase, purchase.listing.plans[purchase.plan].price);
    }

    function nonceOf(Purchase memory purchase) internal view returns (bytes32) {
        if (!isTimed(purchase)) {
            return keccak256(abi.encode(channels.channelIdOf(termsOf(purchase)), purchase.amount, SALT));
        }
        bytes32 id = subscriptions.subscriptionIdOf(subscriptionOf(purchase));
        return keccak256(abi.encode(id, purchase.amount, uint32(0), SALT));
    }

    function sign(Purchase memory purchase) internal view {
        address escrow = escrowOf(purchase);
        uint256 deadline = block.timestamp + 600;
        bytes32 nonce = nonceOf(purchase);
        if (purchase.funding == Funding.EIP3009) {
            bytes32 kind = keccak256(
                "ReceiveWithAuthorization(address from,address to,uint256 value,uint256 validAfter,uint256 validBefore,bytes32 nonce)"
            );
            bytes32 message = keccak256(
                abi.encode(kind, purchase.buyer, escrow, uint256(purchase.amount), uint256(0), deadline, nonce)
            );
            bytes32 domain = ITestToken(purchase.listing.token).DOMAIN_SEPARATOR();
            bytes memory signature = signTyped(keyOf(purchase.buyer), domain, message);
            purchase.authorization = abi.encode(uint256(0), deadline, SALT, signature);
        } else {
            bytes32 message = permitted(purchase, escrow, nonce, deadline);
            bytes memory signature =
                signTyped(keyOf(purchase.buyer), ITestToken(PERMIT2).DOMAIN_SEPARATOR(), message);
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
            keccak256(abi.encode(keccak256(bytes(tokens)), purchase.listing.token, uint256(purchase.amount)));
        return keccak256(abi.encode(kind, amounts, escrow, nonce, deadline, witness));
    }

    /// @return The key that signs for `who`.
    function keyOf(address who) internal view virtual returns (uint256) {
        assert(who == buyer);
        return BUYER_KEY;
    }

    function signTyped(uint256 key, bytes32 domain, bytes32 message) internal pure returns (bytes memory) {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(key, keccak256(abi.encodePacked("\x19\x01", domain, message)));
        return abi.encodePacked(r, s, v);
    }
}

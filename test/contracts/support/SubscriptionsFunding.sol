// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {SubscriptionTerms} from "../../../contracts/types/SubscriptionTypes.sol";
import {ITestToken} from "./ChannelsTokens.sol";
import {SubscriptionsFixture} from "./SubscriptionsFixture.sol";

/// @notice The payer's signatures that put money into a subscription. Written out a second time on purpose, after the standards'
/// own texts: a slip in the library cannot hide behind the same slip in the test.
abstract contract SubscriptionsFunding is SubscriptionsFixture {
    address internal constant PERMIT2 = 0x000000000022D473030F116dDEE9F6B43aC78BA3;
    bytes32 internal constant SALT = "fund salt";
    uint256 internal constant DEADLINE = type(uint40).max;

    string private constant TERMS_TYPE =
        "SubscriptionTerms(address payer,address payee,address operator,address token,address signer,address stopper,uint64 listingId,uint96 price,uint40 period,uint96 upfront,bytes32 relaysHash,uint16 relayBps,address market,uint16 marketBps,uint40 notice,bytes32 salt)";

    /// @dev The real Permit2 at its real address. Its constructor runs there, so that its cached domain is the one of that address.
    function deployPermit2() internal {
        vm.etch(PERMIT2, vm.getCode("Permit2"));
        (bool done, bytes memory code) = PERMIT2.call("");
        require(done && code.length > 0, "Permit2's constructor failed");
        vm.etch(PERMIT2, code);
    }

    function nonceOf(SubscriptionTerms memory terms, uint96 amount, uint32 stop) private view returns (bytes32) {
        return keccak256(abi.encode(idOf(terms), amount, stop, SALT));
    }

    function signPermit2(uint256 key, SubscriptionTerms memory terms, uint96 amount, uint32 stop)
        internal
        view
        returns (bytes memory)
    {
        bytes32 kind = keccak256(
            abi.encodePacked(
                "PermitWitnessTransferFrom(TokenPermissions permitted,address spender,uint256 nonce,uint256 deadline,SubscriptionTerms witness)",
                TERMS_TYPE,
                "TokenPermissions(address token,uint256 amount)"
            )
        );
        bytes32 permitted =
            keccak256(abi.encode(keccak256("TokenPermissions(address token,uint256 amount)"), terms.token, amount));
        bytes32 witness = keccak256(abi.encode(keccak256(bytes(TERMS_TYPE)), terms));
        bytes32 nonce = nonceOf(terms, amount, stop);
        return sign(
            key, typed(PERMIT2, keccak256(abi.encode(kind, permitted, address(escrow), nonce, DEADLINE, witness)))
        );
    }

    function sign3009(SubscriptionTerms memory terms, uint96 amount, uint32 stop) internal view returns (bytes memory) {
        bytes32 kind = keccak256(
            "ReceiveWithAuthorization(address from,address to,uint256 value,uint256 validAfter,uint256 validBefore,bytes32 nonce)"
        );
        bytes32 nonce = nonceOf(terms, amount, stop);
        return sign(
            PAYER_KEY,
            typed(terms.token, keccak256(abi.encode(kind, terms.payer, address(escrow), amount, 0, DEADLINE, nonce)))
        );
    }

    function signPermit(address currency, uint256 amount) internal view returns (uint8 v, bytes32 r, bytes32 s) {
        bytes32 kind =
            keccak256("Permit(address owner,address spender,uint256 value,uint256 nonce,uint256 deadline)");
        uint256 nonce = ITestToken(currency).nonces(payer);
        return vm.sign(
            PAYER_KEY, typed(currency, keccak256(abi.encode(kind, payer, address(escrow), amount, nonce, DEADLINE)))
        );
    }

    /// @dev What is signed for the domain that `verifier` states.
    function typed(address verifier, bytes32 structHash) private view returns (bytes32) {
        return keccak256(abi.encodePacked(hex"1901", ITestToken(verifier).DOMAIN_SEPARATOR(), structHash));
    }
}

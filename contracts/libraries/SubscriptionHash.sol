// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {ChannelHash} from "./ChannelHash.sol";
import {SubscriptionTerms} from "../types/SubscriptionTypes.sol";

/// @title SubscriptionHash
/// @notice Every hash of a subscription in one place: ids, the EIP-712 structs, and the nonce of a signed funding.
/// @dev Checked against test/vectors/eip712-subscriptions.json in Solidity, viem and ethers. A field added to a type is added
/// here three times: in both type strings and in the encoding.
library SubscriptionHash {
    bytes32 internal constant TERMS = keccak256(
        "SubscriptionTerms(address payer,address payee,address operator,address token,address signer,address stopper,uint64 listingId,uint96 price,uint40 period,uint96 upfront,bytes32 relaysHash,uint16 relayBps,address market,uint16 marketBps,uint40 notice,bytes32 salt)"
    );
    /// @dev Permit2's witness type: the rest of its own type string from the member's name on, referenced structs by name.
    string internal constant TERMS_WITNESS =
        "SubscriptionTerms witness)SubscriptionTerms(address payer,address payee,address operator,address token,address signer,address stopper,uint64 listingId,uint96 price,uint40 period,uint96 upfront,bytes32 relaysHash,uint16 relayBps,address market,uint16 marketBps,uint40 notice,bytes32 salt)TokenPermissions(address token,uint256 amount)";
    bytes32 internal constant CANCEL_NOTICE =
        keccak256("CancelNotice(bytes32 subscriptionId,uint32 stop,uint40 deadline)");

    /// @return The id of the subscription with these terms in that deployment.
    function subscriptionId(bytes32 deployment, SubscriptionTerms memory terms_) internal pure returns (bytes32) {
        return ChannelHash.pair(deployment, terms(terms_));
    }

    /// @dev Hashes the struct where it lies: the word before it holds the type hash for a moment. A batch hashes the terms once
    /// per row, and a copy per row would cost more than the hash.
    function terms(SubscriptionTerms memory terms_) internal pure returns (bytes32 hash) {
        bytes32 typeHash = TERMS;
        assembly ("memory-safe") {
            let start := sub(terms_, 0x20)
            let kept := mload(start)
            mstore(start, typeHash)
            hash := keccak256(start, 0x220) // type hash and sixteen words
            mstore(start, kept)
        }
    }

    function cancelNotice(bytes32 subscriptionId_, uint32 stop, uint40 deadline) internal pure returns (bytes32) {
        return keccak256(abi.encode(CANCEL_NOTICE, subscriptionId_, stop, deadline));
    }

    /// @return The nonce of a signed funding (EIP-3009; Permit2 as a number): it fits one amount and one state, known by its
    /// `stop`.
    function fundNonce(bytes32 subscriptionId_, uint96 amount, uint32 stop, bytes32 fundSalt)
        internal
        pure
        returns (bytes32)
    {
        return keccak256(abi.encode(subscriptionId_, amount, stop, fundSalt));
    }
}

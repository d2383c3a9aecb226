// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {Purchase} from "../types/GrantTypes.sol";
import {ListingTerms} from "../types/ListingTypes.sol";

/// @title GrantHash
/// @notice The hashes of a purchase in one place: listing terms, salts, grant ids and the approval's EIP-712 struct.
library GrantHash {
    bytes32 internal constant APPROVAL = keccak256(
        "Approval(uint64 listingId,uint32 version,address buyer,bytes32 termsHash,uint40 deadline)"
    );

    function grantId(uint64 listingId, address buyer, bytes32 paymentId) internal pure returns (bytes32) {
        return keccak256(abi.encode(listingId, buyer, paymentId));
    }

    /// @param unitPrice What one unit, period or flat access costs at the time of the purchase.
    function salt(Purchase calldata purchase, uint96 unitPrice) internal pure returns (bytes32) {
        return keccak256(
            abi.encode(
                purchase.buyerSalt,
                purchase.version,
                purchase.plan,
                unitPrice,
                purchase.listing.termsHash,
                purchase.encryptionKey,
                purchase.signer,
                purchase.notBefore,
                purchase.notAfter
            )
        );
    }

    function approval(uint64 listingId, uint32 version, address buyer, bytes32 termsHash, uint40 deadline)
        internal
        pure
        returns (bytes32)
    {
        return keccak256(abi.encode(APPROVAL, listingId, version, buyer, termsHash, deadline));
    }

    /// @return hash keccak256(abi.encode(terms)), taken from the calldata as it lies there.
    /// @dev Encoding it anew would cost as much as a storage slot. What is hashed runs from the struct to the end of its last list,
    /// `markets`. Calldata in any other order than the standard encoding's gives another hash, which no listing has.
    function listing(ListingTerms calldata terms) internal pure returns (bytes32 hash) {
        address[] calldata markets = terms.markets;
        assembly ("memory-safe") {
            let free := mload(0x40)
            let size := sub(add(markets.offset, shl(5, markets.length)), terms)
            mstore(free, 0x20)
            calldatacopy(add(free, 0x20), terms, size)
            hash := keccak256(free, add(0x20, size))
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IERC1271} from "@openzeppelin/contracts/interfaces/IERC1271.sol";
import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";

/// @title Signatures
/// @notice Who signed a digest: a plain key, or an account with code that says so.
library Signatures {
    /// @notice What a wallet contract may spend on one check: enough for a P-256 verification in Solidity (about 330,000).
    uint256 internal constant ERC1271_GAS = 400_000;

    /// @dev Half the order of secp256k1: a higher `s` is the second encoding of the same signature.
    uint256 private constant HIGHEST_S = 0x7FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF5D576E7357A4501DDFE92F46681B20A0;

    /// @notice The key behind a 65-byte or EIP-2098 signature.
    /// @return Zero if the signature is malformed, has a high `s`, or recovers nothing.
    function recover(bytes32 digest, bytes calldata signature) internal pure returns (address) {
        (uint8 v, bytes32 r, bytes32 s) = ECDSA.parseCalldata(signature);
        return _recover(digest, v, r, s);
    }

    /// @notice The key behind an EIP-2098 signature; zero as above.
    function recover(bytes32 digest, bytes32 r, bytes32 vs) internal pure returns (address) {
        return _recover(digest, uint8(uint256(vs) >> 255) + 27, r, vs & bytes32(type(uint256).max >> 1));
    }

    function _recover(bytes32 digest, uint8 v, bytes32 r, bytes32 s) private pure returns (address) {
        return uint256(s) > HIGHEST_S ? address(0) : ecrecover(digest, v, r, s);
    }

    /// @notice Whether one of two accounts signed: both by ECDSA first, so code at an account takes nothing away from its key,
    /// then by ERC-1271. An account of zero never signs.
    function isByEither(address a, address b, bytes32 digest, bytes calldata signature) internal view returns (bool) {
        address key = recover(digest, signature);
        if (key != address(0) && (key == a || key == b)) return true;
        return isByCode(a, digest, signature) || (b != a && isByCode(b, digest, signature));
    }

    /// @notice Whether the code at `account` accepts the signature within {ERC1271_GAS}.
    /// @dev At most one word of the answer is copied, so a long answer costs the caller nothing.
    function isByCode(address account, bytes32 digest, bytes calldata signature) internal view returns (bool accepted) {
        if (account.code.length == 0) return false;
        bytes memory question = abi.encodeCall(IERC1271.isValidSignature, (digest, signature));
        bytes4 magic = IERC1271.isValidSignature.selector;
        uint256 limit = ERC1271_GAS;
        assembly ("memory-safe") {
            mstore(0x00, 0)
            let done := staticcall(limit, account, add(question, 0x20), mload(question), 0x00, 0x20)
            accepted := and(done, and(gt(returndatasize(), 0x1f), eq(mload(0x00), magic)))
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {P256} from "@openzeppelin/contracts/utils/cryptography/P256.sol";

/// @title P256Probe
/// @notice Both ways in which a P-256 signature is checked, side by side: tests compare them, the bench measures them. Deployed
/// nowhere else.
contract P256Probe {
    /// @notice One signature over `digest` and the public key it is said to be by.
    struct Signed {
        bytes32 digest; // sha256 of the message
        bytes32 r;
        bytes32 s;
        bytes32 x;
        bytes32 y;
    }

    /// @notice By the precompile. Reverts where there is none.
    function verifyNative(Signed[] calldata list) external view returns (bool[] memory valid) {
        valid = new bool[](list.length);
        for (uint256 i = 0; i < list.length; i++) {
            valid[i] = P256.verifyNative(list[i].digest, list[i].r, list[i].s, list[i].x, list[i].y);
        }
    }

    /// @notice By arithmetic in the contract, as on a chain without the precompile.
    function verifySolidity(Signed[] calldata list) external view returns (bool[] memory valid) {
        valid = new bool[](list.length);
        for (uint256 i = 0; i < list.length; i++) {
            valid[i] = P256.verifySolidity(list[i].digest, list[i].r, list[i].s, list[i].x, list[i].y);
        }
    }

    /// @notice What one check costs, the call around it left out.
    function gasOf(Signed calldata one) external view returns (uint256 native, uint256 solidity) {
        (bytes32 digest, bytes32 r, bytes32 s, bytes32 x, bytes32 y) = (one.digest, one.r, one.s, one.x, one.y);
        uint256 start = gasleft();
        P256.verifyNative(digest, r, s, x, y);
        uint256 middle = gasleft();
        P256.verifySolidity(digest, r, s, x, y);
        (native, solidity) = (start - middle, middle - gasleft());
    }
}

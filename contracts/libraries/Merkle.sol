// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

/// @title Merkle
/// @notice The tree that segments and anchors use: node = sha256(0x01 ‖ left ‖ right), an odd node at a level's end is
/// promoted as it is. The same as `merkleRoot` in the SDK; both are held to test/vectors/merkle.json.
/// @dev Leaves are hashes already and enter as they are. With the number of leaves known, a leaf's position fixes how many
/// siblings there are and on which side each stands, so no inner node can pass for a leaf and no leaf for another one.
library Merkle {
    /// @notice Whether `leaf` is number `index` of `count` leaves under `root`.
    /// @param siblings From the lowest level up, without those levels at which the node is promoted.
    function isLeaf(bytes32 root, uint256 count, uint256 index, bytes32 leaf, bytes32[] calldata siblings)
        internal
        pure
        returns (bool)
    {
        if (index >= count) return false;
        uint256 used;
        bytes32 node = leaf;
        for (; count > 1; count = (count + 1) / 2) {
            bool isPromoted = index % 2 == 0 && index + 1 == count;
            if (!isPromoted) {
                if (used == siblings.length) return false;
                bytes32 sibling = siblings[used++];
                node = index % 2 == 0 ? parent(node, sibling) : parent(sibling, node);
            }
            index /= 2;
        }
        return used == siblings.length && node == root;
    }

    /// @notice sha256(0x01 ‖ left ‖ right).
    function parent(bytes32 left, bytes32 right) internal pure returns (bytes32) {
        return sha256(abi.encodePacked(bytes1(0x01), left, right));
    }
}

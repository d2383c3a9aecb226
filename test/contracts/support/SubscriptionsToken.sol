// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {ERC3009} from "@openzeppelin/contracts/token/ERC20/extensions/draft-ERC3009.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";

/// @notice OpenZeppelin's EIP-3009, anyone may mint.
contract SubscriptionsToken is ERC3009 {
    constructor() ERC20("Signed", "SGN") EIP712("Signed", "1") {}

    function mint(address to, uint256 amount) external {
        _mint(to, amount);
    }

    /// @return The digest of an authorisation that `to` alone can use.
    function hashReceive(address from, address to, uint256 value, uint256 before, bytes32 nonce)
        external
        view
        returns (bytes32)
    {
        return _hashTypedDataV4(
            keccak256(abi.encode(RECEIVE_WITH_AUTHORIZATION_TYPEHASH, from, to, value, 0, before, nonce))
        );
    }
}

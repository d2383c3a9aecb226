// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";

/// @title Tokens
/// @notice Moves the native coin (token 0) and ERC-20 tokens in and out of a contract that trusts neither token nor recipient.
library Tokens {
    using SafeERC20 for IERC20;

    /// @notice The token took the call and answered `false`: it may have moved the funds all the same, so nothing is
    /// credited and the whole operation is undone.
    error TokenReturnedFalse(address token);

    /// @notice The token does not say what an account holds: no code is there, it reverts, or its answer is too short.
    error TokenUnreadable(address token);

    /// @notice A push needs more gas than is left, so that nobody can make it fail on purpose.
    error GasTooLow(uint256 available, uint256 required);

    /// @notice The native coin could not be delivered.
    error NativeTransferFailed(address to, uint256 amount);

    address internal constant NATIVE = address(0);

    /// @dev Enough for a proxied wallet that logs the receipt; a recipient who burns it harms nobody.
    uint256 internal constant NATIVE_PUSH_GAS = 50_000;

    /// @dev Enough for proxied tokens with hooks and lists; more than twice what the large ones use.
    uint256 internal constant TOKEN_PUSH_GAS = 200_000;

    /// @dev What the call itself costs (cold account, value, new account) and what is left for the rest of the operation.
    uint256 private constant PUSH_RESERVE_GAS = 80_000;

    /// @notice Takes ERC-20 tokens from the caller. Native coins are there already.
    /// @return arrived What the balance rose by, at most `amount`.
    function collect(address token, uint256 amount) internal returns (uint256 arrived) {
        uint256 before = balance(token);
        IERC20(token).safeTransferFrom(msg.sender, address(this), amount);
        return arrivedSince(token, before, amount);
    }

    /// @return arrived What the balance rose by since it was `before`, at most `amount`.
    function arrivedSince(address token, uint256 before, uint256 amount) internal view returns (uint256 arrived) {
        uint256 afterwards = balance(token);
        if (afterwards <= before) return 0;
        arrived = afterwards - before;
        if (arrived > amount) arrived = amount;
    }

    /// @return held What this contract holds of an ERC-20 token.
    function balance(address token) internal view returns (uint256 held) {
        bytes4 selector = IERC20.balanceOf.selector;
        bool answered;
        assembly ("memory-safe") {
            mstore(0x00, selector)
            mstore(0x04, address())
            answered := staticcall(gas(), token, 0x00, 0x24, 0x00, 0x20)
            answered := and(answered, gt(returndatasize(), 0x1f)) // nobody without code answers a word
            held := mload(0x00)
        }
        if (!answered) revert TokenUnreadable(token);
    }

    /// @notice Tries to send with a gas limit and without copying the answer.
    /// @return sent False if the recipient or the token reverted: then nothing moved.
    function push(address token, address to, uint256 amount) internal returns (bool sent) {
        return token == NATIVE ? _pushNative(to, amount) : _pushToken(token, to, amount);
    }

    /// @notice Sends or reverts.
    function send(address token, address to, uint256 amount) internal {
        if (token != NATIVE) return IERC20(token).safeTransfer(to, amount);
        bool sent;
        assembly ("memory-safe") {
            sent := call(gas(), to, amount, 0, 0, 0, 0)
        }
        if (!sent) revert NativeTransferFailed(to, amount);
    }

    function _pushNative(address to, uint256 amount) private returns (bool sent) {
        _requireGas(NATIVE_PUSH_GAS);
        uint256 limit = NATIVE_PUSH_GAS;
        assembly ("memory-safe") {
            sent := call(limit, to, amount, 0, 0, 0, 0)
        }
    }

    function _pushToken(address token, address to, uint256 amount) private returns (bool sent) {
        _requireGas(TOKEN_PUSH_GAS);
        uint256 limit = TOKEN_PUSH_GAS;
        bytes4 selector = IERC20.transfer.selector;
        bool accepted;
        assembly ("memory-safe") {
            let free := mload(0x40)
            mstore(free, selector)
            mstore(add(free, 0x04), to)
            mstore(add(free, 0x24), amount)
            sent := call(limit, token, 0, free, 0x44, 0x00, 0x20)
            switch returndatasize()
            case 0 { accepted := gt(extcodesize(token), 0) }
            default { accepted := and(gt(returndatasize(), 0x1f), eq(mload(0x00), 1)) }
        }
        if (sent && !accepted) revert TokenReturnedFalse(token);
    }

    function _requireGas(uint256 limit) private view {
        uint256 required = limit + limit / 63 + PUSH_RESERVE_GAS;
        uint256 available = gasleft();
        if (available < required) revert GasTooLow(available, required);
    }
}

// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {ERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/ERC20Permit.sol";

/// @title TestToken
/// @notice A plain ERC-20 with six decimals and EIP-2612 for tests and the local market. Anyone may mint: it is worth nothing.
contract TestToken is ERC20, ERC20Permit {
    constructor() ERC20("Weir Test Dollar", "WTD") ERC20Permit("Weir Test Dollar") {}

    /// @notice Creates `amount` millionths for `to`.
    function mint(address to, uint256 amount) external {
        _mint(to, amount);
    }

    function decimals() public pure override returns (uint8) {
        return 6;
    }
}

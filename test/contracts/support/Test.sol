// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {StdAssertions} from "@uniswap/v4-core/lib/forge-std/src/StdAssertions.sol";
import {StdInvariant} from "@uniswap/v4-core/lib/forge-std/src/StdInvariant.sol";
import {Vm} from "@uniswap/v4-core/lib/forge-std/src/Vm.sol";

/// @notice The parts of forge-std that our tests use. Its own Test contract takes the compiler forty seconds, this one a few.
abstract contract Test is StdAssertions, StdInvariant {
    bool public constant IS_TEST = true;

    Vm internal constant vm = Vm(address(uint160(uint256(keccak256("hevm cheat code")))));

    /// @return account The address of a key derived from `name`, labelled with it.
    function makeAddr(string memory name) internal returns (address account) {
        account = vm.addr(uint256(keccak256(abi.encodePacked(name))));
        vm.label(account, name);
    }

    /// @return made A contract from its artifact, so that a test compiles against the interface alone and runs the deployed build.
    function deployCode(string memory name, bytes memory constructorArguments) internal returns (address made) {
        bytes memory code = abi.encodePacked(vm.getCode(name), constructorArguments);
        assembly ("memory-safe") {
            made := create(0, add(code, 0x20), mload(code))
        }
        require(made != address(0), "deployment failed");
    }

    /// @return A number between the bounds, both included, that keeps the fuzzer's small and large values.
    function bound(uint256 x, uint256 low, uint256 high) internal pure returns (uint256) {
        if (x >= low && x <= high) return x;
        uint256 size = high - low;
        if (size == type(uint256).max) return x;
        return low + x % (size + 1);
    }
}

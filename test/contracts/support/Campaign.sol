// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {Test} from "./Test.sol";

/// @notice What all campaigns share: each says how many of its handler's calls reverted. No runner does: handlers catch their reverts.
abstract contract Campaign is Test {
    /// @dev Called at the end of each run. One line per run in the file that WEIR_CAMPAIGNS names (scripts/campaigns.ts adds them up).
    /// @param name Of the handler.
    /// @param calls Made by the handler in this run.
    /// @param reverts Those of them that the contracts refused.
    function reportShare(string memory name, uint256 calls, uint256 reverts) internal {
        string memory file = vm.envOr("WEIR_CAMPAIGNS", string(""));
        if (bytes(file).length == 0) return;
        vm.writeLine(file, string.concat(name, " ", vm.toString(calls), " ", vm.toString(reverts), ";"));
    }
}

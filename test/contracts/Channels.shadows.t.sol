// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

// The numbers are those of docs/invariants.md, which names for each test the mutant that makes it fail. The rest is in
// Channels.invariants.t.sol.

import {Campaign} from "./support/Campaign.sol";
import {ChannelsShadows} from "./support/ChannelsShadows.sol";

contract ChannelsShadowsTest is Campaign {
    ChannelsShadows private handler;

    function setUp() public {
        vm.warp(1_800_000_000);
        handler = new ChannelsShadows();
        bytes4[] memory steps = new bytes4[](8);
        steps[0] = ChannelsShadows.feed.selector;
        steps[1] = ChannelsShadows.feed.selector;
        steps[2] = ChannelsShadows.vouch.selector;
        steps[3] = ChannelsShadows.vouch.selector;
        steps[4] = ChannelsShadows.replay.selector;
        steps[5] = ChannelsShadows.forgeTicks.selector;
        steps[6] = ChannelsShadows.grow.selector;
        steps[7] = ChannelsShadows.weigh.selector;
        targetSelector(FuzzSelector({addr: address(handler), selectors: steps}));
        targetContract(address(handler));
    }

    function afterInvariant() public {
        reportShare("ChannelsShadows", handler.calls(), handler.reverts());
        assertLe(handler.reverts() * 2, handler.calls(), "more than half of the calls reverted");
    }

    /// hardhat-config: invariant.runs = 63
    function invariant_10_orderAndBatchingChangeNothing() public view {
        assertEq(handler.differences(), 0);
    }

    /// hardhat-config: invariant.runs = 63
    function invariant_12_aMessageIsForOneChainContractIdAndEpoch() public view {
        assertEq(handler.replays(), 0);
    }

    /// hardhat-config: invariant.runs = 63
    function invariant_13_ticksNeedTheirPreimageWithinTheirBounds() public view {
        assertEq(handler.forgeries(), 0);
    }

    /// @dev No loop runs over what others stored: a claim costs the same however many channels there are.
    /// hardhat-config: invariant.runs = 63
    function invariant_15_theCostOfARowIsBounded() public view {
        if (handler.dearest() == 0) return;
        assertLe(handler.dearest() * 100, handler.cheapest() * 105);
    }
}

// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

// The numbers are those of docs/invariants.md, which names for each test the mutant that makes it fail; 10, 12, 13 and 15 are
// in Channels.shadows.t.sol.
// The handler plays everybody; less than half of its calls may revert, or the campaign says little.

import {IChannels} from "../../contracts/interfaces/IChannels.sol";
import {Channel, ClaimCommon, ClaimRow, Terms} from "../../contracts/types/ChannelTypes.sol";
import {Campaign} from "./support/Campaign.sol";
import {ChannelsHandler} from "./support/ChannelsHandler.sol";

contract ChannelsInvariantsTest is Campaign {
    ChannelsHandler private handler;

    function setUp() public {
        vm.warp(1_800_000_000);
        handler = new ChannelsHandler();
        bytes4[] memory steps = new bytes4[](18);
        steps[0] = ChannelsHandler.fund.selector;
        steps[1] = ChannelsHandler.fund.selector; // twice: an empty market shows nothing
        steps[2] = ChannelsHandler.claim.selector;
        steps[3] = ChannelsHandler.claim.selector;
        steps[4] = ChannelsHandler.claimBatch.selector;
        steps[5] = ChannelsHandler.forge.selector;
        steps[6] = ChannelsHandler.close.selector;
        steps[7] = ChannelsHandler.requestClose.selector;
        steps[8] = ChannelsHandler.cancelClose.selector;
        steps[9] = ChannelsHandler.withdraw.selector;
        steps[10] = ChannelsHandler.interfere.selector;
        steps[11] = ChannelsHandler.pull.selector;
        steps[12] = ChannelsHandler.changeMood.selector;
        steps[13] = ChannelsHandler.pass.selector;
        steps[14] = ChannelsHandler.fundSigned.selector;
        steps[15] = ChannelsHandler.fundSigned.selector;
        steps[16] = ChannelsHandler.claimTicks.selector;
        steps[17] = ChannelsHandler.claimTicks.selector;
        targetSelector(FuzzSelector({addr: address(handler), selectors: steps}));
        targetContract(address(handler));
    }

    function afterInvariant() public {
        reportShare("ChannelsHandler", handler.calls(), handler.reverts());
        assertLe(handler.reverts() * 2, handler.calls(), "more than half of the calls reverted");
    }

    function invariant_01_conservation() public view {
        for (uint256 n; n < 2; ++n) {
            address currency = handler.currencies()[n];
            uint256 held = handler.balanceOfEscrow(currency);
            uint256 spendable;
            for (uint256 i = n * 4; i < n * 4 + 4; ++i) {
                spendable += handler.slot(i).deposit - handler.slot(i).claimed;
            }
            assertEq(held, spendable + handler.owedInAll(currency));
        }
    }

    function invariant_02_claimedNeverAboveDeposit() public view {
        for (uint256 i; i < handler.COUNT(); ++i) assertLe(handler.slot(i).claimed, handler.slot(i).deposit);
    }

    function invariant_03_claimedNeverFalls() public view {
        assertEq(handler.claimedFell(), 0);
    }

    function invariant_04_depositMovesOnlyWithValue() public view {
        for (uint256 i; i < handler.COUNT(); ++i) {
            (uint256 credited, uint256 refunded,,,) = handler.ghosts(i);
            assertEq(handler.slot(i).deposit, credited - refunded);
        }
    }

    function invariant_05_payeeAndCutsMakeUpClaimed() public {
        for (uint256 n; n < 2; ++n) {
            uint256 claimed;
            uint256 relayCuts;
            uint256 marketCuts;
            for (uint256 i = n * 4; i < n * 4 + 4; ++i) {
                (,, uint256 uncut,,) = handler.ghosts(i);
                uint256 total = handler.slot(i).claimed;
                claimed += total;
                relayCuts += total * 500 / 10_000 - uncut;
                marketCuts += marketShare(total);
            }
            (uint256 payees, uint256 relays, uint256 market) = handler.earned(handler.currencies()[n]);
            assertEq(payees + relays + market, claimed);
            assertEq(relays, relayCuts);
            assertEq(market, marketCuts);
        }
    }

    function invariant_06_claimedNeverAboveWhatWasSigned() public view {
        for (uint256 i; i < handler.COUNT(); ++i) {
            (,,,, uint256 highest) = handler.ghosts(i);
            assertLe(handler.slot(i).claimed, highest);
        }
    }

    /// @dev From any state, whatever anybody did before: a voucher pays min(v, deposit) - claimed to the payee's side.
    function invariant_07_payeeLiveness() public {
        IChannels escrow = handler.escrow();
        for (uint256 i; i < handler.COUNT(); ++i) {
            Channel memory before = handler.slot(i);
            Terms memory terms = handler.termsAt(i);
            uint256 had = handler.wealthOf(terms.payee, terms.token);
            uint96 total = before.claimed + (before.deposit - before.claimed) / 2 + 1;
            (ClaimCommon memory common, ClaimRow[] memory rows) = handler.goodRow(i, total);
            escrow.claim(common, rows, address(0));
            uint256 reached = total < before.deposit ? total : before.deposit;
            if (reached < before.claimed) reached = before.claimed;
            uint256 cuts = reached * 500 / 10_000 - uint256(before.claimed) * 500 / 10_000 + marketShare(reached)
                - marketShare(before.claimed);
            assertEq(handler.slot(i).claimed, reached);
            assertEq(handler.wealthOf(terms.payee, terms.token) - had, reached - before.claimed - cuts);
        }
    }

    /// @dev From any state: `challenge` seconds after a request the payer has deposit - claimed, by anybody's hand.
    function invariant_08_payerLiveness() public {
        assertEq(handler.clockMoved(), 0);
        IChannels escrow = handler.escrow();
        for (uint256 i; i < handler.COUNT(); ++i) {
            Channel memory before = handler.slot(i);
            if (before.deposit == before.claimed && before.closeAt == 0) continue;
            Terms memory terms = handler.termsAt(i);
            uint256 had = handler.wealthOf(terms.payer, terms.token);
            if (before.closeAt == 0) {
                vm.prank(terms.payer);
                escrow.requestClose(terms);
                vm.warp(vm.getBlockTimestamp() + terms.challenge);
            } else if (vm.getBlockTimestamp() < before.closeAt) {
                vm.warp(before.closeAt);
            }
            escrow.withdraw(terms);
            assertEq(handler.wealthOf(terms.payer, terms.token) - had, before.deposit - before.claimed);
        }
    }

    /// @dev 1 % after 5 %, as the library takes it.
    function marketShare(uint256 total) private pure returns (uint256) {
        return (total - total * 500 / 10_000) * 100 / 9_500;
    }

    function invariant_09_noWithdrawalSooner() public view {
        assertEq(handler.earlyWithdrawals(), 0);
    }

    function invariant_11_isolation() public view {
        assertEq(handler.strangersMoved(), 0);
    }

    function invariant_16_nobodysTokensMoveUnsigned() public view {
        assertEq(handler.unsignedMoves(), 0);
        assertEq(handler.bystandersTokens(), handler.bystandersStart());
    }
}

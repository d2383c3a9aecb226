// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

/// @notice What one call earns for everybody but the payer; paid out once at its end.
struct Payout {
    uint256 payee;
    uint256 market;
    uint256 relayBps;
    uint256 marketBps;
    uint256[] relays; // by position in the relay list
}

/// @title Cuts
/// @notice Divides the rise of a cumulative total between payee, relay and market, in basis points.
library Cuts {
    uint256 private constant BASIS = 10_000;

    /// @notice The share that falls due when a total rises.
    /// @dev The difference of two floors: any number of steps in any order gives the same sum, and nobody can drip it to zero.
    /// Totals below 2^96 and bps below 2^16 cannot overflow.
    function between(uint256 from, uint256 to, uint256 bps) internal pure returns (uint256) {
        unchecked {
            return to * bps / BASIS - from * bps / BASIS;
        }
    }

    /// @notice Adds the rise from `from` to `to`. The relay has a cut only if the list names it; what nobody cuts is the payee's.
    /// @dev Unchecked: a share is never above its total, and no call has 2^160 rows. `bps` are at most 4,000 together.
    function add(Payout memory payout, address[] calldata relays, address relay, uint256 from, uint256 to)
        internal
        pure
    {
        unchecked {
            uint256 rest = to - from;
            uint256 position = payout.relayBps == 0 ? relays.length : positionOf(relay, relays);
            if (position < relays.length) {
                uint256 cut = between(from, to, payout.relayBps);
                payout.relays[position] += cut;
                rest -= cut;
            }
            if (payout.marketBps != 0) {
                uint256 cut = between(from, to, payout.marketBps);
                payout.market += cut;
                rest -= cut;
            }
            payout.payee += rest;
        }
    }

    /// @return position The first place of `relay` in the list, or the list's length.
    function positionOf(address relay, address[] calldata relays) internal pure returns (uint256 position) {
        while (position < relays.length && relays[position] != relay) ++position;
    }
}

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
/// @dev Each part is the difference of two values of a function of the total that never falls: any number of steps in any order
/// gives the same sums, nobody can drip a cut to zero, and no part is ever negative.
library Cuts {
    uint256 private constant BASIS = 10_000;

    /// @notice What relays and market have had of a total when it is reached.
    /// @dev The market's cut is taken from what the relays' leaves, `marketBps / (10,000 - relayBps)` of it: the same share up to one
    /// unit, and no part ever falls when the total rises. Two floors of one total could rise by two on a rise of one.
    /// Unchecked: totals are below 2^96 and `bps` at most 4,000 together.
    function due(uint256 total, uint256 relayBps, uint256 marketBps)
        internal
        pure
        returns (uint256 relays, uint256 market)
    {
        unchecked {
            relays = total * relayBps / BASIS;
            market = (total - relays) * marketBps / (BASIS - relayBps);
        }
    }

    /// @notice Adds the rise from `from` to `to`. The relay has a cut only if the list names it; what nobody cuts is the payee's.
    /// @dev Unchecked: a share is never above its total, and no call has 2^160 rows.
    function add(Payout memory payout, address[] calldata relays, address relay, uint256 from, uint256 to)
        internal
        pure
    {
        unchecked {
            uint256 rest = to - from;
            (uint256 relayBps, uint256 marketBps) = (payout.relayBps, payout.marketBps);
            if (relayBps | marketBps != 0) {
                (uint256 relayFrom, uint256 marketFrom) = due(from, relayBps, marketBps);
                (uint256 relayTo, uint256 marketTo) = due(to, relayBps, marketBps);
                uint256 position = positionOf(relay, relays);
                if (position < relays.length) {
                    payout.relays[position] += relayTo - relayFrom;
                    rest -= relayTo - relayFrom;
                }
                payout.market += marketTo - marketFrom;
                rest -= marketTo - marketFrom;
            }
            payout.payee += rest;
        }
    }

    /// @notice Adds the rise from `from` to `to` where no voucher names a relay: the listed relays share the relay cut equally.
    /// @dev Of a relay total T, relay i of n has floor(T(i + 1)/n) - floor(T i/n): the shares sum to T, and for up to four relays none ever
    /// falls when T rises (with five, one would). So what is due is always a difference of totals.
    function addShared(Payout memory payout, uint256 from, uint256 to) internal pure {
        unchecked {
            uint256 rest = to - from;
            uint256 count = payout.relays.length;
            (uint256 relayFrom, uint256 marketFrom) = due(from, payout.relayBps, payout.marketBps);
            (uint256 relayTo, uint256 marketTo) = due(to, payout.relayBps, payout.marketBps);
            uint256 shared; // by the relays so far
            for (uint256 i; i < count; ++i) {
                uint256 reached = relayTo * (i + 1) / count - relayFrom * (i + 1) / count;
                payout.relays[i] += reached - shared;
                shared = reached;
            }
            payout.market += marketTo - marketFrom;
            payout.payee += rest - shared - (marketTo - marketFrom);
        }
    }

    /// @return position The first place of `relay` in the list, or the list's length.
    function positionOf(address relay, address[] calldata relays) internal pure returns (uint256 position) {
        unchecked {
            while (position < relays.length && relays[position] != relay) ++position;
        }
    }
}

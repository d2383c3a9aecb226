// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {IEscrow} from "../interfaces/IEscrow.sol";
import {ChannelHash} from "../libraries/ChannelHash.sol";
import {Payout} from "../libraries/Cuts.sol";
import {Tokens} from "../libraries/Tokens.sol";
import {DepositCap} from "../types/EscrowTypes.sol";

/// @title Escrow
/// @dev What Channels and Subscriptions have in common: how money comes in, how it goes out, and what waits to be pulled.
abstract contract Escrow is IEscrow, EIP712, ReentrancyGuardTransient {
    uint16 internal constant MAX_RELAY_BPS = 3_000;
    uint16 internal constant MAX_MARKET_BPS = 1_000;
    uint256 internal constant MAX_RELAYS = 4;

    /// @inheritdoc IEscrow
    bytes32 public immutable deployment;

    bool private immutable _capped;
    mapping(address token => uint96) private _caps;

    /// @inheritdoc IEscrow
    mapping(address holder => mapping(address token => uint256)) public owed;

    constructor(string memory name, DepositCap[] memory caps) EIP712(name, "1") {
        deployment = ChannelHash.deployment(address(this), block.chainid);
        _capped = caps.length > 0;
        for (uint256 i; i < caps.length; ++i) _caps[caps[i].token] = caps[i].cap;
    }

    // -------------------------------------------------------------------------------------------------------- money in

    /// @dev From the caller: the native coin came along, a token is pulled by allowance.
    function _collect(address token, uint96 amount) internal returns (uint96) {
        uint256 expected = token == Tokens.NATIVE ? amount : 0;
        if (msg.value != expected) revert WrongValue(msg.value, expected);
        return token == Tokens.NATIVE ? amount : uint96(Tokens.collect(token, amount)); // never above amount
    }

    function _requireBelowCap(address token, uint96 spendable) internal view {
        if (!_capped) return;
        uint96 cap = depositCap(token);
        if (spendable > cap) revert DepositAboveCap(token, spendable, cap);
    }

    // ------------------------------------------------------------------------------------------------------- money out

    /// @inheritdoc IEscrow
    function pull(address holder, address token, address to) external nonReentrant returns (uint256 amount) {
        if (msg.sender != holder && to != holder) revert RecipientNotHolder(to, holder);
        amount = owed[holder][token];
        if (amount == 0) revert NothingOwed(holder, token);
        owed[holder][token] = 0;
        emit OwedPulled(holder, token, to, amount);
        Tokens.send(token, to, amount);
    }

    /// @dev Cuts wait for their holders, the payee's part goes out (`to` = 0: it waits as well).
    function _payOut(
        Payout memory payout,
        address token,
        address[] calldata relays,
        address market,
        address payee,
        address to
    ) internal {
        for (uint256 i; i < relays.length; ++i) _credit(relays[i], token, payout.relays[i]);
        _credit(market, token, payout.market);
        if (to == address(0)) _credit(payee, token, payout.payee);
        else _push(payee, token, to, payout.payee);
    }

    /// @dev A push that reverted moved nothing: the amount stays here for its holder.
    function _push(address holder, address token, address to, uint256 amount) internal {
        if (amount != 0 && !Tokens.push(token, to, amount)) _credit(holder, token, amount);
    }

    function _credit(address holder, address token, uint256 amount) internal {
        if (amount == 0) return;
        owed[holder][token] += amount;
        emit OwedCredited(holder, token, amount);
    }

    // ------------------------------------------------------------------------------------------------------------ views

    /// @inheritdoc IEscrow
    function depositCap(address token) public view returns (uint96) {
        return _caps[token] == 0 ? type(uint96).max : _caps[token];
    }

    /// @inheritdoc IEscrow
    function DOMAIN_SEPARATOR() external view returns (bytes32) {
        return _domainSeparatorV4();
    }

    // ------------------------------------------------------------------------------------------------------------- laws

    function _requireLawfulCuts(uint16 relayBps, uint16 marketBps) internal pure {
        if (relayBps > MAX_RELAY_BPS) revert RelayCutTooHigh(relayBps, MAX_RELAY_BPS);
        if (marketBps > MAX_MARKET_BPS) revert MarketCutTooHigh(marketBps, MAX_MARKET_BPS);
    }

    function _requireParties(address payer, address payee, address signer) internal pure {
        if (payer == address(0) || payee == address(0) || signer == address(0)) {
            revert PartyMissing(payer, payee, signer);
        }
    }

    /// @dev A signature moves ERC-20 tokens only.
    function _requireToken(address token) internal pure returns (address) {
        if (token == Tokens.NATIVE) revert NativeNotSigned();
        return token;
    }

    function _requireCredited(uint96 credited, uint96 minCredited) internal pure {
        if (credited == 0 || credited < minCredited) revert CreditedTooLittle(credited, minCredited);
    }

    function _requireRelays(address[] calldata relays, bytes32 expected) internal pure {
        bytes32 relaysHash = ChannelHash.relays(relays);
        if (relaysHash != expected) revert RelaysMismatch(relaysHash, expected);
    }

    /// @dev An empty payout. Without relays there is no relay cut, without a market no market cut.
    function _newPayout(uint16 relayBps, address market, uint16 marketBps, uint256 relays)
        internal
        pure
        returns (Payout memory)
    {
        if (relays > MAX_RELAYS) revert TooManyRelays(relays, MAX_RELAYS);
        uint256 paidRelayBps = relays == 0 ? 0 : relayBps;
        uint256 paidMarketBps = market == address(0) ? 0 : marketBps;
        return Payout(0, 0, paidRelayBps, paidMarketBps, new uint256[](relays));
    }
}

// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IPermit2} from "../../../contracts/libraries/Authorizations.sol";
import {Terms, TickRow, TickVoucher} from "../../../contracts/types/ChannelTypes.sol";
import {ChannelsFixture} from "./ChannelsFixture.sol";
import {ITestToken} from "./ChannelsTokens.sol";

/// @notice The signatures that put money into a channel, and chains of ticks. Encoded here once more by hand: a slip in the
/// library cannot hide behind the same slip in the test.
abstract contract ChannelsFunding is ChannelsFixture {
    address internal constant PERMIT2 = 0x000000000022D473030F116dDEE9F6B43aC78BA3;
    uint256 internal constant FOREVER = type(uint256).max;

    string private constant TERMS_TYPE =
        "Terms(address payer,address payee,address operator,address token,address signer,uint64 listingId,bytes32 relaysHash,uint16 relayBps,address market,uint16 marketBps,uint40 challenge,bytes32 salt)";

    /// @dev The real Permit2 at its real address. Its constructor runs there, so that its cached domain is the one of that address.
    function deployPermit2() internal {
        vm.etch(PERMIT2, vm.getCode("Permit2"));
        (bool done, bytes memory code) = PERMIT2.call("");
        require(done && code.length > 0, "Permit2's constructor failed");
        vm.etch(PERMIT2, code);
    }

    // ---------------------------------------------------------------------------------------------------------- EIP-3009

    function nonceOf(bytes32 channelId, uint96 amount, bytes32 fundSalt) internal pure returns (bytes32) {
        return keccak256(abi.encode(channelId, amount, fundSalt));
    }

    function sign3009(uint256 key, Terms memory terms, uint96 amount, bytes32 fundSalt, uint256 after_, uint256 before)
        internal
        view
        returns (bytes memory)
    {
        bytes32 structHash = keccak256(
            abi.encode(
                keccak256(
                    "ReceiveWithAuthorization(address from,address to,uint256 value,uint256 validAfter,uint256 validBefore,bytes32 nonce)"
                ),
                terms.payer,
                address(channels),
                uint256(amount),
                after_,
                before,
                nonceOf(idOf(terms), amount, fundSalt)
            )
        );
        return sign(key, typed(ITestToken(terms.token).DOMAIN_SEPARATOR(), structHash));
    }

    /// @dev A good authorisation of the usual payer.
    function sign3009(Terms memory terms, uint96 amount, bytes32 fundSalt) internal view returns (bytes memory) {
        return sign3009(PAYER_KEY, terms, amount, fundSalt, 0, FOREVER);
    }

    // ----------------------------------------------------------------------------------------------------------- Permit2

    function signPermit2(uint256 key, Terms memory terms, uint256 amount, uint256 fundSalt, uint256 deadline)
        internal
        view
        returns (bytes memory)
    {
        bytes32 permitted = keccak256(
            abi.encode(keccak256("TokenPermissions(address token,uint256 amount)"), terms.token, amount)
        );
        bytes32 kind = keccak256(
            abi.encodePacked(
                "PermitWitnessTransferFrom(TokenPermissions permitted,address spender,uint256 nonce,uint256 deadline,Terms witness)",
                TERMS_TYPE,
                "TokenPermissions(address token,uint256 amount)"
            )
        );
        bytes32 witness = keccak256(abi.encode(keccak256(bytes(TERMS_TYPE)), terms));
        bytes32 nonce = nonceOf(idOf(terms), uint96(amount), bytes32(fundSalt));
        bytes32 structHash = keccak256(abi.encode(kind, permitted, address(channels), nonce, deadline, witness));
        return sign(key, typed(ITestToken(PERMIT2).DOMAIN_SEPARATOR(), structHash));
    }

    function signPermit2(Terms memory terms, uint96 amount, uint256 fundSalt) internal view returns (bytes memory) {
        return signPermit2(PAYER_KEY, terms, amount, fundSalt, FOREVER);
    }

    // ---------------------------------------------------------------------------------------------------------- EIP-2612

    function signPermit(uint256 key, Terms memory terms, uint256 amount, uint256 deadline)
        internal
        view
        returns (uint8 v, bytes32 r, bytes32 s)
    {
        bytes32 structHash = keccak256(
            abi.encode(
                keccak256("Permit(address owner,address spender,uint256 value,uint256 nonce,uint256 deadline)"),
                terms.payer,
                address(channels),
                amount,
                ITestToken(terms.token).nonces(terms.payer),
                deadline
            )
        );
        return vm.sign(key, typed(ITestToken(terms.token).DOMAIN_SEPARATOR(), structHash));
    }

    function typed(bytes32 separator, bytes32 structHash) internal pure returns (bytes32) {
        return keccak256(abi.encodePacked(hex"1901", separator, structHash));
    }

    // ------------------------------------------------------------------------------------------------------------- ticks

    /// @return value x after `count` steps of h(x) = sha256(x ‖ channelId).
    function hashed(bytes32 channelId, bytes32 x, uint256 count) internal pure returns (bytes32 value) {
        value = x;
        for (uint256 i; i < count; ++i) value = sha256(abi.encodePacked(value, channelId));
    }

    /// @return row A chain of `maxTicks` from `seed`, signed, of which `ticks` are revealed.
    function tickRowBy(
        uint256 key,
        Terms memory terms,
        uint96 base,
        uint96 tickValue,
        uint16 maxTicks,
        uint16 ticks,
        bytes32 seed,
        address by
    ) internal view returns (TickRow memory row) {
        bytes32 id = idOf(terms);
        (row.payer, row.signer, row.salt) = (terms.payer, terms.signer, terms.salt);
        (row.base, row.tickValue, row.maxTicks, row.relay) = (base, tickValue, maxTicks, by);
        row.preimage = hashed(id, seed, maxTicks - ticks);
        row.tip = hashed(id, row.preimage, ticks);
        (row.r, row.vs) =
            compact(key, channels.hashTickVoucher(TickVoucher(id, base, row.tip, tickValue, maxTicks, by)));
    }

    function tickRow(Terms memory terms, uint96 base, uint96 tickValue, uint16 maxTicks, uint16 ticks)
        internal
        view
        returns (TickRow memory)
    {
        return tickRowBy(SIGNER_KEY, terms, base, tickValue, maxTicks, ticks, "seed", relay);
    }
}

// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {Terms} from "../types/ChannelTypes.sol";

/// @title ChannelHash
/// @notice Every hash of a channel in one place: ids, relay lists and the EIP-712 structs, on chain and off chain ones.
/// @dev Checked against test/vectors/eip712-channels.json in Solidity, viem and ethers. A field added to a type is added here twice:
/// in the type string and in the encoding.
library ChannelHash {
    bytes32 internal constant TERMS = keccak256(
        "Terms(address payer,address payee,address operator,address token,address signer,uint64 listingId,bytes32 relaysHash,uint16 relayBps,address market,uint16 marketBps,uint40 challenge,bytes32 salt)"
    );
    /// @dev Permit2's witness type: the rest of its own type string from the member's name on, referenced structs by name.
    string internal constant TERMS_WITNESS =
        "Terms witness)Terms(address payer,address payee,address operator,address token,address signer,uint64 listingId,bytes32 relaysHash,uint16 relayBps,address market,uint16 marketBps,uint40 challenge,bytes32 salt)TokenPermissions(address token,uint256 amount)";
    bytes32 internal constant VOUCHER = keccak256("Voucher(bytes32 channelId,uint96 cumulative,address relay)");
    bytes32 internal constant TICK_VOUCHER = keccak256(
        "TickVoucher(bytes32 channelId,uint96 base,bytes32 tip,uint96 tickValue,uint16 maxTicks,address relay)"
    );
    bytes32 internal constant CLOSE_OFFER =
        keccak256("CloseOffer(bytes32 channelId,uint96 finalCumulative,uint24 epoch,uint40 deadline)");
    bytes32 internal constant CLOSE_NOTICE =
        keccak256("CloseNotice(bytes32 channelId,uint24 epoch,uint40 deadline)");
    bytes32 internal constant SESSION = keccak256(
        "Session(bytes32 channelId,uint64 sessionNo,address relay,uint32 generation,uint64 fromSeq,uint96 baseTotal,uint40 expiry)"
    );
    bytes32 internal constant RECEIPT =
        keccak256("Receipt(bytes32 channelId,bytes32 segmentId,uint96 cumulative)");

    /// @return Part of every id: ids never collide across deployments and survive a new chain id.
    function deployment(address channels, uint256 chainId) internal pure returns (bytes32) {
        return keccak256(abi.encode(channels, chainId));
    }

    /// @return The id of the channel with these terms in that deployment.
    function channelId(bytes32 deployment_, Terms memory terms_) internal pure returns (bytes32) {
        return pair(deployment_, terms(terms_));
    }

    /// @return hash What `Terms.relaysHash` holds: keccak256(abi.encode(relays)).
    /// @dev The list lies in calldata as it is encoded: its length, then one word each. Never pass a slice.
    function relays(address[] calldata relays_) internal pure returns (bytes32 hash) {
        assembly ("memory-safe") {
            let free := mload(0x40)
            let size := add(0x20, shl(5, relays_.length))
            mstore(free, 0x20)
            calldatacopy(add(free, 0x20), sub(relays_.offset, 0x20), size)
            hash := keccak256(free, add(0x20, size))
        }
    }

    /// @dev Hashes the struct where it lies: the word before it holds the type hash for a moment. A batch hashes the terms once
    /// per row, and a copy per row would cost more than the hash.
    function terms(Terms memory terms_) internal pure returns (bytes32 hash) {
        bytes32 typeHash = TERMS;
        assembly ("memory-safe") {
            let start := sub(terms_, 0x20)
            let kept := mload(start)
            mstore(start, typeHash)
            hash := keccak256(start, 0x1a0) // type hash and twelve words
            mstore(start, kept)
        }
    }

    function voucher(bytes32 channelId_, uint96 cumulative, address relay) internal pure returns (bytes32 hash) {
        bytes32 typeHash = VOUCHER;
        assembly ("memory-safe") {
            let free := mload(0x40) // scratch beyond the allocated memory, so a batch does not grow it
            mstore(free, typeHash)
            mstore(add(free, 0x20), channelId_)
            mstore(add(free, 0x40), cumulative)
            mstore(add(free, 0x60), relay)
            hash := keccak256(free, 0x80)
        }
    }

    function tickVoucher(
        bytes32 channelId_,
        uint96 base,
        bytes32 tip,
        uint96 tickValue,
        uint16 maxTicks,
        address relay
    ) internal pure returns (bytes32) {
        return keccak256(abi.encode(TICK_VOUCHER, channelId_, base, tip, tickValue, maxTicks, relay));
    }

    function closeOffer(bytes32 channelId_, uint96 finalCumulative, uint24 epoch, uint40 deadline)
        internal
        pure
        returns (bytes32)
    {
        return keccak256(abi.encode(CLOSE_OFFER, channelId_, finalCumulative, epoch, deadline));
    }

    function closeNotice(bytes32 channelId_, uint24 epoch, uint40 deadline) internal pure returns (bytes32) {
        return keccak256(abi.encode(CLOSE_NOTICE, channelId_, epoch, deadline));
    }

    function session(
        bytes32 channelId_,
        uint64 sessionNo,
        address relay,
        uint32 generation,
        uint64 fromSeq,
        uint96 baseTotal,
        uint40 expiry
    ) internal pure returns (bytes32) {
        return keccak256(abi.encode(SESSION, channelId_, sessionNo, relay, generation, fromSeq, baseTotal, expiry));
    }

    function receipt(bytes32 channelId_, bytes32 segmentId, uint96 cumulative) internal pure returns (bytes32) {
        return keccak256(abi.encode(RECEIPT, channelId_, segmentId, cumulative));
    }

    /// @return The nonce of a signed funding: it binds the signature to channel and amount, and says afterwards whether it was used.
    function fundNonce(bytes32 channelId_, uint96 amount, bytes32 fundSalt) internal pure returns (bytes32) {
        return keccak256(abi.encode(channelId_, amount, fundSalt));
    }

    /// @return value `x` after `count` steps of h(x) = sha256(x ‖ channelId): a chain is worth nothing in another channel.
    function tick(bytes32 channelId_, bytes32 x, uint256 count) internal view returns (bytes32 value) {
        assembly ("memory-safe") {
            mstore(0x00, x)
            mstore(0x20, channelId_)
            for {} count { count := sub(count, 1) } {
                if iszero(staticcall(gas(), 0x02, 0x00, 0x40, 0x00, 0x20)) { invalid() } // only for want of gas
            }
            value := mload(0x00)
        }
    }

    /// @return hash keccak256 of two words.
    function pair(bytes32 a, bytes32 b) internal pure returns (bytes32 hash) {
        assembly ("memory-safe") {
            mstore(0x00, a)
            mstore(0x20, b)
            hash := keccak256(0x00, 0x40)
        }
    }
}

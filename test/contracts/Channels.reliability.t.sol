// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

// P1 one good signature, tried on 100,000 other channels, payees, contracts and chains: never accepted
// P2 a mass exit: a thousand channels close in one block, and a watcher claims all of them in batches below 30 M gas
// P3 a voucher beyond the deposit pays the deposit; nothing leaves under the payee before the challenge ends
// P4 one deposit cannot be promised twice: what one channel pays out, no other has
// P5 a stranger's top-up neither ends nor lengthens an exit; a claim among 2,000 channels costs what it costs among 10
// P7 the secp256k1 vectors of Wycheproof through the verifier of `close`
// P9 payee and cuts add up to the rise exactly, 100,000 rises, against a second calculation
// P6 is Channels.tokens

import {Vm} from "@uniswap/v4-core/lib/forge-std/src/Vm.sol";
import {IChannels} from "../../contracts/interfaces/IChannels.sol";
import {Cuts, Payout} from "../../contracts/libraries/Cuts.sol";
import {Signatures} from "../../contracts/libraries/Signatures.sol";
import {ClaimCommon, ClaimRow, SkipReason, Terms} from "../../contracts/types/ChannelTypes.sol";
import {DepositCap} from "../../contracts/types/EscrowTypes.sol";
import {ChannelsFixture} from "./support/ChannelsFixture.sol";

contract ChannelsReliabilityTest is ChannelsFixture {
    uint256 private constant FIELD = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEFFFFFC2F;
    uint256 private constant PLACES = 20;
    uint256 private constant ROWS = 20;
    uint256 private constant CHAINS = 5;
    string private constant WYCHEPROOF = "../shared/vectors/wycheproof/ecdsa_secp256k1_sha256_bitcoin_test.json";

    /// @dev 50 runs of 20 places with 20 channels each, on five chains. All of them are funded, so it is the signature for which a row is refused.
    /// hardhat-config: fuzz.runs = 50
    function testFuzz_P1_AVoucherIsAcceptedInOnePlaceOnly(uint96 total, bytes32 seed) public {
        total = uint96(bound(total, 1, 1_000));
        Terms memory terms = nativeTerms();
        fund(terms, 1_000);
        ClaimRow memory good = rowOf(terms, total, relay);
        IChannels second = deploy(new DepositCap[](0));
        vm.deal(address(this), PLACES * ROWS);
        for (uint256 place; place < PLACES; ++place) tryElsewhere(second, place, seed, good);
        assertEq(channels.claim(commonOf(terms), one(good), payee), total - share(total, RELAY_BPS) - marketShare(total));
    }

    /// @dev By the place: other channels of the same payee; another payee; another contract; the good channel itself and others, on other
    /// chains over the same storage. The first row of the last two is the good one.
    function tryElsewhere(IChannels second, uint256 place, bytes32 seed, ClaimRow memory good) private {
        IChannels where = place % 4 == 2 ? second : channels;
        Terms memory terms = nativeTerms();
        if (place % 4 == 1) terms.payee = address(bytes20(keccak256(abi.encode(seed, place))));
        ClaimRow[] memory rows = new ClaimRow[](ROWS);
        for (uint256 n; n < ROWS; ++n) {
            if (n != 0 || place % 4 < 2) terms.salt = keccak256(abi.encode(seed, place, n));
            if (n % 2 == 1) terms.payer = address(bytes20(terms.salt));
            where.fundFor{value: 1}(terms, 1, 0);
            rows[n] = ClaimRow(terms.payer, good.signer, terms.salt, good.cumulative, good.relay, good.r, good.vs);
        }
        for (uint256 n; n < CHAINS; ++n) {
            if (n != 0 || place % 4 == 3) vm.chainId(uint64(uint256(keccak256(abi.encode(seed, place, n))) | 1 << 40));
            allRefused(where, commonOf(terms), rows);
            vm.chainId(31337);
        }
    }

    function allRefused(IChannels where, ClaimCommon memory common, ClaimRow[] memory rows) private {
        vm.recordLogs();
        assertEq(where.claim(common, rows, common.payee), 0);
        Vm.Log[] memory logs = vm.getRecordedLogs();
        assertEq(logs.length, ROWS);
        for (uint256 n; n < ROWS; ++n) {
            assertEq(logs[n].topics[0], IChannels.ClaimSkipped.selector);
            assertEq(uint256(bytes32(logs[n].data)), uint256(SkipReason.WRONG_SIGNATURE));
        }
    }

    function test_P2_AThousandExitsAreClaimedInTheWindow() public {
        uint256 count = 1_000;
        Terms memory terms = nativeTerms();
        terms.challenge = 1 hours;
        ClaimCommon memory common = commonOf(terms);
        ClaimRow[] memory rows = new ClaimRow[](count);
        uint40 closeAt;
        for (uint256 n; n < count; ++n) {
            terms.salt = bytes32(n);
            fund(terms, 10_000);
            rows[n] = rowOf(terms, 10_000, relay);
            closeAt = requestClose(terms);
        }
        vm.warp(closeAt - 24); // two blocks of twelve seconds are left, and the seller is asleep
        uint256 batch = 500;
        uint256 paid;
        for (uint256 from; from < count; from += batch) {
            ClaimRow[] memory part = new ClaimRow[](batch);
            for (uint256 n; n < batch; ++n) part[n] = rows[from + n];
            bytes memory data = abi.encodeCall(IChannels.claim, (common, part, stranger));
            uint256 forCalldata = data.length * 16 + 21_000; // at most
            vm.prank(stranger);
            (bool done, bytes memory answer) = address(channels).call{gas: 30_000_000 - forCalldata}(data);
            assertTrue(done);
            paid += abi.decode(answer, (uint256));
            vm.warp(vm.getBlockTimestamp() + 12);
        }
        assertEq(paid, count * 9_400);
        assertEq(payee.balance, count * 9_400);
        for (uint256 n; n < count; n += 99) {
            terms.salt = bytes32(n);
            assertEq(slotOf(terms).claimed, 10_000);
        }
    }

    function testFuzz_P3_BeyondTheDepositThereIsNothing(uint96 deposit, uint96 signed, uint40 wait) public {
        deposit = uint96(bound(deposit, 1, type(uint96).max - 1));
        signed = uint96(bound(signed, uint256(deposit) + 1, type(uint96).max));
        Terms memory terms = nativeTerms();
        fund(terms, deposit);
        fund(tokenTerms(), 1_000);
        uint40 closeAt = requestClose(terms);
        vm.warp(vm.getBlockTimestamp() + bound(wait, 0, CHALLENGE - 1));
        bytes32 id = idOf(terms);
        vm.expectRevert(abi.encodeWithSelector(IChannels.ChallengeRunning.selector, id, closeAt));
        channels.withdraw(terms);
        claim(terms, signed, relay);
        assertEq(slotOf(terms).claimed, deposit);
        assertEq(token.balanceOf(address(channels)), 1_000);
    }

    function testFuzz_P4_OneDepositIsPromisedOnce(uint96[4] memory deposits, uint96[4] memory signed) public {
        Terms memory terms = nativeTerms();
        uint256 held;
        for (uint256 n; n < 4; ++n) {
            deposits[n] = uint96(bound(deposits[n], 1, 1e24));
            held += deposits[n];
            terms.salt = bytes32(n);
            fund(terms, deposits[n]);
        }
        for (uint256 n; n < 4; ++n) {
            terms.salt = bytes32(n);
            claim(terms, signed[n], relay);
            uint256 reached = signed[n] < deposits[n] ? signed[n] : deposits[n];
            held -= reached - share(reached, RELAY_BPS) - marketShare(reached);
            assertEq(slotOf(terms).claimed, reached);
            assertEq(address(channels).balance, held);
        }
    }

    function test_P5_AStrangersTopUpMovesNoClock() public {
        Terms memory terms = nativeTerms();
        fund(terms, 10);
        vm.deal(stranger, 10);
        vm.prank(stranger);
        channels.fundFor{value: 5}(terms, 5, 5); // before: a gift
        uint40 closeAt = requestClose(terms);
        bytes32 id = idOf(terms);
        vm.expectRevert(abi.encodeWithSelector(IChannels.ChannelIsClosing.selector, id, closeAt));
        vm.prank(stranger);
        channels.fundFor{value: 5}(terms, 5, 5);
        vm.warp(closeAt);
        channels.withdraw(terms);
        assertEq(payer.balance, 15);
    }

    /// @dev Twice the same claim, the market around it two hundred times as large.
    function test_P5_CostDoesNotGrowWithTheMarket() public {
        Terms memory probe = nativeTerms();
        probe.salt = "probe";
        fund(probe, 10_000);
        crowd(0, 10);
        claim(probe, 1_000, relay);
        uint256 few = costOf(probe, 2_000);
        crowd(10, 2_000);
        uint256 many = costOf(probe, 3_000);
        assertLe(many * 100, few * 105);
        assertLe(few * 100, many * 105);
    }

    /// @dev Vectors that nobody here wrote: good ones recover their key, bad ones recover nothing or another. High s is refused.
    /// One good signature (346) is refused all the same: the point of its nonce lies beyond the order, which happens once
    /// in 2^128, and Ethereum has no recovery id for it.
    /// Where the file is missing, every edge of {testFuzz_P7_EdgesOfASignature} is tried instead: no test is ever skipped.
    function test_P7_Wycheproof() public {
        if (!hasVectors()) {
            for (uint256 edge; edge < 6; ++edge) testFuzz_P7_EdgesOfASignature(PAYER_KEY, keccak256("edges"), edge);
            return;
        }
        string memory json = vm.readFile(WYCHEPROOF);
        Tally memory tally;
        for (uint256 g; vm.keyExistsJson(json, group(g, ".type")); ++g) {
            bytes memory key = hexAt(json, group(g, ".publicKey.uncompressed"));
            address owner = address(uint160(uint256(keccak256(tail(key)))));
            for (uint256 t; vm.keyExistsJson(json, case_(g, t, ".tcId")); ++t) judge(tally, json, g, t, owner);
        }
        assertEq(tally.good + tally.bad + tally.unread, 463);
        assertEq(tally.good, 162);
        assertEq(tally.beyond, 1);
    }

    struct Tally {
        uint256 good;
        uint256 bad;
        uint256 unread;
        uint256 beyond;
    }

    function judge(Tally memory tally, string memory json, uint256 g, uint256 t, address owner) private view {
        bytes32 digest = sha256(hexAt(json, case_(g, t, ".msg")));
        bool valid = keccak256(bytes(vm.parseJsonString(json, case_(g, t, ".result")))) == keccak256("valid");
        (bool strict, bytes32 r, bytes32 s) = derOf(hexAt(json, case_(g, t, ".sig")));
        if (!strict) {
            assertFalse(valid); // such a thing cannot even be said in 64 bytes
            ++tally.unread;
            return;
        }
        bool accepted = this.recovers(digest, abi.encodePacked(r, s, uint8(27)), owner)
            || this.recovers(digest, abi.encodePacked(r, s, uint8(28)), owner);
        string memory number = vm.toString(vm.parseJsonUint(json, case_(g, t, ".tcId")));
        if (valid && !accepted && uint256(r) < FIELD - ORDER) ++tally.beyond;
        else assertEq(accepted, valid, number);
        if (valid) ++tally.good;
        else ++tally.bad;
    }

    /// @dev The runner refuses to look where the folder itself is missing.
    function hasVectors() private returns (bool) {
        try vm.exists(WYCHEPROOF) returns (bool there) {
            return there;
        } catch {
            return false;
        }
    }

    function testFuzz_P7_EdgesOfASignature(uint256 key, bytes32 digest, uint256 edge) public view {
        key = bound(key, 1, ORDER - 1);
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(key, digest);
        address owner = vm.addr(key);
        assertTrue(this.recovers(digest, abi.encodePacked(r, s, v), owner));
        assertFalse(this.recovers(digest, abi.encodePacked(r, bytes32(ORDER - uint256(s)), 55 - v), owner));
        assertFalse(this.recovers(digest, abi.encodePacked(r, s, 55 - v), owner));
        uint256[6] memory edges = [0, ORDER, ORDER - 1, ORDER / 2 + 1, type(uint256).max, 1];
        bytes32 odd = bytes32(edges[edge % 6]);
        assertFalse(this.recovers(digest, abi.encodePacked(odd, s, v), owner));
        assertFalse(this.recovers(digest, abi.encodePacked(r, odd, v), owner));
        assertFalse(this.recovers(digest, "", address(0)));
        assertFalse(this.recovers(digest, new bytes(65), owner));
    }

    /// @dev 256 runs of 400 rises.
    function testFuzz_P9_PayeeAndCutsAddUpExactly(uint96 from, uint96 to, uint16 relayBps, uint16 marketBps) public view {
        relayBps = uint16(bound(relayBps, 0, 3_000));
        marketBps = uint16(bound(marketBps, 0, 1_000));
        for (uint256 n; n < 400; ++n) {
            (from, to) = (to, uint96(uint256(keccak256(abi.encode(from, to, n))) >> (160 + n % 90)));
            (uint256 low, uint256 high) = from < to ? (from, to) : (to, from);
            Payout memory payout = this.divided(relayList(), low, high, relayBps, marketBps);
            assertEq(payout.payee + payout.relays[0] + payout.market, high - low);
            assertEq(payout.relays[0], floorOf(high, relayBps) - floorOf(low, relayBps));
            assertEq(payout.market, marketOf(high, relayBps, marketBps) - marketOf(low, relayBps, marketBps));
            assertLe(payout.payee, high - low); // and is not below zero
        }
    }

    /// @dev 5 % and 1 % both fall due at the hundredth unit. Whoever claims unit by unit once got both from one unit, and the
    /// payee less than nothing.
    function test_P9_TwoCutsOfOneUnit() public {
        Terms memory terms = nativeTerms();
        fund(terms, 1_000);
        for (uint96 total = 1; total <= 200; ++total) claim(terms, total, relay);
        assertEq(payee.balance, 200 - 10 - 2);
        assertEq(channels.owed(payee, address(0)), 0);
        assertEq(channels.owed(relay, address(0)), 10);
        assertEq(channels.owed(market, address(0)), 2);
    }

    // ---------------------------------------------------------------------------------------------------------- helpers

    function divided(address[] calldata relays, uint256 from, uint256 to, uint256 relayBps, uint256 marketBps)
        external
        view
        returns (Payout memory payout)
    {
        payout = Payout(0, 0, relayBps, marketBps, new uint256[](relays.length));
        Cuts.add(payout, relays, relay, from, to);
    }

    function recovers(bytes32 digest, bytes calldata signature, address owner) external pure returns (bool) {
        address key = Signatures.recover(digest, signature);
        return key != address(0) && key == owner;
    }

    /// @dev floor(total * bps / 10,000) by long division in decimal places of the basis: no product as large.
    function floorOf(uint256 total, uint256 bps) private pure returns (uint256) {
        return (total / 10_000) * bps + (total % 10_000) * bps / 10_000;
    }

    /// @dev Never more than one unit above the plain share.
    function marketOf(uint256 total, uint256 relayBps, uint256 marketBps) private pure returns (uint256 cut) {
        cut = (total - floorOf(total, relayBps)) * marketBps / (10_000 - relayBps);
        assertLe(cut, floorOf(total, marketBps) + 1);
        assertGe(cut, floorOf(total, marketBps));
    }

    function crowd(uint256 from, uint256 to) private {
        Terms memory terms = nativeTerms();
        for (uint256 n = from; n < to; ++n) {
            terms.salt = bytes32(n);
            fund(terms, 10);
        }
    }

    function costOf(Terms memory terms, uint96 total) private returns (uint256) {
        ClaimCommon memory common = commonOf(terms);
        ClaimRow[] memory rows = one(rowOf(terms, total, relay));
        uint256 before = gasleft();
        channels.claim(common, rows, payee);
        return before - gasleft();
    }

    function group(uint256 g, string memory key) private pure returns (string memory) {
        return string.concat(".testGroups[", vm.toString(g), "]", key);
    }

    function case_(uint256 g, uint256 t, string memory key) private pure returns (string memory) {
        return string.concat(".testGroups[", vm.toString(g), "].tests[", vm.toString(t), "]", key);
    }

    /// @dev Their hexadecimal has no prefix, and may be empty.
    function hexAt(string memory json, string memory key) private pure returns (bytes memory) {
        string memory digits = vm.parseJsonString(json, key);
        return bytes(digits).length == 0 ? bytes("") : vm.parseBytes(string.concat("0x", digits));
    }

    function tail(bytes memory key) private pure returns (bytes memory rest) {
        rest = new bytes(64);
        for (uint256 i; i < 64; ++i) rest[i] = key[i + 1];
    }

    /// @dev Strict DER of two positive integers of at most 32 bytes: 30 len 02 len r 02 len s.
    function derOf(bytes memory der) private pure returns (bool strict, bytes32 r, bytes32 s) {
        if (der.length < 8 || der.length > 72 || der[0] != 0x30 || uint8(der[1]) != der.length - 2) return (false, 0, 0);
        uint256 next;
        (strict, r, next) = integerAt(der, 2);
        if (!strict) return (false, 0, 0);
        (strict, s, next) = integerAt(der, next);
        strict = strict && next == der.length;
    }

    function integerAt(bytes memory der, uint256 at) private pure returns (bool, bytes32, uint256) {
        if (at + 2 > der.length || der[at] != 0x02) return (false, 0, 0);
        uint256 size = uint8(der[at + 1]);
        if (size == 0 || size > 33 || at + 2 + size > der.length) return (false, 0, 0);
        if (uint8(der[at + 2]) > 0x7f) return (false, 0, 0); // negative
        if (size > 1 && der[at + 2] == 0 && uint8(der[at + 3]) < 0x80) return (false, 0, 0); // padded
        if (size == 33 && der[at + 2] != 0) return (false, 0, 0); // above 32 bytes
        uint256 value;
        for (uint256 i; i < size; ++i) value = (value << 8) | uint8(der[at + 2 + i]);
        return (true, bytes32(value), at + 2 + size);
    }
}

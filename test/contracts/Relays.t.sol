// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IRelays} from "../../contracts/interfaces/IRelays.sol";
import {TestWallet} from "../../contracts/mocks/HostileAccounts.sol";
import {Relay} from "../../contracts/types/RelayTypes.sol";
import {Test} from "./support/Test.sol";

// registerRelay
//   a relay or a stake is there; stake too low or above 2^96; peer id or endpoints empty or too long; fee above 3,000 -> reverts
//   otherwise -> all of it is readable with one call, and the stake is held
// updateRelay: no relay; leaving; values as above -> reverts; otherwise described anew, the stake and the date stay
// deregisterRelay: no relay; leaving -> reverts; otherwise off the list, and the clock runs
// withdrawStake: no relay; still registered; a second early; the recipient refuses -> reverts; otherwise the whole stake, once
// every call concerns the caller's own relay alone: there is nobody with another role
contract RelaysTest is Test {
    uint256 private constant MINIMUM_STAKE = 0.1 ether;
    uint40 private constant DELAY = 7 days;
    bytes private constant PEER = hex"002408011220aabbccddeeff";
    string private constant PLACES = "/dns4/relay.example/tcp/443/wss";
    bytes8 private constant REGION = "eu-west";

    IRelays private relays;
    address private operator = makeAddr("operator");
    address private other = makeAddr("other");

    function setUp() public {
        vm.warp(1_800_000_000);
        relays = IRelays(deployCode("Relays", abi.encode(MINIMUM_STAKE, DELAY)));
        vm.deal(operator, 100 ether);
        vm.deal(other, 100 ether);
        vm.prank(other);
        relays.registerRelay{value: 1 ether}(PEER, PLACES, 100, "us");
    }

    function testFuzz_registerRelay(uint96 stake, bytes memory peerId, string memory endpoints, uint16 fee, bytes8 region)
        public
    {
        stake = uint96(bound(stake, MINIMUM_STAKE, type(uint96).max));
        fee = uint16(bound(fee, 0, 3_000));
        vm.assume(peerId.length > 0 && peerId.length <= 128);
        vm.assume(bytes(endpoints).length > 0 && bytes(endpoints).length <= 1024);
        vm.deal(operator, stake);
        vm.expectEmit(address(relays));
        emit IRelays.RelayRegistered(operator, peerId, endpoints, fee, region, stake);
        vm.prank(operator);
        relays.registerRelay{value: stake}(peerId, endpoints, fee, region);

        Relay memory relay = relays.relay(operator);
        assertEq(relay.stake, stake);
        assertEq(relay.peerId, peerId);
        assertEq(relay.endpoints, endpoints);
        assertEq(relay.feeBps, fee);
        assertEq(bytes32(relay.region), bytes32(region));
        assertEq(relay.registeredAt, block.timestamp);
        assertEq(relay.withdrawableAt, 0);
        assertTrue(relays.isRegistered(operator));
        assertEq(address(relays).balance, 1 ether + uint256(stake));
    }

    function testFuzz_limits(uint256 stake, uint16 peerLength, uint16 placesLength, uint16 fee, bool again) public {
        // Small steps around each limit, or most runs would break all of them at once.
        stake = bound(stake, MINIMUM_STAKE - 2, MINIMUM_STAKE + 2);
        bytes memory peerId = new bytes(bound(peerLength, 0, 130));
        string memory endpoints = string(new bytes(bound(placesLength, 0, 1026)));
        fee = uint16(bound(fee, 2_990, 3_010));
        if (again) register(); // the same limits hold for an update
        bytes memory reason;
        if (!again && stake < MINIMUM_STAKE) {
            reason = abi.encodeWithSelector(IRelays.StakeTooLow.selector, stake, MINIMUM_STAKE);
        } else if (peerId.length == 0 || peerId.length > 128) {
            reason = abi.encodeWithSelector(IRelays.PeerIdInvalid.selector, peerId.length, 128);
        } else if (bytes(endpoints).length == 0 || bytes(endpoints).length > 1024) {
            reason = abi.encodeWithSelector(IRelays.EndpointsInvalid.selector, bytes(endpoints).length, 1024);
        } else if (fee > 3_000) {
            reason = abi.encodeWithSelector(IRelays.FeeTooHigh.selector, fee, 3_000);
        }
        vm.prank(operator);
        if (reason.length != 0) vm.expectRevert(reason);
        if (again) relays.updateRelay(peerId, endpoints, fee, REGION);
        else relays.registerRelay{value: stake}(peerId, endpoints, fee, REGION);
        if (reason.length == 0) assertEq(relays.relay(operator).peerId, peerId);
    }

    function test_limits_exactly() public {
        string memory full = string(new bytes(1024));
        vm.startPrank(operator);
        vm.expectRevert(abi.encodeWithSelector(IRelays.StakeTooLow.selector, MINIMUM_STAKE - 1, MINIMUM_STAKE));
        relays.registerRelay{value: MINIMUM_STAKE - 1}(new bytes(128), full, 3_000, "");
        relays.registerRelay{value: MINIMUM_STAKE}(new bytes(128), full, 3_000, "");
        vm.expectRevert(abi.encodeWithSelector(IRelays.PeerIdInvalid.selector, 129, 128));
        relays.updateRelay(new bytes(129), full, 3_000, "");
        vm.expectRevert(abi.encodeWithSelector(IRelays.PeerIdInvalid.selector, 0, 128));
        relays.updateRelay("", full, 3_000, "");
        vm.expectRevert(abi.encodeWithSelector(IRelays.EndpointsInvalid.selector, 1025, 1024));
        relays.updateRelay(PEER, string(new bytes(1025)), 3_000, "");
        vm.expectRevert(abi.encodeWithSelector(IRelays.EndpointsInvalid.selector, 0, 1024));
        relays.updateRelay(PEER, "", 3_000, "");
        vm.expectRevert(abi.encodeWithSelector(IRelays.FeeTooHigh.selector, 3_001, 3_000));
        relays.updateRelay(PEER, full, 3_001, "");
        vm.stopPrank();
        vm.deal(address(this), 1 << 97);
        vm.expectRevert(abi.encodeWithSignature("SafeCastOverflowedUintDowncast(uint8,uint256)", 96, uint256(1 << 96)));
        relays.registerRelay{value: 1 << 96}(PEER, PLACES, 1, REGION);
    }

    function test_registerRelay_once() public {
        register();
        bytes memory exists = abi.encodeWithSelector(IRelays.RelayExists.selector, operator);
        vm.startPrank(operator);
        vm.expectRevert(exists);
        relays.registerRelay{value: 1 ether}(PEER, PLACES, 1, REGION);
        relays.deregisterRelay();
        vm.expectRevert(exists);
        relays.registerRelay{value: 1 ether}(PEER, PLACES, 1, REGION);
        vm.warp(block.timestamp + DELAY);
        relays.withdrawStake(operator);
        relays.registerRelay{value: 1 ether}(PEER, PLACES, 1, REGION);
        assertTrue(relays.isRegistered(operator));
        assertEq(relays.relay(operator).withdrawableAt, 0);
    }

    function test_updateRelay() public {
        register();
        vm.warp(block.timestamp + 5);
        vm.expectEmit(address(relays));
        emit IRelays.RelayUpdated(operator, hex"01", "/ip4/1.2.3.4/tcp/1", 7, "ap");
        vm.prank(operator);
        relays.updateRelay(hex"01", "/ip4/1.2.3.4/tcp/1", 7, "ap");
        Relay memory relay = relays.relay(operator);
        assertEq(relay.peerId, hex"01");
        assertEq(relay.endpoints, "/ip4/1.2.3.4/tcp/1");
        assertEq(relay.feeBps, 7);
        assertEq(relay.stake, MINIMUM_STAKE);
        assertEq(relay.registeredAt, block.timestamp - 5);
        assertEq(relays.relay(other).feeBps, 100);
    }

    function testFuzz_leaving(uint40 waited) public {
        waited = uint40(bound(waited, 0, 2 * DELAY));
        register();
        vm.startPrank(operator);
        vm.expectRevert(abi.encodeWithSelector(IRelays.StakeNotWithdrawable.selector, operator, 0));
        relays.withdrawStake(operator);
        uint40 from = uint40(block.timestamp) + DELAY;
        vm.expectEmit(address(relays));
        emit IRelays.RelayDeregistered(operator, from);
        relays.deregisterRelay();
        assertFalse(relays.isRegistered(operator));
        assertEq(relays.relay(operator).withdrawableAt, from);
        bytes memory leaving = abi.encodeWithSelector(IRelays.RelayIsLeaving.selector, operator, from);
        vm.expectRevert(leaving);
        relays.deregisterRelay();
        vm.expectRevert(leaving);
        relays.updateRelay(PEER, PLACES, 1, REGION);

        vm.warp(from - 1);
        vm.expectRevert(abi.encodeWithSelector(IRelays.StakeNotWithdrawable.selector, operator, from));
        relays.withdrawStake(operator);
        vm.warp(from - DELAY + waited);
        address to = makeAddr("purse");
        if (waited < DELAY) {
            vm.expectRevert(abi.encodeWithSelector(IRelays.StakeNotWithdrawable.selector, operator, from));
            relays.withdrawStake(to);
            return;
        }
        vm.expectEmit(address(relays));
        emit IRelays.StakeWithdrawn(operator, to, uint96(MINIMUM_STAKE));
        assertEq(relays.withdrawStake(to), MINIMUM_STAKE);
        assertEq(to.balance, MINIMUM_STAKE);
        assertEq(address(relays).balance, 1 ether);
        assertEq(relays.relay(operator).endpoints, "");
        vm.expectRevert(abi.encodeWithSelector(IRelays.RelayUnknown.selector, operator));
        relays.withdrawStake(to);
    }

    function test_withdrawStake_refusalAndReentrancy() public {
        TestWallet wallet = new TestWallet(operator);
        wallet.execute{value: 1 ether}(
            address(relays), 1 ether, abi.encodeCall(relays.registerRelay, (PEER, PLACES, 1, REGION))
        );
        wallet.execute(address(relays), 0, abi.encodeCall(relays.deregisterRelay, ()));
        vm.warp(block.timestamp + DELAY);
        bytes memory withdraw = abi.encodeCall(relays.withdrawStake, (address(wallet)));
        wallet.set(TestWallet.Mode.REFUSE);
        vm.expectRevert(abi.encodeWithSignature("NativeTransferFailed(address,uint256)", address(wallet), 1 ether));
        wallet.execute(address(relays), 0, withdraw);
        assertEq(relays.relay(address(wallet)).stake, 1 ether);
        wallet.set(TestWallet.Mode.HONEST);
        wallet.arm(address(relays), withdraw);
        wallet.execute(address(relays), 0, withdraw);
        assertEq(wallet.attempts(), 1);
        assertEq(wallet.successes(), 0);
        assertEq(address(relays).balance, 1 ether);
    }

    /// @dev Role × function: the operator himself, or nobody. A stranger's call speaks of the stranger's own relay, which
    /// does not exist.
    function testFuzz_table(address stranger) public {
        vm.assume(stranger != operator && stranger != other && stranger != address(relays)); // whose own ether `deal` would replace
        address purse = makeAddr("purse");
        register();
        bytes32 before = keccak256(abi.encode(relays.relay(operator)));
        bytes memory unknown = abi.encodeWithSelector(IRelays.RelayUnknown.selector, stranger);
        vm.startPrank(stranger);
        vm.expectRevert(unknown);
        relays.updateRelay(PEER, PLACES, 1, REGION);
        vm.expectRevert(unknown);
        relays.deregisterRelay();
        vm.expectRevert(unknown);
        relays.withdrawStake(purse);
        vm.deal(stranger, 1 ether);
        relays.registerRelay{value: 1 ether}(PEER, PLACES, 1, REGION);
        relays.deregisterRelay();
        vm.warp(block.timestamp + DELAY);
        relays.withdrawStake(purse);
        assertEq(keccak256(abi.encode(relays.relay(operator))), before);
        assertEq(address(relays).balance, 1 ether + MINIMUM_STAKE);
    }

    function register() private {
        vm.prank(operator);
        relays.registerRelay{value: MINIMUM_STAKE}(PEER, PLACES, 500, REGION);
    }
}

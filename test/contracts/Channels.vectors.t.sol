// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

// Every message of test/vectors/eip712-channels.json
// ├── structHash, by the library
// ├── digest, on the chain and at the address of its domain
// ├── channelId, by the library, for Terms
// └── the contract's own views give the same digest, for Voucher, CloseOffer and CloseNotice
// Every domain: separator and deployment. Every relay list: relaysHash.

import {MessageHashUtils} from "@openzeppelin/contracts/utils/cryptography/MessageHashUtils.sol";
import {IChannels} from "../../contracts/interfaces/IChannels.sol";
import {ChannelHash} from "../../contracts/libraries/ChannelHash.sol";
import {CloseNotice, CloseOffer, Terms, Voucher} from "../../contracts/types/ChannelTypes.sol";
import {DepositCap} from "../../contracts/types/EscrowTypes.sol";
import {Test} from "./support/Test.sol";

contract ChannelsVectorsTest is Test {
    string private json;
    bytes private code;

    function setUp() public {
        json = vm.readFile("test/vectors/eip712-channels.json");
        code = deployCode("Channels", abi.encode(new DepositCap[](0))).code;
    }

    function test_Vectors() public {
        uint256 n;
        for (; vm.keyExistsJson(json, at("vectors", n)); ++n) check(at("vectors", n));
        assertGe(n, 21); // seven types, three messages each
    }

    function test_Domains() public {
        for (uint256 n; n < 2; ++n) {
            string memory path = at("domains", n);
            IChannels channels = enter(n);
            assertEq(channels.DOMAIN_SEPARATOR(), word(path, ".separator"));
            assertEq(ChannelHash.deployment(address(channels), block.chainid), word(path, ".deployment"));
        }
    }

    function test_RelayLists() public view {
        uint256 n;
        for (; vm.keyExistsJson(json, at("relays", n)); ++n) {
            address[] memory list = vm.parseJsonAddressArray(json, string.concat(at("relays", n), ".list"));
            assertEq(this.relaysHash(list), word(at("relays", n), ".relaysHash"));
            assertEq(keccak256(abi.encode(list)), word(at("relays", n), ".relaysHash"));
        }
        assertGe(n, 3);
    }

    function relaysHash(address[] calldata list) external pure returns (bytes32) {
        return ChannelHash.relays(list);
    }

    function check(string memory path) private {
        bytes32 kind = keccak256(bytes(vm.parseJsonString(json, string.concat(path, ".primaryType"))));
        uint256 domain = number(path, ".domain");
        IChannels channels = enter(domain);
        bytes32 structHash = hashOf(kind, path);
        bytes32 digest = word(path, ".digest");
        assertEq(structHash, word(path, ".structHash"));
        assertEq(MessageHashUtils.toTypedDataHash(channels.DOMAIN_SEPARATOR(), structHash), digest);
        if (kind == keccak256("Terms")) {
            bytes32 deployment = ChannelHash.deployment(address(channels), block.chainid);
            assertEq(ChannelHash.channelId(deployment, termsAt(path)), word(path, ".channelId"));
        }
        if (kind == keccak256("Voucher")) {
            assertEq(channels.hashVoucher(Voucher(id(path), u96(path, "cumulative"), account(path, "relay"))), digest);
        }
        if (kind == keccak256("CloseOffer")) {
            CloseOffer memory offer =
                CloseOffer(id(path), u96(path, "finalCumulative"), u24(path, "epoch"), u40(path, "deadline"));
            assertEq(channels.hashCloseOffer(offer), digest);
        }
        if (kind == keccak256("CloseNotice")) {
            assertEq(channels.hashCloseNotice(CloseNotice(id(path), u24(path, "epoch"), u40(path, "deadline"))), digest);
        }
    }

    function hashOf(bytes32 kind, string memory path) private view returns (bytes32) {
        if (kind == keccak256("Terms")) return ChannelHash.terms(termsAt(path));
        if (kind == keccak256("Voucher")) {
            return ChannelHash.voucher(id(path), u96(path, "cumulative"), account(path, "relay"));
        }
        if (kind == keccak256("TickVoucher")) {
            return ChannelHash.tickVoucher(
                id(path),
                u96(path, "base"),
                word(path, ".message.tip"),
                u96(path, "tickValue"),
                uint16(field(path, "maxTicks")),
                account(path, "relay")
            );
        }
        if (kind == keccak256("CloseOffer")) {
            return ChannelHash.closeOffer(id(path), u96(path, "finalCumulative"), u24(path, "epoch"), u40(path, "deadline"));
        }
        if (kind == keccak256("CloseNotice")) {
            return ChannelHash.closeNotice(id(path), u24(path, "epoch"), u40(path, "deadline"));
        }
        if (kind == keccak256("Session")) {
            return ChannelHash.session(
                id(path),
                uint64(field(path, "sessionNo")),
                account(path, "relay"),
                uint32(field(path, "generation")),
                uint64(field(path, "fromSeq")),
                u96(path, "baseTotal"),
                u40(path, "expiry")
            );
        }
        require(kind == keccak256("Receipt"), "a type that Solidity does not know");
        return ChannelHash.receipt(id(path), word(path, ".message.segmentId"), u96(path, "cumulative"));
    }

    /// @dev The contract as it would stand on the domain's chain at the domain's address.
    function enter(uint256 n) private returns (IChannels channels) {
        string memory path = at("domains", n);
        vm.chainId(number(path, ".chainId"));
        address place = vm.parseJsonAddress(json, string.concat(path, ".verifyingContract"));
        vm.etch(place, code);
        return IChannels(place);
    }

    function termsAt(string memory path) private view returns (Terms memory terms) {
        terms.payer = account(path, "payer");
        terms.payee = account(path, "payee");
        terms.operator = account(path, "operator");
        terms.token = account(path, "token");
        terms.signer = account(path, "signer");
        terms.listingId = uint64(field(path, "listingId"));
        terms.relaysHash = word(path, ".message.relaysHash");
        terms.relayBps = uint16(field(path, "relayBps"));
        terms.market = account(path, "market");
        terms.marketBps = uint16(field(path, "marketBps"));
        terms.challenge = u40(path, "challenge");
        terms.salt = word(path, ".message.salt");
    }

    function at(string memory list, uint256 n) private pure returns (string memory) {
        return string.concat(".", list, "[", vm.toString(n), "]");
    }

    function word(string memory path, string memory key) private view returns (bytes32) {
        return vm.parseJsonBytes32(json, string.concat(path, key));
    }

    function number(string memory path, string memory key) private view returns (uint256) {
        return vm.parseJsonUint(json, string.concat(path, key));
    }

    function field(string memory path, string memory name) private view returns (uint256) {
        return number(path, string.concat(".message.", name));
    }

    function account(string memory path, string memory name) private view returns (address) {
        return vm.parseJsonAddress(json, string.concat(path, ".message.", name));
    }

    function id(string memory path) private view returns (bytes32) {
        return word(path, ".message.channelId");
    }

    function u96(string memory path, string memory name) private view returns (uint96) {
        return uint96(field(path, name));
    }

    function u40(string memory path, string memory name) private view returns (uint40) {
        return uint40(field(path, name));
    }

    function u24(string memory path, string memory name) private view returns (uint24) {
        return uint24(field(path, name));
    }
}

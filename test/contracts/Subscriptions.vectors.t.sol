// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

// Every message of test/vectors/eip712-subscriptions.json
// ├── structHash, by the library
// ├── digest, on the chain and at the address of its domain
// ├── subscriptionId, by the library and by the contract, for SubscriptionTerms
// └── the contract's own view gives the same digest, for CancelNotice
// Every domain: separator and deployment. Every nonce of a signed funding.
// Permit2's witness type is the type of the terms and of the permission, in the order of their names.

import {MessageHashUtils} from "@openzeppelin/contracts/utils/cryptography/MessageHashUtils.sol";
import {ISubscriptions} from "../../contracts/interfaces/ISubscriptions.sol";
import {ChannelHash} from "../../contracts/libraries/ChannelHash.sol";
import {SubscriptionHash} from "../../contracts/libraries/SubscriptionHash.sol";
import {DepositCap} from "../../contracts/types/EscrowTypes.sol";
import {CancelNotice, SubscriptionTerms} from "../../contracts/types/SubscriptionTypes.sol";
import {Test} from "./support/Test.sol";

contract SubscriptionsVectorsTest is Test {
    string private json;
    bytes private code;

    function setUp() public {
        json = vm.readFile("test/vectors/eip712-subscriptions.json");
        code = deployCode("Subscriptions", abi.encode(new DepositCap[](0))).code;
    }

    function test_Vectors() public {
        uint256 n;
        for (; vm.keyExistsJson(json, at("vectors", n)); ++n) check(at("vectors", n));
        assertGe(n, 6); // two types, three messages each
    }

    function test_Domains() public {
        for (uint256 n; n < 2; ++n) {
            string memory path = at("domains", n);
            ISubscriptions escrow = enter(n);
            assertEq(escrow.DOMAIN_SEPARATOR(), word(path, ".separator"));
            assertEq(ChannelHash.deployment(address(escrow), block.chainid), word(path, ".deployment"));
        }
    }

    function test_FundNonces() public view {
        uint256 n;
        for (; vm.keyExistsJson(json, at("fundNonces", n)); ++n) {
            string memory path = at("fundNonces", n);
            assertEq(
                SubscriptionHash.fundNonce(
                    word(path, ".message.subscriptionId"),
                    uint96(field(path, "amount")),
                    uint32(field(path, "stop")),
                    word(path, ".message.fundSalt")
                ),
                word(path, ".nonce")
            );
        }
        assertGe(n, 3);
    }

    function test_TheWitnessTypeEndsInTheTermsType() public pure {
        string memory type_ =
            "SubscriptionTerms(address payer,address payee,address operator,address token,address signer,address stopper,uint64 listingId,uint96 price,uint40 period,uint96 upfront,bytes32 relaysHash,uint16 relayBps,address market,uint16 marketBps,uint40 notice,bytes32 salt)";
        assertEq(keccak256(bytes(type_)), SubscriptionHash.TERMS);
        assertEq(
            SubscriptionHash.TERMS_WITNESS,
            string.concat("SubscriptionTerms witness)", type_, "TokenPermissions(address token,uint256 amount)")
        );
    }

    function check(string memory path) private {
        ISubscriptions escrow = enter(number(path, ".domain"));
        bytes32 digest = word(path, ".digest");
        bytes32 structHash;
        if (keccak256(bytes(vm.parseJsonString(json, string.concat(path, ".primaryType")))) == keccak256("CancelNotice")) {
            CancelNotice memory notice = CancelNotice(
                word(path, ".message.subscriptionId"), uint32(field(path, "stop")), uint40(field(path, "deadline"))
            );
            structHash = SubscriptionHash.cancelNotice(notice.subscriptionId, notice.stop, notice.deadline);
            assertEq(escrow.hashCancelNotice(notice), digest);
        } else {
            SubscriptionTerms memory terms = termsAt(path);
            structHash = SubscriptionHash.terms(terms);
            bytes32 deployment = ChannelHash.deployment(address(escrow), block.chainid);
            assertEq(SubscriptionHash.subscriptionId(deployment, terms), word(path, ".subscriptionId"));
            // The etched code keeps the deployment of where it was made.
            assertEq(
                escrow.subscriptionIdOf(terms), keccak256(abi.encode(escrow.deployment(), word(path, ".structHash")))
            );
        }
        assertEq(structHash, word(path, ".structHash"));
        assertEq(MessageHashUtils.toTypedDataHash(escrow.DOMAIN_SEPARATOR(), structHash), digest);
    }

    /// @dev The contract as it would stand on the domain's chain at the domain's address.
    function enter(uint256 n) private returns (ISubscriptions escrow) {
        string memory path = at("domains", n);
        vm.chainId(number(path, ".chainId"));
        address place = vm.parseJsonAddress(json, string.concat(path, ".verifyingContract"));
        vm.etch(place, code);
        return ISubscriptions(place);
    }

    function termsAt(string memory path) private view returns (SubscriptionTerms memory terms) {
        terms.payer = account(path, "payer");
        terms.payee = account(path, "payee");
        terms.operator = account(path, "operator");
        terms.token = account(path, "token");
        terms.signer = account(path, "signer");
        terms.stopper = account(path, "stopper");
        terms.listingId = uint64(field(path, "listingId"));
        terms.price = uint96(field(path, "price"));
        terms.period = uint40(field(path, "period"));
        terms.upfront = uint96(field(path, "upfront"));
        terms.relaysHash = word(path, ".message.relaysHash");
        terms.relayBps = uint16(field(path, "relayBps"));
        terms.market = account(path, "market");
        terms.marketBps = uint16(field(path, "marketBps"));
        terms.notice = uint40(field(path, "notice"));
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
}

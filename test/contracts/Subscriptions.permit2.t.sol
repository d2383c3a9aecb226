// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

// fundWithPermit2, with Permit2 itself at its own address
// ├── anyone lands the payer's signed transfer: starts and tops up
// ├── signed for other terms, another amount, salt or stop, or by another key: reverts
// └── landed already, or withheld until after a cancel: reverts

import {SubscriptionHash} from "../../contracts/libraries/SubscriptionHash.sol";
import {SubscriptionTerms} from "../../contracts/types/SubscriptionTypes.sol";
import {SubscriptionsFixture} from "./support/SubscriptionsFixture.sol";

interface IPermit2Domain {
    function DOMAIN_SEPARATOR() external view returns (bytes32);
}

contract SubscriptionsPermit2Test is SubscriptionsFixture {
    address private constant PERMIT2 = 0x000000000022D473030F116dDEE9F6B43aC78BA3;
    bytes32 private constant SALT = "fund salt";
    uint256 private constant DEADLINE = type(uint40).max;

    function setUp() public override {
        super.setUp();
        vm.etch(PERMIT2, deployCode("Permit2", "").code);
        token.mint(payer, 1e12);
        vm.prank(payer);
        token.approve(PERMIT2, type(uint256).max);
    }

    function testFuzz_AnyoneLandsASignedTransfer(address caller, uint96 first, uint96 second) public {
        vm.assume(caller != payer);
        SubscriptionTerms memory terms = tokenTerms();
        first = uint96(bound(first, 101, 5e8));
        second = uint96(bound(second, 2, 5e8));
        bytes memory signature = signatureOf(PAYER_KEY, terms, first, 0);
        vm.prank(caller);
        escrow.fundWithPermit2(terms, first, first, SALT, DEADLINE, signature);
        uint32 end = uint32(BEGIN + uint256(first - 100) * 7 / 3);
        assertSlot(terms, 0, first, BEGIN, end);
        signature = signatureOf(PAYER_KEY, terms, second, end);
        vm.prank(caller);
        escrow.fundWithPermit2(terms, second, second, SALT, DEADLINE, signature);
        assertSlot(terms, 0, first + second, BEGIN, BEGIN + uint256(first + second - 100) * 7 / 3);
        assertEq(token.balanceOf(payer), 1e12 - first - second);
    }

    function test_ASignatureFitsOneFundingOnly() public {
        SubscriptionTerms memory terms = tokenTerms();
        bytes memory signature = signatureOf(PAYER_KEY, terms, 1_000, 0);
        expectRefused(terms, 999, SALT, signature);
        expectRefused(terms, 1_000, "another salt", signature);
        terms.notice += 1;
        expectRefused(terms, 1_000, SALT, signature);
        terms.notice -= 1;
        expectRefused(terms, 1_000, SALT, signatureOf(STRANGER_KEY, terms, 1_000, 0));
        expectRefused(terms, 1_000, SALT, signatureOf(PAYER_KEY, terms, 1_000, BEGIN));
        escrow.fundWithPermit2(terms, 1_000, 0, SALT, DEADLINE, signature);
        expectRefused(terms, 1_000, SALT, signature);
    }

    function test_AWithheldTopUpDiesWithACancel() public {
        SubscriptionTerms memory terms = tokenTerms();
        terms.notice = 365 days;
        escrow.fundWithPermit2(terms, 1_000, 0, SALT, DEADLINE, signatureOf(PAYER_KEY, terms, 1_000, 0));
        bytes memory signature = signatureOf(PAYER_KEY, terms, 30, BEGIN + 2_100);
        cancel(terms);
        expectRefused(terms, 30, SALT, signature);
    }

    function expectRefused(SubscriptionTerms memory terms, uint96 amount, bytes32 salt, bytes memory signature) private {
        vm.expectRevert(bytes4(keccak256("InvalidSigner()")));
        escrow.fundWithPermit2(terms, amount, 0, salt, DEADLINE, signature);
    }

    /// @dev Written out a second time on purpose, after Permit2's own documentation.
    function signatureOf(uint256 key, SubscriptionTerms memory terms, uint96 amount, uint32 stop)
        private
        view
        returns (bytes memory)
    {
        bytes32 nonce = keccak256(abi.encode(idOf(terms), amount, stop, SALT));
        bytes32 typeHash = keccak256(
            "PermitWitnessTransferFrom(TokenPermissions permitted,address spender,uint256 nonce,uint256 deadline,SubscriptionTerms witness)SubscriptionTerms(address payer,address payee,address operator,address token,address signer,address stopper,uint64 listingId,uint96 price,uint40 period,uint96 upfront,bytes32 relaysHash,uint16 relayBps,address market,uint16 marketBps,uint40 notice,bytes32 salt)TokenPermissions(address token,uint256 amount)"
        );
        bytes32 permitted =
            keccak256(abi.encode(keccak256("TokenPermissions(address token,uint256 amount)"), terms.token, amount));
        bytes32 witness = keccak256(abi.encode(SubscriptionHash.TERMS, terms));
        bytes32 structHash =
            keccak256(abi.encode(typeHash, permitted, address(escrow), uint256(nonce), DEADLINE, witness));
        bytes32 domain = IPermit2Domain(PERMIT2).DOMAIN_SEPARATOR();
        return sign(key, keccak256(abi.encodePacked("\x19\x01", domain, structHash)));
    }
}

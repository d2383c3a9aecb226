// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

// Who tries what, and what must come of it
// ├── a token that calls back during every transfer: no call of the escrow goes through, and it is the guard that says so
// ├── a wallet that calls back when it is paid: likewise
// ├── a token that moves the money and answers false: the whole call is undone
// ├── a token that burns gas or answers at length on the way out: the money waits in owed
// ├── a token that blocks one side: the other side is paid
// ├── a caller who leaves too little gas for a push: reverts by name
// ├── a code-less stopper of zero: nobody is the stopper
// └── two subscriptions in one token: neither can spend the other's money

import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {IEscrow} from "../../contracts/interfaces/IEscrow.sol";
import {ISubscriptions} from "../../contracts/interfaces/ISubscriptions.sol";
import {Tokens} from "../../contracts/libraries/Tokens.sol";
import {TestWallet} from "../../contracts/mocks/HostileAccounts.sol";
import {BlockingToken, BombToken, FalseToken, ReentrantToken} from "../../contracts/mocks/HostileTokens.sol";
import {CancelNotice, SubscriptionTerms} from "../../contracts/types/SubscriptionTypes.sol";
import {SubscriptionsFixture} from "./support/SubscriptionsFixture.sol";

/// @dev Refuses at once what comes with too little gas: a push that failed so leaves enough to write a debt down instead.
contract CautiousWallet {
    receive() external payable {
        require(gasleft() > 45_000);
    }
}

contract SubscriptionsAttacksTest is SubscriptionsFixture {
    function testFuzz_ATokenThatCallsBackGetsNowhere(uint8 into) public {
        ReentrantToken nasty = new ReentrantToken();
        SubscriptionTerms memory terms = termsIn(address(nasty));
        terms.signer = address(nasty); // so that it may cancel
        terms.stopper = address(nasty);
        fund(terms, 1_000);
        nasty.arm(address(escrow), callInto(terms, into));
        vm.warp(BEGIN + 700);
        fund(terms, 1_000);
        claim(terms);
        vm.warp(BEGIN + 800);
        cancel(terms);
        escrow.pull(market, address(nasty), market);
        assertEq(nasty.attempts(), 5);
        assertEq(nasty.successes(), 0);
    }

    /// @dev Every function that changes state, from inside a transfer.
    function testFuzz_TheGuardIsWhatShutsTheDoors(uint8 into) public {
        ReentrantToken nasty = new ReentrantToken();
        SubscriptionTerms memory terms = termsIn(address(nasty));
        fund(terms, 1_000);
        nasty.arm(address(this), abi.encodeCall(this.knock, (callInto(terms, into))));
        vm.warp(BEGIN + 700);
        claim(terms);
        assertEq(bytes4(lastAnswer), ReentrancyGuardTransient.ReentrancyGuardReentrantCall.selector);
    }

    bytes private lastAnswer;

    function knock(bytes calldata data) external {
        (, lastAnswer) = address(escrow).call(data);
    }

    function testFuzz_AWalletThatCallsBackGetsNowhere(uint8 into) public {
        TestWallet wallet = new TestWallet(payer);
        SubscriptionTerms memory terms = nativeTerms();
        terms.payer = address(wallet);
        terms.stopper = address(wallet);
        fund(terms, 1_000);
        wallet.arm(address(escrow), callInto(terms, into));
        vm.warp(BEGIN + 700);
        cancel(terms);
        assertEq(wallet.attempts(), 1);
        assertEq(wallet.successes(), 0);
        assertEq(address(wallet).balance, 575);
    }

    function test_AFalseAnswerUndoesEverything() public {
        FalseToken liar = new FalseToken();
        SubscriptionTerms memory terms = termsIn(address(liar));
        fund(terms, 1_000);
        vm.warp(BEGIN + 700);
        liar.lie(true);
        bytes memory expected = abi.encodeWithSelector(Tokens.TokenReturnedFalse.selector, liar);
        vm.expectRevert(expected);
        vm.prank(payer);
        escrow.cancel(terms, relayList());
        vm.expectRevert(expected);
        escrow.claim(commonOf(terms), one(terms), payee);
        assertSlot(terms, 0, 1_000, BEGIN, BEGIN + 2_100);
    }

    function testFuzz_ABombOnTheWayOutIsOwed(bool long) public {
        BombToken bomb = new BombToken();
        SubscriptionTerms memory terms = termsIn(address(bomb));
        fund(terms, 1_000);
        vm.warp(BEGIN + 700);
        bomb.arm(long ? BombToken.Mode.LONG_ANSWER : BombToken.Mode.BURN_GAS);
        cancel(terms);
        assertEq(escrow.owed(payer, address(bomb)), 575);
        assertEq(escrow.owed(payee, address(bomb)), 376);
        bomb.arm(BombToken.Mode.NONE);
        escrow.pull(payer, address(bomb), payer);
        assertEq(bomb.balanceOf(payer), 575);
    }

    function testFuzz_ABlockedSideHoldsUpNobody(bool payerBlocked) public {
        BlockingToken strict = new BlockingToken();
        SubscriptionTerms memory terms = termsIn(address(strict));
        fund(terms, 1_000);
        vm.warp(BEGIN + 700);
        strict.setBlocked(payerBlocked ? payer : payee, true);
        halt(terms);
        assertEq(wealthOf(payer, address(strict)), 600);
        assertEq(wealthOf(payee, address(strict)), 376);
        assertEq(strict.balanceOf(payerBlocked ? payee : payer), payerBlocked ? 376 : 600);
    }

    /// @dev Whatever the caller provides, both wallets are paid or nothing happens.
    function testFuzz_TooLittleGasForAPushReverts(uint32 gas_) public {
        (CautiousWallet from, CautiousWallet to) = (new CautiousWallet(), new CautiousWallet());
        SubscriptionTerms memory terms = nativeTerms();
        (terms.payer, terms.payee) = (address(from), address(to));
        fund(terms, 1_000);
        vm.warp(BEGIN + 700);
        gas_ = uint32(bound(gas_, 20_000, 500_000));
        address[] memory relays = relayList();
        vm.prank(address(from));
        (bool done,) = address(escrow).call{gas: gas_}(abi.encodeCall(ISubscriptions.cancel, (terms, relays)));
        // A starved push never turns into a debt.
        assertEq(address(from).balance, done ? 575 : 0);
        assertEq(address(to).balance, done ? 376 : 0);
        assertEq(escrow.owed(address(from), address(0)) + escrow.owed(address(to), address(0)), 0);
        assertEq(slotOf(terms).deposit, done ? 425 : 1_000);
    }

    /// @dev Gas that would do for both pushes to accounts without code, and not for what the pushes promise any recipient.
    function test_StarvationIsRefusedByName() public {
        SubscriptionTerms memory terms = nativeTerms();
        fund(terms, 1_000);
        vm.warp(BEGIN + 700);
        address[] memory relays = relayList();
        vm.prank(payer);
        (bool done, bytes memory answer) =
            address(escrow).call{gas: 240_000}(abi.encodeCall(ISubscriptions.cancel, (terms, relays)));
        assertFalse(done);
        assertEq(bytes4(answer), Tokens.GasTooLow.selector);
    }

    function test_NobodyIsTheStopperOfZero() public {
        SubscriptionTerms memory terms = nativeTerms();
        terms.stopper = address(0);
        fund(terms, 1_000);
        vm.expectRevert(
            abi.encodeWithSelector(ISubscriptions.NotPayeeOrStopper.selector, stopper, payee, address(0))
        );
        vm.prank(stopper);
        escrow.stop(terms, relayList());
    }

    function test_OneCannotSpendTheOthersMoney() public {
        SubscriptionTerms memory terms = nativeTerms();
        SubscriptionTerms memory other = nativeTerms();
        other.salt = 0;
        fund(terms, 200);
        fund(other, 10_000);
        vm.warp(BEGIN + 5_000);
        claim(terms);
        cancel(terms);
        assertSlot(other, 0, 10_000, BEGIN, BEGIN + 23_100);
        assertSlot(terms, 199, 199, BEGIN - 1, BEGIN + 232); // 233 · 3 / 7 = 99.86
        assertEq(address(escrow).balance, 10_000 + 9 + 2); // and the cuts of 199
    }

    function callInto(SubscriptionTerms memory terms, uint8 into) private view returns (bytes memory) {
        into = uint8(bound(into, 0, 9));
        if (into == 0) return abi.encodeCall(ISubscriptions.fundFor, (terms, 1, 0));
        if (into == 1) return abi.encodeCall(ISubscriptions.cancel, (terms, relayList()));
        if (into == 2) return abi.encodeCall(ISubscriptions.stop, (terms, relayList()));
        if (into == 3) return abi.encodeCall(ISubscriptions.claim, (commonOf(terms), one(terms), payee));
        if (into == 4) return abi.encodeCall(ISubscriptions.fund, (terms, 1, 0));
        if (into == 5) return abi.encodeCall(ISubscriptions.fundWith3009, (terms, 1, 0, 0, 1, "", ""));
        if (into == 6) return abi.encodeCall(ISubscriptions.fundWithPermit2, (terms, 1, 0, bytes32(0), 1, ""));
        if (into == 7) return abi.encodeCall(ISubscriptions.fundWithPermit, (terms, 1, 0, 1, 27, "", ""));
        if (into == 8) {
            CancelNotice memory notice = noticeOf(terms);
            bytes memory signature = sign(PAYER_KEY, escrow.hashCancelNotice(notice));
            return abi.encodeCall(ISubscriptions.cancelWithNotice, (terms, relayList(), notice, signature));
        }
        return abi.encodeCall(IEscrow.pull, (market, terms.token, market));
    }
}

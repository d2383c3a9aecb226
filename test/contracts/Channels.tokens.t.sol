// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

// Every odd token of the book through every entry point that moves tokens
// ├── in: fund, fundFor, fundWith3009, fundWithPermit2, fundWithPermit
// │   ├── credited is exactly what the book says, and the deposit with it
// │   └── or the call reverts by the book's name, and nothing has moved
// ├── out: claim, claimTicks, close, closeWithOffer, withdraw, pull
// │   ├── sent: recipient and slot are exact, nothing waits
// │   ├── kept: the token reverted, the whole amount waits in `owed`, and leaves once the token behaves
// │   └── refused: reverts by name, and nothing has moved
// ├── a token that the book calls sound: the escrow never holds less of it than it owes
// └── after every call a neighbouring channel in a plain token and one in the native coin pay as before; at the end they pay all
// An EIP-3009 token without nonces or signatures cannot redirect a payer's authorisation to another channel.

import {IChannels} from "../../contracts/interfaces/IChannels.sol";
import {IEscrow} from "../../contracts/interfaces/IEscrow.sol";
import {Tokens} from "../../contracts/libraries/Tokens.sol";
import {Oddity} from "../../contracts/mocks/Oddity.sol";
import {Channel, CloseOffer, Terms, TickRow, Voucher} from "../../contracts/types/ChannelTypes.sol";
import {ChannelsFunding} from "./support/ChannelsFunding.sol";
import {IOddToken, OddCase, OddTokenBook, Push} from "./support/OddTokenBook.sol";

contract ChannelsTokensTest is ChannelsFunding, OddTokenBook {
    uint96 private constant MATES = 10_000; // another channel in the same odd token
    uint96 private constant AMOUNT = 1_000;
    uint96 private constant TOTAL = 600; // claimed: 30 for the relay, 6 for the market, 564 for the payee

    enum Way {
        FUND,
        FUND_FOR,
        BY_3009,
        BY_PERMIT2,
        BY_PERMIT,
        CLAIM,
        CLAIM_TICKS,
        CLOSE,
        CLOSE_WITH_OFFER,
        WITHDRAW,
        PULL
    }

    uint96 private neighboursClaimed;

    function setUp() public override {
        super.setUp();
        deployPermit2();
        fund(nativeTerms(), 1e18);
        fund(tokenTerms(), 1e18);
    }

    function test_In_Fund() public {
        all(Way.FUND);
    }

    function test_In_FundFor() public {
        all(Way.FUND_FOR);
    }

    function test_In_FundWith3009() public {
        all(Way.BY_3009);
    }

    function test_In_FundWithPermit2() public {
        all(Way.BY_PERMIT2);
    }

    function test_In_FundWithPermit() public {
        all(Way.BY_PERMIT);
    }

    function test_Out_Claim() public {
        all(Way.CLAIM);
    }

    function test_Out_ClaimTicks() public {
        all(Way.CLAIM_TICKS);
    }

    function test_Out_Close() public {
        all(Way.CLOSE);
    }

    function test_Out_CloseWithOffer() public {
        all(Way.CLOSE_WITH_OFFER);
    }

    function test_Out_Withdraw() public {
        all(Way.WITHDRAW);
    }

    function test_Out_Pull() public {
        all(Way.PULL);
    }

    function test_TheBookHasMoreThanTwentyOddities() public pure {
        assertGe(ODDITIES, 21);
    }

    /// @dev Signed by nobody, or used twice: what such a token lets happen still ends in the payer's own channel.
    function test_ATokenWithoutNoncesOrSignaturesRedirectsNothing() public {
        IOddToken odd = deployOdd(Oddity.NONCE_IGNORED);
        Terms memory terms = prepare(odd);
        odd.mint(payer, 3 * AMOUNT);
        odd.arm(address(channels), "");
        bytes memory signature = sign3009(terms, AMOUNT, "salt");
        channels.fundWith3009(terms, AMOUNT, AMOUNT, 0, FOREVER, "salt", signature);
        channels.fundWith3009(terms, AMOUNT, AMOUNT, 0, FOREVER, "salt", signature);
        assertEq(slotOf(terms).deposit, 2 * AMOUNT);
        terms.salt = "another channel";
        vm.expectRevert();
        channels.fundWith3009(terms, AMOUNT, AMOUNT, 0, FOREVER, "salt", signature);
        neighboursPay();
    }

    // ------------------------------------------------------------------------------------------------------ all of them

    function all(Way way) private {
        for (uint256 n; n < ODDITIES; ++n) {
            OddCase memory c = oddCase(Oddity(n));
            if (way <= Way.BY_PERMIT) comesIn(c, way);
            else goesOut(c, way);
            neighboursPay();
        }
        neighboursLeave();
    }

    // --------------------------------------------------------------------------------------------------------------- in

    function comesIn(OddCase memory c, Way way) private {
        IOddToken odd = deployOdd(c.oddity);
        Terms memory terms = prepare(odd);
        (address caller, bytes memory data, bytes4 expected) = moneyIn(c, way, odd, terms);
        armOdd(odd, c.oddity, address(channels), callBack(odd));
        bool gone = c.oddity == Oddity.CODE_GONE;
        uint256 held = gone ? 0 : odd.ledger(address(channels));

        (bool done, bytes memory answer) = send(caller, data);
        string memory where = label(c, uint256(way));
        assertEq(done, expected == 0, where);
        if (done) {
            (, uint96 credited) = abi.decode(answer, (bytes32, uint96));
            assertEq(credited, uint256(AMOUNT) * c.arrivesBps / 10_000, where);
            assertEq(slotOf(terms).deposit, credited, where);
            if (c.sound) assertGe(odd.ledger(address(channels)), held + credited, where);
        } else {
            assertEq(errorOf(answer), expected, where);
            assertEq(slotOf(terms).deposit, 0, where);
            disarm(c, odd);
            if (!gone) assertEq(odd.ledger(address(channels)), held, where);
        }
        noWayBack(c, odd, done);
    }

    function moneyIn(OddCase memory c, Way way, IOddToken odd, Terms memory terms)
        private
        returns (address caller, bytes memory data, bytes4 expected)
    {
        caller = way == Way.FUND || way == Way.BY_PERMIT ? payer : stranger;
        odd.mint(way == Way.FUND_FOR ? stranger : payer, 20_000 * uint256(AMOUNT)); // enough even after a rebase
        if (way == Way.FUND || way == Way.FUND_FOR) {
            vm.prank(caller);
            odd.approve(address(channels), AMOUNT);
            bytes4 selector = way == Way.FUND ? IChannels.fund.selector : IChannels.fundFor.selector;
            return (caller, abi.encodeWithSelector(selector, terms, AMOUNT, 0), c.byAllowance);
        }
        if (way == Way.BY_3009) {
            bytes memory signature = sign3009(terms, AMOUNT, "salt");
            data = abi.encodeCall(IChannels.fundWith3009, (terms, AMOUNT, 0, 0, FOREVER, "salt", signature));
            return (caller, data, c.by3009);
        }
        if (way == Way.BY_PERMIT2) {
            vm.prank(payer);
            odd.approve(PERMIT2, FOREVER);
            bytes memory signature = signPermit2(terms, AMOUNT, uint160(address(odd)));
            data = abi.encodeCall(IChannels.fundWithPermit2, (terms, AMOUNT, 0, bytes32(uint256(uint160(address(odd)))), FOREVER, signature));
            return (caller, data, c.byPermit2);
        }
        (uint8 v, bytes32 r, bytes32 s) = signPermit(PAYER_KEY, terms, AMOUNT, FOREVER);
        data = abi.encodeCall(IChannels.fundWithPermit, (terms, AMOUNT, 0, FOREVER, v, r, s));
        return (caller, data, c.byPermit);
    }

    // -------------------------------------------------------------------------------------------------------------- out

    function goesOut(OddCase memory c, Way way) private {
        IOddToken odd = deployOdd(c.oddity);
        Terms memory terms = prepare(odd);
        odd.mint(payer, AMOUNT);
        vm.startPrank(payer);
        odd.approve(address(channels), AMOUNT);
        channels.fund(terms, AMOUNT, AMOUNT);
        vm.stopPrank();
        bytes memory data = moneyOut(way, terms);
        armOdd(odd, c.oddity, address(channels), callBack(odd));
        bool gone = c.oddity == Oddity.CODE_GONE;
        uint256[4] memory before;
        if (!gone) before = purses(odd);

        (bool done, bytes memory answer) = send(way == Way.CLOSE ? payee : stranger, data);
        string memory where = label(c, uint256(way));
        disarm(c, odd);
        if (way == Way.PULL) {
            assertEq(done, c.pull == 0, where);
            if (!done) assertEq(errorOf(answer), c.pull, where);
            assertEq(channels.owed(relay, address(odd)), done ? 0 : 10, where);
            if (!gone) assertEq(odd.ledger(relay) - before[2], done ? leaves(c, 10) : 0, where);
        } else if (c.push == Push.REFUSED) {
            assertFalse(done, where);
            assertEq(errorOf(answer), Tokens.TokenReturnedFalse.selector, where);
            assertEq(slotOf(terms).claimed, 0, where);
            assertEq(slotOf(terms).deposit, AMOUNT, where);
            assertEq(channels.owed(relay, address(odd)), 10, where);
            if (!gone) assertEq(odd.ledger(address(channels)), before[3], where);
        } else {
            assertTrue(done, where);
            paid(c, way, terms, odd, before);
        }
        if (c.sound) assertGe(odd.ledger(address(channels)), liabilities(terms, odd), where);
        noWayBack(c, odd, done);
    }

    function paid(OddCase memory c, Way way, Terms memory terms, IOddToken odd, uint256[4] memory before) private {
        string memory where = label(c, uint256(way));
        uint256 toPayee = way == Way.WITHDRAW ? 0 : 564;
        uint256 toPayer = way == Way.WITHDRAW ? AMOUNT : way >= Way.CLOSE ? AMOUNT - TOTAL : 0;
        bool sent = c.push == Push.SENT;
        assertEq(slotOf(terms).claimed, way == Way.WITHDRAW ? 0 : TOTAL, where);
        assertEq(slotOf(terms).deposit, AMOUNT - toPayer, where);
        assertEq(channels.owed(payee, address(odd)), sent ? 0 : toPayee, where);
        assertEq(channels.owed(payer, address(odd)), sent ? 0 : toPayer, where);
        assertEq(channels.owed(relay, address(odd)), 10 + (toPayee == 0 ? 0 : 30), where);
        assertEq(odd.ledger(payee) - before[0], sent ? leaves(c, toPayee) : 0, where);
        assertEq(odd.ledger(payer) - before[1], sent ? leaves(c, toPayer) : 0, where);
        if (sent || toPayee == 0 || !c.sound) return;
        channels.pull(payee, address(odd), payee); // it behaves again
        assertEq(odd.ledger(payee) - before[0], toPayee, where);
    }

    function moneyOut(Way way, Terms memory terms) private returns (bytes memory) {
        Voucher memory voucher = voucherOf(terms, TOTAL, relay);
        bytes memory signature = signVoucher(SIGNER_KEY, voucher);
        if (way == Way.CLAIM) {
            return abi.encodeCall(IChannels.claim, (commonOf(terms), one(rowOf(terms, TOTAL, relay)), payee));
        }
        if (way == Way.CLAIM_TICKS) {
            TickRow memory row = tickRow(terms, 500, 10, 32, 10);
            return abi.encodeCall(IChannels.claimTicks, (commonOf(terms), row, 10, payee));
        }
        if (way == Way.CLOSE) return abi.encodeCall(IChannels.close, (terms, relayList(), voucher, signature, TOTAL));
        if (way == Way.CLOSE_WITH_OFFER) {
            CloseOffer memory offer = offerOf(terms, TOTAL);
            bytes memory offered = sign(PAYEE_KEY, channels.hashCloseOffer(offer));
            return abi.encodeCall(
                IChannels.closeWithOffer, (terms, relayList(), offer, offered, voucher, signature)
            );
        }
        if (way == Way.PULL) return abi.encodeCall(IEscrow.pull, (relay, terms.token, relay));
        vm.warp(requestClose(terms));
        return abi.encodeCall(IChannels.withdraw, (terms));
    }

    // ---------------------------------------------------------------------------------------------------------- helpers

    /// @dev Another channel in the same token holds money, and its relay is owed 10: the pool is not this channel's alone.
    function prepare(IOddToken odd) private returns (Terms memory terms) {
        terms = termsIn(address(odd));
        Terms memory mate = matesTerms(odd);
        odd.mint(payer, MATES);
        vm.startPrank(payer);
        odd.approve(address(channels), MATES);
        channels.fund(mate, MATES, MATES);
        vm.stopPrank();
        claim(mate, 200, relay);
    }

    function matesTerms(IOddToken odd) private view returns (Terms memory mate) {
        mate = termsIn(address(odd));
        mate.salt = "mate";
    }

    function liabilities(Terms memory terms, IOddToken odd) private view returns (uint256) {
        (Channel memory own, Channel memory mates) = (slotOf(terms), slotOf(matesTerms(odd)));
        return own.deposit - own.claimed + mates.deposit - mates.claimed + channels.owed(payee, address(odd))
            + channels.owed(payer, address(odd)) + channels.owed(relay, address(odd)) + channels.owed(market, address(odd));
    }

    /// @dev With little enough gas for a burner to finish, and enough for every push.
    function send(address caller, bytes memory data) private returns (bool, bytes memory) {
        vm.prank(caller);
        return address(channels).call{gas: 6_000_000}(data);
    }

    /// @dev From outside this would work: the relay is owed something.
    function callBack(IOddToken odd) private view returns (bytes memory) {
        return abi.encodeCall(IEscrow.pull, (relay, address(odd), relay));
    }

    function purses(IOddToken odd) private view returns (uint256[4] memory) {
        return [odd.ledger(payee), odd.ledger(payer), odd.ledger(relay), odd.ledger(address(channels))];
    }

    function neighboursPay() private {
        uint256 coins = payee.balance;
        uint256 tokens = token.balanceOf(payee);
        neighboursClaimed += 10_000;
        claim(nativeTerms(), neighboursClaimed, relay);
        claim(tokenTerms(), neighboursClaimed, relay);
        assertEq(payee.balance - coins, 9_400);
        assertEq(token.balanceOf(payee) - tokens, 9_400);
    }

    function neighboursLeave() private {
        Terms[2] memory both = [nativeTerms(), tokenTerms()];
        for (uint256 n; n < 2; ++n) {
            uint256 had = balanceOf(payer, both[n].token);
            requestClose(both[n]);
            vm.warp(vm.getBlockTimestamp() + CHALLENGE);
            channels.withdraw(both[n]);
            assertEq(balanceOf(payer, both[n].token) - had, 1e18 - neighboursClaimed);
            channels.pull(relay, both[n].token, relay);
            channels.pull(market, both[n].token, market);
            assertEq(balanceOf(address(channels), both[n].token), 0);
        }
    }
}

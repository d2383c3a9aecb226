// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IERC20Errors} from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {IEscrow} from "../../../contracts/interfaces/IEscrow.sol";
import {Tokens} from "../../../contracts/libraries/Tokens.sol";
import {Oddity} from "../../../contracts/mocks/Oddity.sol";
import {ITestToken} from "./ChannelsTokens.sol";
import {Test} from "./Test.sol";

interface IOddToken is ITestToken {
    error Odd();

    function arm(address victim, bytes calldata data) external;
    function disarm() external;
    function ledger(address account) external view returns (uint256);
    function attempts() external view returns (uint256);
    function successes() external view returns (uint256);
}

/// @notice What becomes of a push.
enum Push {
    SENT,
    KEPT, // the token reverted: the amount waits in `owed`
    REFUSED // the token took the call and did not say yes: the whole call reverts with TokenReturnedFalse
}

/// @notice One odd token and what an escrow makes of it. Errors by selector: 0 = works, NAMELESS = reverts without a word.
struct OddCase {
    Oddity oddity;
    bytes4 byAllowance;
    bytes4 byPermit;
    bytes4 byPermit2;
    bytes4 by3009;
    Push push;
    bytes4 pull;
    uint16 arrivesBps; // of what is put in
    uint16 leavesBps; // of what is sent out
    bool sound; // the escrow never holds less than it owes; otherwise only this token's own pool is short
}

/// @notice Every odd token with what to expect, for the tests of both escrows: for each case, deploy, put money in or take it
/// out, compare. The neighbours, a plain token and the native coin, must never notice.
abstract contract OddTokenBook is Test {
    bytes4 internal constant NAMELESS = 0xffffffff;
    uint256 internal constant ODDITIES = uint256(type(Oddity).max) + 1;

    bytes4 private immutable FAILED = SafeERC20.SafeERC20FailedOperation.selector;
    bytes4 private constant PERMIT2_FAILED = bytes4(keccak256("Error(string)")); // "TRANSFER_FROM_FAILED"
    bytes4 private immutable ODD = IOddToken.Odd.selector;
    bytes4 private immutable UNREADABLE = Tokens.TokenUnreadable.selector;
    bytes4 private immutable TOO_LITTLE = IEscrow.CreditedTooLittle.selector;

    function deployOdd(Oddity oddity) internal returns (IOddToken) {
        return IOddToken(deployCode("OddToken", abi.encode(oddity)));
    }

    /// @dev The habit begins. `data` is what a reentrant token calls at the escrow.
    function armOdd(IOddToken odd, Oddity oddity, address escrow, bytes memory data) internal {
        odd.arm(escrow, data);
        if (oddity == Oddity.CODE_GONE) vm.etch(address(odd), "");
    }

    /// @dev It behaves from now on, if there is still something there to behave.
    function disarm(OddCase memory c, IOddToken odd) internal {
        if (c.oddity != Oddity.CODE_GONE) odd.disarm();
    }

    /// @return What reaches the recipient of `amount`.
    function leaves(OddCase memory c, uint256 amount) internal pure returns (uint256) {
        if (c.leavesBps < 10_000) return amount - amount * (10_000 - c.leavesBps) / 10_000;
        return amount + amount * (c.leavesBps - 10_000) / 10_000;
    }

    /// @dev What a reentrant token called failed, and what it was called in did not.
    function noWayBack(OddCase memory c, IOddToken odd, bool done) internal view {
        if (c.oddity != Oddity.REENTERS) return;
        assertTrue(done);
        assertGe(odd.attempts(), 1);
        assertEq(odd.successes(), 0);
    }

    function label(OddCase memory c, uint256 way) internal pure returns (string memory) {
        return string.concat("oddity ", vm.toString(uint256(c.oddity)), ", way ", vm.toString(way));
    }

    /// @return selector What a failed call says first.
    function errorOf(bytes memory answer) internal pure returns (bytes4 selector) {
        return answer.length < 4 ? NAMELESS : bytes4(answer);
    }

    function oddCase(Oddity oddity) internal view returns (OddCase memory c) {
        (c.oddity, c.arrivesBps, c.leavesBps, c.sound) = (oddity, 10_000, 10_000, true);
        if (oddity == Oddity.FEE_ON_ARRIVAL) (c.arrivesBps, c.leavesBps) = (9_900, 9_900);
        if (oddity == Oddity.FEE_ON_TOP) c.sound = false;
        if (oddity == Oddity.FALSE_UNMOVED || oddity == Oddity.FALSE_AFTER_MOVING) noYes(c);
        if (oddity == Oddity.ANSWERS_A_TEXT || oddity == Oddity.ANSWERS_TWO) noYes(c);
        if (oddity == Oddity.ANSWERS_ONE_BYTE) noYes(c);
        if (oddity == Oddity.REVERTS_SILENTLY || oddity == Oddity.BURNS_GAS) refuses(c, NAMELESS);
        if (oddity == Oddity.REVERTS_WITH_REASON || oddity == Oddity.PAUSED) refuses(c, ODD);
        if (oddity == Oddity.REVERTS_AT_LENGTH) refuses(c, ODD);
        if (oddity == Oddity.BLOCKS_THE_ESCROW_AS_SENDER || oddity == Oddity.BLOCKS_ALL_OTHER_RECIPIENTS) {
            (c.push, c.pull) = (Push.KEPT, ODD);
        }
        if (oddity == Oddity.BLOCKS_THE_ESCROW_AS_RECIPIENT) {
            refuses(c, ODD);
            (c.push, c.pull) = (Push.SENT, 0);
        }
        if (oddity == Oddity.REBASES_DOWN) {
            (c.push, c.pull, c.sound) = (Push.KEPT, IERC20Errors.ERC20InsufficientBalance.selector, false);
        }
        if (oddity == Oddity.CODE_GONE) {
            arrivesNever(c, UNREADABLE);
            (c.push, c.pull, c.sound) = (Push.REFUSED, FAILED, false);
        }
        if (oddity == Oddity.MOVES_LESS) (c.arrivesBps, c.leavesBps) = (5_000, 5_000);
        if (oddity == Oddity.MOVES_MORE) (c.leavesBps, c.sound) = (10_100, false); // on arrival capped at the amount
        if (oddity == Oddity.BALANCE_IS_CONSTANT) arrivesNever(c, TOO_LITTLE);
        if (oddity == Oddity.BALANCE_REVERTS) arrivesNever(c, UNREADABLE);
        if (oddity == Oddity.MONEY_FROM_NOWHERE) c.sound = false;
        if (oddity == Oddity.PERMIT_DOES_NOTHING) c.byPermit = IERC20Errors.ERC20InsufficientAllowance.selector;
    }

    /// @dev Moves or not, but never says yes. EIP-3009 answers nothing, so there the balance decides.
    function noYes(OddCase memory c) private view {
        (c.byAllowance, c.byPermit, c.byPermit2) = (FAILED, FAILED, PERMIT2_FAILED);
        (c.push, c.pull) = (Push.REFUSED, FAILED);
    }

    function refuses(OddCase memory c, bytes4 selector) private pure {
        arrivesNever(c, selector);
        (c.byPermit2, c.push, c.pull) = (PERMIT2_FAILED, Push.KEPT, selector);
    }

    function arrivesNever(OddCase memory c, bytes4 selector) private pure {
        (c.byAllowance, c.byPermit, c.byPermit2, c.by3009) = (selector, selector, selector, selector);
    }
}

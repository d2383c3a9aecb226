// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {Oddity} from "./Oddity.sol";
import {TestToken} from "./TestToken.sol";

/// @notice A token with one odd or hostile habit, which begins when it is armed. All else is TestToken's.
contract OddToken is TestToken {
    /// @notice What it says when it refuses with a reason.
    error Odd();

    address private constant SINK = 0x000000000000000000000000000000000000dEaD;

    Oddity public immutable oddity;
    bool public armed;
    bool private _rebased; // for good
    address public victim; // the escrow
    bytes private _call; // what REENTERS calls there
    uint256 public attempts;
    uint256 public successes;

    constructor(Oddity oddity_) {
        oddity = oddity_;
    }

    function arm(address victim_, bytes calldata data) external {
        (armed, _rebased, victim, _call) = (true, true, victim_, data);
    }

    function disarm() external {
        armed = false;
    }

    /// @notice What `account` could really send, whatever {balanceOf} says.
    function ledger(address account) public view returns (uint256) {
        (uint256 up, uint256 down) = _scale();
        return super.balanceOf(account) * up / down;
    }

    function balanceOf(address account) public view override returns (uint256) {
        if (_is(Oddity.BALANCE_REVERTS)) revert Odd();
        if (_is(Oddity.BALANCE_IS_CONSTANT)) return 1e30;
        if (_is(Oddity.MONEY_FROM_NOWHERE)) return type(uint128).max - gasleft(); // more whenever asked again
        return ledger(account);
    }

    function decimals() public view override returns (uint8) {
        if (oddity == Oddity.NO_DECIMALS) revert Odd();
        return oddity == Oddity.THIRTY_DECIMALS ? 30 : 6;
    }

    function approve(address spender, uint256 value) public override returns (bool) {
        if (oddity == Oddity.RESET_BEFORE_APPROVAL && value != 0 && allowance(msg.sender, spender) != 0) revert Odd();
        if (oddity == Oddity.ALLOWANCE_OF_96_BITS && value > type(uint96).max) value = type(uint96).max;
        return super.approve(spender, value);
    }

    function permit(address owner, address spender, uint256 value, uint256 deadline, uint8 v, bytes32 r, bytes32 s)
        public
        override
    {
        if (!_is(Oddity.PERMIT_DOES_NOTHING)) super.permit(owner, spender, value, deadline, v, r, s);
    }

    function transfer(address to, uint256 value) public override returns (bool) {
        return _is(Oddity.FALSE_UNMOVED) ? false : super.transfer(to, value) && _answer();
    }

    function transferFrom(address from, address to, uint256 value) public override returns (bool) {
        return _is(Oddity.FALSE_UNMOVED) ? false : super.transferFrom(from, to, value) && _answer();
    }

    function _useAuthorization(address authorizer, bytes32 nonce, bytes32 structHash, bytes memory signature)
        internal
        override
    {
        if (_is(Oddity.SIGNATURE_IGNORED)) return;
        super._useAuthorization(authorizer, nonce, structHash, signature);
        if (_is(Oddity.NONCE_IGNORED)) authorizationState[authorizer][nonce] = false;
    }

    function _update(address from, address to, uint256 value) internal override {
        (uint256 up, uint256 down) = _scale();
        if (from == address(0)) return super._update(from, to, value * down / up);
        _refuse(from, to, value);
        if (_is(Oddity.FEE_ON_ARRIVAL)) {
            super._update(from, SINK, value / 100);
            value -= value / 100;
        }
        if (_is(Oddity.FEE_ON_TOP)) super._update(from, SINK, value / 100);
        if (_is(Oddity.MOVES_LESS)) value /= 2;
        if (_is(Oddity.MOVES_MORE)) value += value / 100;
        if (_is(Oddity.MONEY_FROM_NOWHERE) && to == victim) return;
        super._update(from, to, value * down / up);
        if (!_is(Oddity.REENTERS)) return;
        ++attempts;
        (bool done,) = victim.call(_call);
        if (done) ++successes;
    }

    function _refuse(address from, address to, uint256 value) private view {
        if (_is(Oddity.REVERTS_SILENTLY)) {
            assembly {
                revert(0, 0)
            }
        }
        if (_is(Oddity.REVERTS_AT_LENGTH)) {
            bytes4 selector = Odd.selector;
            assembly {
                mstore(0, selector)
                revert(0, 150000)
            }
        }
        if (_is(Oddity.BURNS_GAS)) {
            assembly {
                invalid()
            }
        }
        bool refused = _is(Oddity.REVERTS_WITH_REASON) || _is(Oddity.PAUSED)
            || (_is(Oddity.BLOCKS_THE_ESCROW_AS_SENDER) && from == victim)
            || (_is(Oddity.BLOCKS_THE_ESCROW_AS_RECIPIENT) && to == victim)
            || (_is(Oddity.BLOCKS_ALL_OTHER_RECIPIENTS) && to != victim)
            || (_is(Oddity.REFUSES_ZERO) && value == 0);
        if (refused) revert Odd();
    }

    /// @dev What transfers answer after they moved the funds.
    function _answer() private view returns (bool) {
        if (_is(Oddity.ANSWERS_NOTHING)) {
            assembly {
                return(0, 0)
            }
        }
        if (_is(Oddity.ANSWERS_A_TEXT)) {
            assembly {
                mstore(0x00, 0x20)
                mstore(0x20, 10000)
                return(0, 10064)
            }
        }
        if (_is(Oddity.ANSWERS_TWO)) {
            assembly {
                mstore(0x00, 2)
                return(0, 0x20)
            }
        }
        if (_is(Oddity.ANSWERS_ONE_BYTE)) {
            assembly {
                mstore8(0x00, 1)
                return(0, 1)
            }
        }
        return !_is(Oddity.FALSE_AFTER_MOVING);
    }

    function _scale() private view returns (uint256 up, uint256 down) {
        if (_rebased && oddity == Oddity.REBASES_UP) return (2, 1);
        if (_rebased && oddity == Oddity.REBASES_DOWN) return (1, 10_000);
        return (1, 1);
    }

    function _is(Oddity wanted) private view returns (bool) {
        return armed && oddity == wanted;
    }
}

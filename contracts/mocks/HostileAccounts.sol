// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IERC1271} from "@openzeppelin/contracts/interfaces/IERC1271.sol";
import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";

/// @notice A wallet contract with one owner key that can be told to misbehave. Executes anything for anyone: tests only.
contract TestWallet is IERC1271 {
    enum Mode {
        HONEST,
        ACCEPT_ALL,
        REFUSE, // reverts on signatures and on money
        BURN_GAS,
        LONG_ANSWER,
        SHORT_ANSWER
    }

    error Refused();

    address public immutable owner;
    Mode public mode;
    address private _target;
    bytes private _call;
    uint256 public attempts;
    uint256 public successes;

    constructor(address owner_) {
        owner = owner_;
    }

    function set(Mode mode_) external {
        mode = mode_;
    }

    /// @notice Calls back whenever money arrives.
    function arm(address target, bytes calldata data) external {
        (_target, _call) = (target, data);
    }

    function execute(address to, uint256 value, bytes calldata data) external payable returns (bytes memory) {
        (bool done, bytes memory answer) = to.call{value: value}(data);
        if (!done) {
            assembly {
                revert(add(answer, 0x20), mload(answer))
            }
        }
        return answer;
    }

    function isValidSignature(bytes32 digest, bytes calldata signature) external view returns (bytes4) {
        _misbehave();
        if (mode == Mode.SHORT_ANSWER) {
            assembly {
                mstore(0, shl(224, 0x1626ba7e))
                return(0, 4)
            }
        }
        if (mode == Mode.ACCEPT_ALL) return this.isValidSignature.selector;
        (address key,,) = ECDSA.tryRecover(digest, signature);
        return key == owner ? this.isValidSignature.selector : bytes4(0xffffffff);
    }

    receive() external payable {
        _misbehave();
        if (_target == address(0)) return;
        ++attempts;
        (bool done,) = _target.call(_call);
        if (done) ++successes;
    }

    function _misbehave() private view {
        if (mode == Mode.REFUSE) revert Refused();
        if (mode == Mode.BURN_GAS) {
            assembly {
                invalid()
            }
        }
        if (mode == Mode.LONG_ANSWER) {
            assembly {
                revert(0, 150000)
            }
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";

/// @notice Base of the tokens that tests use to be nasty. Anyone may mint.
abstract contract HostileToken is ERC20 {
    constructor() ERC20("Hostile", "BAD") {}

    function mint(address to, uint256 amount) external {
        _mint(to, amount);
    }
}

/// @notice Keeps a share of every transfer.
contract FeeToken is HostileToken {
    uint256 public immutable feeBps;

    constructor(uint256 feeBps_) {
        feeBps = feeBps_;
    }

    function _update(address from, address to, uint256 value) internal override {
        uint256 fee = from == address(0) || to == address(0) ? 0 : value * feeBps / 10_000;
        super._update(from, to, value - fee);
        if (fee > 0) super._update(from, address(0), fee);
    }
}

/// @notice Moves the funds and answers `false` all the same, once told to.
contract FalseToken is HostileToken {
    bool public lying;

    function lie(bool on) external {
        lying = on;
    }

    function transfer(address to, uint256 value) public override returns (bool) {
        super.transfer(to, value);
        return !lying;
    }

    function transferFrom(address from, address to, uint256 value) public override returns (bool) {
        super.transferFrom(from, to, value);
        return !lying;
    }
}

/// @notice Returns nothing at all, like some of the oldest tokens.
contract VoidToken {
    mapping(address => uint256) public balanceOf;
    mapping(address => mapping(address => uint256)) public allowance;

    function mint(address to, uint256 amount) external {
        balanceOf[to] += amount;
    }

    function approve(address spender, uint256 amount) external {
        allowance[msg.sender][spender] = amount;
    }

    function transfer(address to, uint256 amount) external {
        balanceOf[msg.sender] -= amount;
        balanceOf[to] += amount;
    }

    function transferFrom(address from, address to, uint256 amount) external {
        allowance[from][msg.sender] -= amount;
        balanceOf[from] -= amount;
        balanceOf[to] += amount;
    }
}

/// @notice Refuses transfers to listed addresses.
contract BlockingToken is HostileToken {
    error Blocked(address account);

    mapping(address => bool) public blocked;

    function setBlocked(address account, bool on) external {
        blocked[account] = on;
    }

    function _update(address from, address to, uint256 value) internal override {
        if (blocked[to]) revert Blocked(to);
        super._update(from, to, value);
    }
}

/// @notice Calls back during every transfer once armed, and remembers whether the call went through.
contract ReentrantToken is HostileToken {
    address public target;
    bytes public call_;
    uint256 public attempts;
    uint256 public successes;

    function arm(address target_, bytes calldata data) external {
        (target, call_) = (target_, data);
    }

    function _update(address from, address to, uint256 value) internal override {
        super._update(from, to, value);
        if (target == address(0) || from == address(0)) return;
        ++attempts;
        (bool done,) = target.call(call_);
        if (done) ++successes;
    }
}

/// @notice Burns all gas that a transfer gives it once armed, or answers with a very long text.
contract BombToken is HostileToken {
    enum Mode {
        NONE,
        BURN_GAS,
        LONG_ANSWER
    }

    Mode public mode;

    function arm(Mode mode_) external {
        mode = mode_;
    }

    function transfer(address to, uint256 value) public override returns (bool) {
        if (mode == Mode.NONE) return super.transfer(to, value);
        if (mode == Mode.BURN_GAS) {
            assembly {
                invalid()
            }
        }
        assembly {
            revert(0, 150000)
        }
    }
}

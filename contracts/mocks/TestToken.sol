// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {ERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/ERC20Permit.sol";
import {SignatureChecker} from "@openzeppelin/contracts/utils/cryptography/SignatureChecker.sol";

/// @title TestToken
/// @notice A plain ERC-20 with six decimals for tests and the local market. It takes signatures as USDC 2.2 does: EIP-2612 permits,
/// and EIP-3009 authorisations in both forms (v, r, s and bytes), each by a key or by a wallet contract (ERC-1271).
/// Anyone may mint: it is worth nothing.
contract TestToken is ERC20, ERC20Permit {
    /// @notice The time is not after `validAfter` and before `validBefore`.
    error AuthorizationNotInTime(uint256 validAfter, uint256 validBefore);

    /// @notice The authorisation was used or cancelled before.
    error AuthorizationGone(address authorizer, bytes32 nonce);

    /// @notice Only the recipient may use a receive authorisation.
    error CallerNotRecipient(address caller, address to);

    /// @notice The signature is not the authoriser's.
    error AuthorizationNotSigned(address authorizer);

    event AuthorizationUsed(address indexed authorizer, bytes32 indexed nonce);
    event AuthorizationCanceled(address indexed authorizer, bytes32 indexed nonce);

    bytes32 public constant TRANSFER_WITH_AUTHORIZATION_TYPEHASH = keccak256(
        "TransferWithAuthorization(address from,address to,uint256 value,uint256 validAfter,uint256 validBefore,bytes32 nonce)"
    );
    bytes32 public constant RECEIVE_WITH_AUTHORIZATION_TYPEHASH = keccak256(
        "ReceiveWithAuthorization(address from,address to,uint256 value,uint256 validAfter,uint256 validBefore,bytes32 nonce)"
    );
    bytes32 public constant CANCEL_AUTHORIZATION_TYPEHASH =
        keccak256("CancelAuthorization(address authorizer,bytes32 nonce)");

    /// @notice Whether the authorisation with that nonce was used or cancelled.
    mapping(address authorizer => mapping(bytes32 nonce => bool)) public authorizationState;

    constructor() ERC20("Weir Test Dollar", "WTD") ERC20Permit("Weir Test Dollar") {}

    /// @notice Creates `amount` millionths for `to`.
    function mint(address to, uint256 amount) external {
        _mint(to, amount);
    }

    function decimals() public view virtual override returns (uint8) {
        return 6;
    }

    /// @notice Moves what `from` authorised; anyone may send it.
    function transferWithAuthorization(
        address from,
        address to,
        uint256 value,
        uint256 validAfter,
        uint256 validBefore,
        bytes32 nonce,
        uint8 v,
        bytes32 r,
        bytes32 s
    ) external {
        transferWithAuthorization(from, to, value, validAfter, validBefore, nonce, abi.encodePacked(r, s, v));
    }

    /// @notice The same, signature as bytes.
    function transferWithAuthorization(
        address from,
        address to,
        uint256 value,
        uint256 validAfter,
        uint256 validBefore,
        bytes32 nonce,
        bytes memory signature
    ) public {
        bytes32 kind = TRANSFER_WITH_AUTHORIZATION_TYPEHASH;
        _useAuthorization(
            from, nonce, keccak256(abi.encode(kind, from, to, value, validAfter, validBefore, nonce)), signature
        );
        _moveInTime(from, to, value, validAfter, validBefore, nonce);
    }

    /// @notice Moves what `from` authorised; only `to` may send it, so nobody can land it early.
    function receiveWithAuthorization(
        address from,
        address to,
        uint256 value,
        uint256 validAfter,
        uint256 validBefore,
        bytes32 nonce,
        uint8 v,
        bytes32 r,
        bytes32 s
    ) external {
        receiveWithAuthorization(from, to, value, validAfter, validBefore, nonce, abi.encodePacked(r, s, v));
    }

    /// @notice The same, signature as bytes.
    function receiveWithAuthorization(
        address from,
        address to,
        uint256 value,
        uint256 validAfter,
        uint256 validBefore,
        bytes32 nonce,
        bytes memory signature
    ) public {
        if (msg.sender != to) revert CallerNotRecipient(msg.sender, to);
        bytes32 kind = RECEIVE_WITH_AUTHORIZATION_TYPEHASH;
        _useAuthorization(
            from, nonce, keccak256(abi.encode(kind, from, to, value, validAfter, validBefore, nonce)), signature
        );
        _moveInTime(from, to, value, validAfter, validBefore, nonce);
    }

    /// @notice Makes an authorisation void before it is used.
    function cancelAuthorization(address authorizer, bytes32 nonce, uint8 v, bytes32 r, bytes32 s) external {
        cancelAuthorization(authorizer, nonce, abi.encodePacked(r, s, v));
    }

    /// @notice The same, signature as bytes.
    function cancelAuthorization(address authorizer, bytes32 nonce, bytes memory signature) public {
        bytes32 structHash = keccak256(abi.encode(CANCEL_AUTHORIZATION_TYPEHASH, authorizer, nonce));
        _useAuthorization(authorizer, nonce, structHash, signature);
        emit AuthorizationCanceled(authorizer, nonce);
    }

    function _useAuthorization(address authorizer, bytes32 nonce, bytes32 structHash, bytes memory signature)
        internal
        virtual
    {
        if (authorizationState[authorizer][nonce]) revert AuthorizationGone(authorizer, nonce);
        if (!SignatureChecker.isValidSignatureNow(authorizer, _hashTypedDataV4(structHash), signature)) {
            revert AuthorizationNotSigned(authorizer);
        }
        authorizationState[authorizer][nonce] = true;
    }

    function _moveInTime(
        address from,
        address to,
        uint256 value,
        uint256 validAfter,
        uint256 validBefore,
        bytes32 nonce
    ) private {
        if (block.timestamp <= validAfter || block.timestamp >= validBefore) {
            revert AuthorizationNotInTime(validAfter, validBefore);
        }
        emit AuthorizationUsed(from, nonce);
        _transfer(from, to, value);
    }
}

// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Permit.sol";
import {Tokens} from "./Tokens.sol";

/// @title IEIP3009
/// @notice The part of EIP-3009 that is used here. Tokens of the second version also take the signature as bytes, and with it
/// wallets that are contracts.
interface IEIP3009 {
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
    ) external;

    function receiveWithAuthorization(
        address from,
        address to,
        uint256 value,
        uint256 validAfter,
        uint256 validBefore,
        bytes32 nonce,
        bytes calldata signature
    ) external;

    function authorizationState(address authorizer, bytes32 nonce) external view returns (bool);
}

/// @title IPermit2
/// @notice The part of Uniswap's Permit2 that is used here: a signed transfer whose signature also covers a witness.
interface IPermit2 {
    struct TokenPermissions {
        address token;
        uint256 amount;
    }

    struct PermitTransferFrom {
        TokenPermissions permitted;
        uint256 nonce;
        uint256 deadline;
    }

    struct SignatureTransferDetails {
        address to;
        uint256 requestedAmount;
    }

    function permitWitnessTransferFrom(
        PermitTransferFrom calldata permit,
        SignatureTransferDetails calldata transferDetails,
        address owner,
        bytes32 witness,
        string calldata witnessTypeString,
        bytes calldata signature
    ) external;

    function nonceBitmap(address owner, uint256 wordPos) external view returns (uint256);
}

/// @title Authorizations
/// @notice Takes ERC-20 tokens from an owner who signed for them off chain. Each way credits what arrived, at most `amount`.
library Authorizations {
    /// @dev The same address on every chain.
    IPermit2 internal constant PERMIT2 = IPermit2(0x000000000022D473030F116dDEE9F6B43aC78BA3);

    /// @notice EIP-3009. Only this contract can use the authorisation: nobody can land it early and strand the tokens here.
    /// @param signature 65 bytes `r ‖ s ‖ v` go to the standard's function; any other length is for tokens that take bytes.
    /// @return arrived What the balance rose by, at most `amount`.
    function collectWith3009(
        address token,
        address owner,
        uint256 amount,
        uint256 validAfter,
        uint256 validBefore,
        bytes32 nonce,
        bytes calldata signature
    ) internal returns (uint256 arrived) {
        uint256 before = Tokens.balance(token);
        if (signature.length == 65) {
            IEIP3009(token).receiveWithAuthorization(
                owner,
                address(this),
                amount,
                validAfter,
                validBefore,
                nonce,
                uint8(signature[64]),
                bytes32(signature[:32]),
                bytes32(signature[32:64])
            );
        } else {
            IEIP3009(token).receiveWithAuthorization(
                owner, address(this), amount, validAfter, validBefore, nonce, signature
            );
        }
        return Tokens.arrivedSince(token, before, amount);
    }

    /// @notice Permit2 with a witness. Permit2 checks owner, token, amount, spender, nonce, deadline and the witness.
    /// @param witness The EIP-712 struct hash of what the owner pays for.
    /// @param witnessType Its type string, from its member's name on.
    /// @return arrived What the balance rose by, at most `amount`.
    function collectWithPermit2(
        address token,
        address owner,
        uint256 amount,
        uint256 nonce,
        uint256 deadline,
        bytes32 witness,
        string memory witnessType,
        bytes calldata signature
    ) internal returns (uint256 arrived) {
        uint256 before = Tokens.balance(token);
        PERMIT2.permitWitnessTransferFrom(
            IPermit2.PermitTransferFrom(IPermit2.TokenPermissions(token, amount), nonce, deadline),
            IPermit2.SignatureTransferDetails(address(this), amount),
            owner,
            witness,
            witnessType,
            signature
        );
        return Tokens.arrivedSince(token, before, amount);
    }

    /// @notice EIP-2612, for tokens that are pulled right afterwards. A permit that somebody landed first is no error: the allowance
    /// decides, and without one the transfer reverts and says why.
    function tryPermit(address token, address owner, uint256 value, uint256 deadline, uint8 v, bytes32 r, bytes32 s)
        internal
    {
        if (token.code.length == 0) return; // the pull says so by name
        try IERC20Permit(token).permit(owner, address(this), value, deadline, v, r, s) {} catch {}
    }

    /// @notice Whether an EIP-3009 authorisation was used. A token that cannot say so has none: no code is there, it reverts, or
    /// its answer is anything but one true word.
    function isUsed3009(address token, address owner, bytes32 nonce) internal view returns (bool) {
        (bool answered, bytes memory answer) =
            token.staticcall(abi.encodeCall(IEIP3009.authorizationState, (owner, nonce)));
        return answered && answer.length == 32 && bytes32(answer) == bytes32(uint256(1));
    }

    /// @notice Whether a Permit2 nonce was used.
    function isUsedPermit2(address owner, bytes32 nonce) internal view returns (bool) {
        uint256 bitmap = PERMIT2.nonceBitmap(owner, uint256(nonce) >> 8);
        return bitmap >> (uint256(nonce) & 0xff) & 1 == 1;
    }
}

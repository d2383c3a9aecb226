// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {ListingTerms} from "./ListingTypes.sol";

/// @notice Where the money of a purchase comes from.
enum Funding {
    NATIVE, // msg.value
    PULL, // msg.sender's allowance to Grants, or a permit attached as `authorization`
    EIP3009, // the buyer's signed receiveWithAuthorization
    PERMIT2, // the buyer's signed PermitWitnessTransferFrom
    NONE // a free plan, or money that is there already
}

/// @notice The seller's consent that a restricted listing demands. All zero for other listings.
/// @dev Signed message: `Approval(uint64 listingId,uint32 version,address buyer,bytes32 termsHash,uint40 deadline)`.
struct Approval {
    address manager; // who signed: MANAGER or owner of the hub when the purchase is made
    uint40 deadline; // unix seconds, the last moment of a purchase
    bytes signature; // 65 or 64 bytes, or what a wallet contract gave (ERC-1271)
}

/// @notice All of one purchase. The payment's terms are derived from it, so nothing in them can disagree with the listing.
struct Purchase {
    uint64 listingId;
    uint32 version;
    uint8 plan; // index into listing.plans
    ListingTerms listing; // as offered; checked against the version's hash
    address buyer; // becomes terms.payer
    address signer; // session key: signs vouchers, sessions and notices
    bytes32 encryptionKey; // X25519
    bytes32 buyerSalt;
    uint40 notBefore; // unix seconds
    uint40 notAfter;
    address market; // one of listing.markets, or 0
    uint96 amount; // to put into the escrow now
    uint96 minCredited; // least amount that must arrive
    Funding funding;
    bytes authorization; // permit, 3009 or Permit2 data
    bytes32 attestation; // EAS uid, or 0
    Approval approval;
}

/// @notice The right of one buyer to one listing. Two slots.
struct Grant {
    uint8 rights;
    uint8 kind; // PlanKind, or GIVEN
    uint32 version; // of the listing; for a gift the newest when it was given
    uint8 plan; // index into listing.plans; 0 for a gift
    uint40 notBefore; // unix seconds; never before the block that made the grant
    uint40 notAfter; // the first second without access; the type's maximum = for ever
    uint40 revokedAt; // 0 = never
    uint64 listingId;
    bool blocks; // revoked by the seller: the buyer cannot buy again until he is unblocked
    bool personal; // lives and dies with the consent of the listing's data subjects; stored if the terms say so, asked for otherwise
    bytes32 paymentId; // channel id; subscription id; free plan: the salt; gift: H(nonce)
}

/// @dev Grant.kind of a gift. Plan kinds count up from 0.
uint8 constant GIVEN = 255;

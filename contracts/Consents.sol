// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IConsents} from "./interfaces/IConsents.sol";
import {IHubs} from "./interfaces/IHubs.sol";
import {IListings} from "./interfaces/IListings.sol";
import {Consent, ConsentRound} from "./types/ConsentTypes.sol";
import {Roles} from "./types/HubTypes.sol";

/// @title Consents
contract Consents is IConsents {
    uint256 internal constant MAX_BATCH = 256; // about six million gas of new slots: fits any block
    uint8 internal constant SELLER = Roles.MANAGER | Roles.OWNER;

    /// @dev What is known of a listing. One slot.
    struct Ledger {
        uint32 newest; // number of the newest round
        address operator;
        uint32 ownerEpoch; // of the hub when the operator was named
    }

    /// @inheritdoc IConsents
    IHubs public immutable hubs;

    /// @inheritdoc IConsents
    IListings public immutable listings;

    mapping(uint64 listingId => Ledger) internal _ledgers;
    mapping(uint64 listingId => mapping(uint32 round => ConsentRound)) internal _rounds;

    /// @inheritdoc IConsents
    mapping(uint64 listingId => mapping(uint32 round => mapping(bytes32 subject => Consent))) public consentOf;

    modifier onlyKeeper(uint64 listingId) {
        uint64 hubId = listings.hubOf(listingId);
        if (!hubs.hasRole(hubId, msg.sender, SELLER) && msg.sender != consentOperatorOf(listingId)) {
            revert NotConsentOperator(listingId, msg.sender);
        }
        _;
    }

    constructor(IListings listings_) {
        listings = listings_;
        hubs = listings_.hubs();
    }

    // ------------------------------------------------------------------------------------------------------- the hub's

    /// @inheritdoc IConsents
    function setConsentOperator(uint64 listingId, address operator) external {
        uint64 hubId = listings.hubOf(listingId);
        if (!hubs.hasRole(hubId, msg.sender, SELLER)) revert RoleMissing(hubId, msg.sender, SELLER);

        Ledger storage ledger = _ledgers[listingId];
        uint32 ownerEpoch = hubs.hub(hubId).ownerEpoch;
        ledger.operator = operator;
        ledger.ownerEpoch = ownerEpoch;
        emit ConsentOperatorSet(listingId, operator, ownerEpoch);
    }

    // ---------------------------------------------------------------------------------------------------------- rounds

    /// @inheritdoc IConsents
    function openRound(
        uint64 listingId,
        bytes32 formHash,
        uint40 notBefore,
        uint40 notAfter,
        bytes32[] calldata subjects,
        bool given
    ) external onlyKeeper(listingId) returns (uint32 round) {
        if (formHash == 0) revert FormMissing();
        if (notAfter <= notBefore || notAfter <= block.timestamp) revert WindowEmpty(notBefore, notAfter);

        round = ++_ledgers[listingId].newest;
        _rounds[listingId][round] = ConsentRound(formHash, notBefore, notAfter, 0, 0, 0);
        emit RoundOpened(listingId, round, formHash, notBefore, notAfter, msg.sender);
        _nameSubjects(listingId, round, subjects, given);
    }

    /// @inheritdoc IConsents
    function addSubjects(uint64 listingId, bytes32[] calldata subjects, bool given) external onlyKeeper(listingId) {
        (uint32 round,) = _newest(listingId);
        _nameSubjects(listingId, round, subjects, given);
    }

    /// @inheritdoc IConsents
    function giveConsents(uint64 listingId, bytes32[] calldata subjects) external onlyKeeper(listingId) {
        (uint32 round, ConsentRound storage newest) = _newest(listingId);
        _requireBatch(subjects);

        for (uint256 i; i < subjects.length; ++i) {
            bytes32 subject = subjects[i];
            Consent consent = consentOf[listingId][round][subject];
            if (consent == Consent.UNKNOWN) revert SubjectUnknown(listingId, round, subject);
            if (consent == Consent.GIVEN) revert ConsentIsGiven(listingId, round, subject);
            if (consent == Consent.WITHDRAWN) revert ConsentIsWithdrawn(listingId, round, subject);
            consentOf[listingId][round][subject] = Consent.GIVEN;
        }
        newest.given += uint32(subjects.length);
        emit ConsentsGiven(listingId, round, subjects);
    }

    /// @inheritdoc IConsents
    function withdrawConsents(uint64 listingId, bytes32[] calldata subjects) external onlyKeeper(listingId) {
        _requireBatch(subjects);
        _withdraw(listingId, subjects);
    }

    /// @inheritdoc IConsents
    function withdrawOwnConsent(uint64 listingId, bytes32 salt) external returns (bytes32 subject) {
        subject = keccak256(abi.encode(msg.sender, salt));
        bytes32[] memory subjects = new bytes32[](1);
        subjects[0] = subject;
        _withdraw(listingId, subjects);
    }

    /// @inheritdoc IConsents
    function withdrawRound(uint64 listingId) external onlyKeeper(listingId) {
        (uint32 round, ConsentRound storage newest) = _newest(listingId);

        newest.withdrawnAt = uint40(block.timestamp);
        emit RoundWithdrawn(listingId, round, msg.sender);
    }

    // ---------------------------------------------------------------------------------------------------------- views

    /// @inheritdoc IConsents
    function isGated(uint64 listingId) external view returns (bool) {
        return _ledgers[listingId].newest != 0;
    }

    /// @inheritdoc IConsents
    function isAlive(uint64 listingId) external view returns (bool) {
        ConsentRound storage newest = _rounds[listingId][_ledgers[listingId].newest];
        return newest.given == newest.subjectCount && _isOpen(newest);
    }

    /// @inheritdoc IConsents
    function isGiven(uint64 listingId, bytes32 subject) external view returns (bool) {
        uint32 round = _ledgers[listingId].newest;
        return consentOf[listingId][round][subject] == Consent.GIVEN && _isOpen(_rounds[listingId][round]);
    }

    /// @inheritdoc IConsents
    function roundOf(uint64 listingId) external view returns (uint32) {
        return _ledgers[listingId].newest;
    }

    /// @inheritdoc IConsents
    function rounds(uint64 listingId, uint32 round) external view returns (ConsentRound memory) {
        return _rounds[listingId][round];
    }

    /// @inheritdoc IConsents
    function consentOperatorOf(uint64 listingId) public view returns (address operator) {
        Ledger storage ledger = _ledgers[listingId];
        operator = ledger.operator;
        if (operator == address(0)) return operator;
        if (ledger.ownerEpoch != hubs.hub(listings.hubOf(listingId)).ownerEpoch) return address(0);
    }

    // ---------------------------------------------------------------------------------------------------------- inside

    function _newest(uint64 listingId) internal view returns (uint32 round, ConsentRound storage newest) {
        round = _ledgers[listingId].newest;
        if (round == 0) revert RoundUnknown(listingId);
        newest = _rounds[listingId][round];
        if (newest.withdrawnAt != 0) revert RoundIsWithdrawn(listingId, round);
    }

    /// @dev A round that does not exist has an empty window.
    function _isOpen(ConsentRound storage round) internal view returns (bool) {
        return round.withdrawnAt == 0 && round.notBefore <= block.timestamp && block.timestamp < round.notAfter;
    }

    function _nameSubjects(uint64 listingId, uint32 round, bytes32[] calldata subjects, bool given) internal {
        _requireBatch(subjects);

        Consent consent = given ? Consent.GIVEN : Consent.ASKED;
        for (uint256 i; i < subjects.length; ++i) {
            bytes32 subject = subjects[i];
            if (subject == 0) revert SubjectMissing();
            if (consentOf[listingId][round][subject] != Consent.UNKNOWN) revert SubjectExists(listingId, round, subject);
            consentOf[listingId][round][subject] = consent;
        }
        ConsentRound storage named = _rounds[listingId][round];
        named.subjectCount += uint32(subjects.length);
        if (given) named.given += uint32(subjects.length);
        emit SubjectsNamed(listingId, round, subjects, given);
    }

    function _withdraw(uint64 listingId, bytes32[] memory subjects) internal {
        (uint32 round, ConsentRound storage newest) = _newest(listingId);

        uint32 fallen;
        for (uint256 i; i < subjects.length; ++i) {
            bytes32 subject = subjects[i];
            Consent consent = consentOf[listingId][round][subject];
            if (consent == Consent.UNKNOWN) revert SubjectUnknown(listingId, round, subject);
            if (consent == Consent.WITHDRAWN) revert ConsentIsWithdrawn(listingId, round, subject);
            if (consent == Consent.GIVEN) ++fallen;
            consentOf[listingId][round][subject] = Consent.WITHDRAWN;
        }
        newest.given -= fallen;
        emit ConsentsWithdrawn(listingId, round, subjects, msg.sender);
    }

    function _requireBatch(bytes32[] calldata subjects) internal pure {
        if (subjects.length == 0 || subjects.length > MAX_BATCH) revert BatchOutOfBounds(subjects.length, MAX_BATCH);
    }
}

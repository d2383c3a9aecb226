// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IHubs} from "./IHubs.sol";
import {IListings} from "./IListings.sol";
import {Consent, ConsentRound} from "../types/ConsentTypes.sol";

/// @title IConsents
/// @notice Consent of the people whom a stream's data is about. A listing for which consent was ever asked is sold, and its
/// grants give access, only while every subject's consent stands.
///
/// Consent is asked in rounds. A round names a form by its hash, a window of time and its subjects; it is complete when all
/// of them have given. **The newest round of a listing alone counts, from its opening on**: an open question suspends the
/// listing. To renew without a gap, name subjects as already given.
///
/// A withdrawal is final within its round, and a subject is never taken off its list: nobody can make a round complete
/// again by forgetting who withdrew. Only a new round can be.
///
/// **Who the subjects are is the word of the hub.** The contract knows hashes and counts; it cannot know whether a hash
/// stands for a person, whether the list is whole, or whether a consent that is recorded was given. It makes the record
/// public and lasting, and lets withdrawals act at once.
///
/// No personal data goes on chain. A subject is a salted hash, of which the hub and the subject keep the salt: at least 128
/// random bits, another one for each listing and round, or hashes could be guessed or linked. A subject whose hash is
/// `keccak256(abi.encode(account, salt))` can withdraw by himself from that account. This shows salt and account to everybody.
///
/// A round is kept by the MANAGERs and the owner of the listing's hub, and by one account per listing that they may name for it
/// (the consent operator: a clinic, a works council). The named account falls with the owner of the hub, as roles do.
///
/// Nobody owns this contract; it holds no money and cannot be paused or upgraded. Times are unix seconds.
/// {IListings-ListingUnknown} comes through unchanged.
interface IConsents {
    // ------------------------------------------------------------------------------------------------------- errors

    /// @notice The caller is neither MANAGER nor owner of the hub.
    error RoleMissing(uint64 hubId, address account, uint8 roles);

    /// @notice The caller is neither MANAGER nor owner of the hub nor the listing's consent operator.
    error NotConsentOperator(uint64 listingId, address account);

    /// @notice A round needs the hash of its form.
    error FormMissing();

    /// @notice The window ends before it begins, or before now.
    error WindowEmpty(uint40 notBefore, uint40 notAfter);

    /// @notice A batch has at least one subject and at most 256.
    error BatchOutOfBounds(uint256 count, uint256 maximum);

    /// @notice No round was ever opened for the listing.
    error RoundUnknown(uint64 listingId);

    /// @notice The newest round was withdrawn as a whole.
    error RoundIsWithdrawn(uint64 listingId, uint32 round);

    /// @notice A subject is zero.
    error SubjectMissing();

    /// @notice The subject was named in this round before.
    error SubjectExists(uint64 listingId, uint32 round, bytes32 subject);

    /// @notice The subject was not named in this round.
    error SubjectUnknown(uint64 listingId, uint32 round, bytes32 subject);

    /// @notice The subject's consent was recorded before.
    error ConsentIsGiven(uint64 listingId, uint32 round, bytes32 subject);

    /// @notice The subject withdrew or refused, for the rest of this round.
    error ConsentIsWithdrawn(uint64 listingId, uint32 round, bytes32 subject);

    // ------------------------------------------------------------------------------------------------------- events

    /// @notice An account may keep the listing's rounds (0 = nobody beside the hub) until the hub has another owner.
    event ConsentOperatorSet(uint64 indexed listingId, address indexed operator, uint32 ownerEpoch);

    /// @notice A round was opened; from now on it alone counts.
    event RoundOpened(
        uint64 indexed listingId, uint32 indexed round, bytes32 formHash, uint40 notBefore, uint40 notAfter, address by
    );

    /// @notice Subjects were named. `given`: their consent was recorded with it.
    event SubjectsNamed(uint64 indexed listingId, uint32 indexed round, bytes32[] subjects, bool given);

    /// @notice Subjects gave their consent.
    event ConsentsGiven(uint64 indexed listingId, uint32 indexed round, bytes32[] subjects);

    /// @notice Subjects withdrew, or refused before they had given. The listing is suspended.
    /// @param by Who said so: the subject's own account, the hub, or the consent operator.
    event ConsentsWithdrawn(uint64 indexed listingId, uint32 indexed round, bytes32[] subjects, address by);

    /// @notice A whole round was withdrawn. The listing is suspended.
    event RoundWithdrawn(uint64 indexed listingId, uint32 indexed round, address by);

    // ------------------------------------------------------------------------------------------------------- the hub's

    /// @notice Names the account that keeps the listing's rounds beside the hub; 0 takes it back.
    /// @dev Emits {ConsentOperatorSet}. Requirements: the caller is MANAGER or owner of the listing's hub.
    function setConsentOperator(uint64 listingId, address operator) external;

    // ---------------------------------------------------------------------------------------------------------- rounds

    /// @notice Asks anew. Earlier rounds count no longer, complete or not.
    /// @dev Emits {RoundOpened} and {SubjectsNamed}.
    ///
    /// Requirements: the caller is MANAGER or owner of the listing's hub or its consent operator; `formHash` is not zero;
    /// the window is not empty and ends in the future; 1 to 256 subjects, none zero, none twice.
    /// Warning: unless all have given already, the listing is suspended at once, and subscriptions can be stopped for good.
    /// @param formHash Of the text that the subjects are shown.
    /// @param notBefore First second in which consent holds; may be past.
    /// @param notAfter First second in which it holds no longer.
    /// @param subjects Salted hashes.
    /// @param given Whether these subjects have consented to the form already.
    /// @return round Counts per listing from 1.
    function openRound(
        uint64 listingId,
        bytes32 formHash,
        uint40 notBefore,
        uint40 notAfter,
        bytes32[] calldata subjects,
        bool given
    ) external returns (uint32 round);

    /// @notice Names more subjects in the newest round.
    /// @dev Emits {SubjectsNamed}. Requirements: the caller as in {openRound}; the round is not withdrawn; subjects as in
    /// {openRound}, none named in this round before.
    function addSubjects(uint64 listingId, bytes32[] calldata subjects, bool given) external;

    /// @notice Records that subjects of the newest round have consented.
    /// @dev Emits {ConsentsGiven}. Requirements: the caller as in {openRound}; the round is not withdrawn; 1 to 256
    /// subjects, each named in it and still only asked.
    function giveConsents(uint64 listingId, bytes32[] calldata subjects) external;

    /// @notice Records that subjects of the newest round have withdrawn, or refuse.
    /// @dev Emits {ConsentsWithdrawn}. Requirements: the caller as in {openRound}; the round is not withdrawn; 1 to 256
    /// subjects, each named in it and not withdrawn before.
    function withdrawConsents(uint64 listingId, bytes32[] calldata subjects) external;

    /// @notice Withdraws the caller's own consent in the newest round, or refuses it.
    /// @dev Emits {ConsentsWithdrawn}. Requirements: `keccak256(abi.encode(caller, salt))` is a subject of the round and has
    /// not withdrawn; the round is not withdrawn. Nobody's permission is asked.
    /// @return subject The caller's hash.
    function withdrawOwnConsent(uint64 listingId, bytes32 salt) external returns (bytes32 subject);

    /// @notice Withdraws the newest round as a whole.
    /// @dev Emits {RoundWithdrawn}. Requirements: the caller as in {openRound}; it was not withdrawn before.
    function withdrawRound(uint64 listingId) external;

    // ---------------------------------------------------------------------------------------------------------- views

    /// @notice Whether consent was ever asked for this listing: then its grants live and die with {isAlive}.
    function isGated(uint64 listingId) external view returns (bool);

    /// @notice Whether every subject has consented, nobody has withdrawn, and the window is open now.
    /// @dev `notBefore <= now < notAfter` of the newest round. False for listings that never asked.
    function isAlive(uint64 listingId) external view returns (bool);

    /// @notice The number of the newest round; 0 if there is none.
    function roundOf(uint64 listingId) external view returns (uint32);

    /// @notice A round; all zero if there is none of this number.
    function rounds(uint64 listingId, uint32 round) external view returns (ConsentRound memory);

    /// @notice What was recorded for a subject in a round, whatever the time is now.
    function consentOf(uint64 listingId, uint32 round, bytes32 subject) external view returns (Consent);

    /// @notice Whether the subject's consent holds now: given in the newest round, which is not withdrawn and whose window
    /// is open. Expired counts as withdrawn.
    function isGiven(uint64 listingId, bytes32 subject) external view returns (bool);

    /// @notice The account that keeps the listing's rounds beside the hub now; 0 = none.
    function consentOperatorOf(uint64 listingId) external view returns (address);

    /// @notice The registry of hubs.
    function hubs() external view returns (IHubs);

    /// @notice The listings that consent is asked for.
    function listings() external view returns (IListings);
}

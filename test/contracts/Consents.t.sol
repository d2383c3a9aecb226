// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IConsents} from "../../contracts/interfaces/IConsents.sol";
import {Consent, ConsentRound} from "../../contracts/types/ConsentTypes.sol";
import {SellerFixture} from "./support/SellerFixture.sol";

// setConsentOperator: names, takes back; falls with the hub's owner
// openRound
//   unknown listing; form zero; window empty or over; no subject, 257, zero, twice -> reverts
//   otherwise -> the next round, which alone counts from now on; complete at once if its subjects have given
// addSubjects: no round; withdrawn round; named before -> reverts; otherwise they are asked, or given
// giveConsents: no round; withdrawn round; unknown, given or withdrawn subject, one twice in the batch -> reverts; otherwise
// counted
// withdrawConsents: the same; given or only asked -> withdrawn for the rest of the round
// withdrawOwnConsent: another account, another salt, twice, an older round's subject -> reverts; otherwise withdrawn
// withdrawRound: no round; twice -> reverts; otherwise over
// isAlive: complete and in the window, exactly from notBefore until the second before notAfter; isGated once asked
// every function × role, a foreign operator among them
contract ConsentsTest is SellerFixture {
    bytes32 private constant FORM = keccak256("form");

    IConsents private consents;
    address private clinic = makeAddr("clinic");
    address private subject = makeAddr("subject");
    uint64 private listingId;
    uint64 private other;
    uint40 private from;
    uint40 private until;

    function setUp() public override {
        super.setUp();
        consents = IConsents(deployCode("Consents", abi.encode(listings)));
        listingId = list(offer());
        other = list(offer());
        (from, until) = (uint40(block.timestamp), uint40(block.timestamp) + 30 days);
        vm.startPrank(manager);
        consents.setConsentOperator(listingId, clinic);
        vm.stopPrank();
    }

    // ---------------------------------------------------------------------------------------------------------- rounds

    function testFuzz_openRound(bytes32 form, uint40 notBefore, uint40 notAfter, uint8 count, bool given) public {
        vm.assume(form != 0);
        notAfter = uint40(bound(notAfter, from + 1, FOR_EVER));
        notBefore = uint40(bound(notBefore, 0, notAfter - 1));
        bytes32[] memory subjects = some(bound(count, 1, 20));
        assertFalse(consents.isGated(listingId));
        assertFalse(consents.isAlive(listingId));

        vm.expectEmit(address(consents));
        emit IConsents.RoundOpened(listingId, 1, form, notBefore, notAfter, clinic);
        vm.expectEmit(address(consents));
        emit IConsents.SubjectsNamed(listingId, 1, subjects, given);
        vm.prank(clinic);
        assertEq(consents.openRound(listingId, form, notBefore, notAfter, subjects, given), 1);

        ConsentRound memory round = consents.rounds(listingId, 1);
        assertEq(round.formHash, form);
        assertEq(round.notBefore, notBefore);
        assertEq(round.notAfter, notAfter);
        assertEq(round.subjectCount, subjects.length);
        assertEq(round.given, given ? subjects.length : 0);
        assertEq(round.withdrawnAt, 0);
        assertTrue(consents.isGated(listingId));
        assertFalse(consents.isGated(other));
        assertEq(consents.isAlive(listingId), given && notBefore <= block.timestamp);
        Consent expected = given ? Consent.GIVEN : Consent.ASKED;
        for (uint256 i; i < subjects.length; ++i) assertTrue(consents.consentOf(listingId, 1, subjects[i]) == expected);
    }

    function test_openRound_refuses() public {
        bytes32[] memory subjects = some(2);
        vm.startPrank(manager);
        vm.expectRevert(IConsents.FormMissing.selector);
        consents.openRound(listingId, 0, from, until, subjects, false);
        vm.expectRevert(abi.encodeWithSelector(IConsents.WindowEmpty.selector, from + 5, from + 5));
        consents.openRound(listingId, FORM, from + 5, from + 5, subjects, false);
        vm.expectRevert(abi.encodeWithSelector(IConsents.WindowEmpty.selector, from - 5, from));
        consents.openRound(listingId, FORM, from - 5, from, subjects, false);
        vm.expectRevert(abi.encodeWithSelector(IConsents.BatchOutOfBounds.selector, 0, 256));
        consents.openRound(listingId, FORM, from, until, some(0), false);
        vm.expectRevert(abi.encodeWithSelector(IConsents.BatchOutOfBounds.selector, 257, 256));
        consents.openRound(listingId, FORM, from, until, some(257), false);
        consents.openRound(listingId, FORM, from, until, some(256), false);
        subjects[1] = subjects[0];
        vm.expectRevert(abi.encodeWithSelector(IConsents.SubjectExists.selector, listingId, 2, subjects[0]));
        consents.openRound(listingId, FORM, from, until, subjects, false);
        subjects[1] = 0;
        vm.expectRevert(IConsents.SubjectMissing.selector);
        consents.openRound(listingId, FORM, from, until, subjects, false);
        vm.expectRevert(abi.encodeWithSignature("ListingUnknown(uint64)", 9));
        consents.openRound(9, FORM, from, until, some(1), false);
        assertEq(consents.roundOf(listingId), 1);
    }

    function testFuzz_theWindowIsExact(uint40 notBefore, uint40 length, uint40 time) public {
        notBefore = uint40(bound(notBefore, from, from + 365 days));
        length = uint40(bound(length, 1, 365 days));
        open(listingId, some(3), true, notBefore, notBefore + length);
        time = uint40(bound(time, from, notBefore + length + 1 days));
        uint40[6] memory times =
            [time, notBefore, notBefore + length - 1, notBefore + length, notBefore + length + 1, from];
        for (uint256 i; i < times.length; ++i) {
            vm.warp(times[i]);
            bool inside = times[i] >= notBefore && times[i] < notBefore + length;
            assertEq(consents.isAlive(listingId), inside);
            assertEq(consents.isGiven(listingId, some(3)[2]), inside); // expired counts as withdrawn
            assertTrue(consents.isGated(listingId));
        }
        if (notBefore == from) return;
        vm.warp(notBefore - 1);
        assertFalse(consents.isAlive(listingId));
    }

    function testFuzz_aliveOnlyWhenAllHaveGiven(uint8 count, uint256 first, uint8 quitter) public {
        bytes32[] memory subjects = some(bound(count, 1, 8));
        open(listingId, subjects, false, from, until);
        bool[] memory done = new bool[](subjects.length);
        for (uint256 n; n < subjects.length; ++n) {
            assertFalse(consents.isAlive(listingId));
            uint256 next = uint256(keccak256(abi.encode(first, n))) % subjects.length;
            while (done[next]) next = (next + 1) % subjects.length;
            done[next] = true;
            vm.expectEmit(address(consents));
            emit IConsents.ConsentsGiven(listingId, 1, one(subjects[next]));
            vm.prank(clinic);
            consents.giveConsents(listingId, one(subjects[next]));
            assertEq(consents.rounds(listingId, 1).given, n + 1);
        }
        assertTrue(consents.isAlive(listingId));

        bytes32 gone = subjects[quitter % subjects.length];
        vm.expectEmit(address(consents));
        emit IConsents.ConsentsWithdrawn(listingId, 1, one(gone), clinic);
        vm.startPrank(clinic);
        consents.withdrawConsents(listingId, one(gone));
        assertFalse(consents.isAlive(listingId));
        assertFalse(consents.isGiven(listingId, gone));
        // Nobody makes the round whole again: not by the same subject, not by one more.
        vm.expectRevert(abi.encodeWithSelector(IConsents.ConsentIsWithdrawn.selector, listingId, 1, gone));
        consents.giveConsents(listingId, one(gone));
        vm.expectRevert(abi.encodeWithSelector(IConsents.SubjectExists.selector, listingId, 1, gone));
        consents.addSubjects(listingId, one(gone), true);
        consents.addSubjects(listingId, one(keccak256("somebody else")), true);
        assertFalse(consents.isAlive(listingId));
    }

    function test_addSubjects() public {
        bytes32[] memory more = one(keccak256("late"));
        vm.startPrank(clinic);
        vm.expectRevert(abi.encodeWithSelector(IConsents.RoundUnknown.selector, listingId));
        consents.addSubjects(listingId, more, false);
        consents.openRound(listingId, FORM, from, until, some(2), true);
        vm.expectRevert(abi.encodeWithSelector(IConsents.SubjectExists.selector, listingId, 1, some(2)[0]));
        consents.addSubjects(listingId, some(2), false);
        vm.expectRevert(abi.encodeWithSelector(IConsents.BatchOutOfBounds.selector, 257, 256));
        consents.addSubjects(listingId, some(257), false);
        consents.addSubjects(listingId, one(keccak256("with paper")), true);
        assertTrue(consents.isAlive(listingId));
        vm.expectEmit(address(consents));
        emit IConsents.SubjectsNamed(listingId, 1, more, false);
        consents.addSubjects(listingId, more, false);
        assertFalse(consents.isAlive(listingId));
        assertEq(consents.rounds(listingId, 1).subjectCount, 4);
        assertEq(consents.rounds(listingId, 1).given, 3);
        consents.giveConsents(listingId, more);
        assertTrue(consents.isAlive(listingId));
    }

    function test_giveConsents_refuses() public {
        bytes32[] memory subjects = some(3);
        vm.startPrank(clinic);
        vm.expectRevert(abi.encodeWithSelector(IConsents.RoundUnknown.selector, listingId));
        consents.giveConsents(listingId, subjects);
        consents.openRound(listingId, FORM, from, until, subjects, false);
        vm.expectRevert(abi.encodeWithSelector(IConsents.BatchOutOfBounds.selector, 0, 256));
        consents.giveConsents(listingId, some(0));
        vm.expectRevert(abi.encodeWithSelector(IConsents.BatchOutOfBounds.selector, 257, 256));
        consents.giveConsents(listingId, some(257));
        vm.expectRevert(abi.encodeWithSelector(IConsents.SubjectUnknown.selector, listingId, 1, FORM));
        consents.giveConsents(listingId, one(FORM));
        bytes32[] memory twice = some(2);
        twice[1] = twice[0];
        vm.expectRevert(abi.encodeWithSelector(IConsents.ConsentIsGiven.selector, listingId, 1, twice[0]));
        consents.giveConsents(listingId, twice);
        consents.giveConsents(listingId, one(subjects[0]));
        vm.expectRevert(abi.encodeWithSelector(IConsents.ConsentIsGiven.selector, listingId, 1, subjects[0]));
        consents.giveConsents(listingId, subjects);
        assertEq(consents.rounds(listingId, 1).given, 1);
    }

    function test_withdrawConsents_refusesAndCountsTheGivenOnly() public {
        bytes32[] memory subjects = some(3);
        vm.startPrank(clinic);
        vm.expectRevert(abi.encodeWithSelector(IConsents.RoundUnknown.selector, listingId));
        consents.withdrawConsents(listingId, subjects);
        consents.openRound(listingId, FORM, from, until, subjects, false);
        consents.giveConsents(listingId, one(subjects[0]));
        vm.expectRevert(abi.encodeWithSelector(IConsents.BatchOutOfBounds.selector, 0, 256));
        consents.withdrawConsents(listingId, some(0));
        vm.expectRevert(abi.encodeWithSelector(IConsents.SubjectUnknown.selector, listingId, 1, FORM));
        consents.withdrawConsents(listingId, one(FORM));
        bytes32[] memory twice = some(2);
        twice[1] = twice[0];
        vm.expectRevert(abi.encodeWithSelector(IConsents.ConsentIsWithdrawn.selector, listingId, 1, twice[0]));
        consents.withdrawConsents(listingId, twice);
        consents.withdrawConsents(listingId, some(2)); // one had given, one was only asked
        assertEq(consents.rounds(listingId, 1).given, 0);
        assertEq(consents.rounds(listingId, 1).subjectCount, 3);
        vm.expectRevert(abi.encodeWithSelector(IConsents.ConsentIsWithdrawn.selector, listingId, 1, subjects[1]));
        consents.withdrawConsents(listingId, one(subjects[1]));
    }

    function testFuzz_withdrawOwnConsent(bytes32 salt, bytes32 wrongSalt, address thief, bool given) public {
        vm.assume(salt != wrongSalt && thief != subject);
        bytes32 own = keccak256(abi.encode(subject, salt));
        open(listingId, one(own), given, from, until);
        bytes32 thiefs = keccak256(abi.encode(thief, salt));
        vm.prank(thief);
        vm.expectRevert(abi.encodeWithSelector(IConsents.SubjectUnknown.selector, listingId, 1, thiefs));
        consents.withdrawOwnConsent(listingId, salt);
        bytes32 wrong = keccak256(abi.encode(subject, wrongSalt));
        vm.startPrank(subject);
        vm.expectRevert(abi.encodeWithSelector(IConsents.SubjectUnknown.selector, listingId, 1, wrong));
        consents.withdrawOwnConsent(listingId, wrongSalt);
        vm.expectRevert(abi.encodeWithSelector(IConsents.RoundUnknown.selector, other));
        consents.withdrawOwnConsent(other, salt);
        assertEq(consents.isAlive(listingId), given);

        vm.expectEmit(address(consents));
        emit IConsents.ConsentsWithdrawn(listingId, 1, one(own), subject);
        assertEq(consents.withdrawOwnConsent(listingId, salt), own);
        assertFalse(consents.isAlive(listingId));
        assertEq(consents.rounds(listingId, 1).given, 0);
        vm.expectRevert(abi.encodeWithSelector(IConsents.ConsentIsWithdrawn.selector, listingId, 1, own));
        consents.withdrawOwnConsent(listingId, salt);
    }

    function test_theNewestRoundAloneCounts() public {
        bytes32 own = keccak256(abi.encode(subject, FORM));
        open(listingId, one(own), true, from, until);
        assertTrue(consents.isAlive(listingId));
        open(listingId, some(1), false, from, until);
        assertFalse(consents.isAlive(listingId));
        assertTrue(consents.consentOf(listingId, 1, own) == Consent.GIVEN);
        assertFalse(consents.isGiven(listingId, own));
        vm.prank(subject);
        vm.expectRevert(abi.encodeWithSelector(IConsents.SubjectUnknown.selector, listingId, 2, own));
        consents.withdrawOwnConsent(listingId, FORM);
        open(listingId, one(own), true, from, until); // the same hash may be named in a new round
        assertTrue(consents.isAlive(listingId));
        assertEq(consents.roundOf(listingId), 3);
    }

    function test_withdrawRound() public {
        vm.startPrank(clinic);
        vm.expectRevert(abi.encodeWithSelector(IConsents.RoundUnknown.selector, listingId));
        consents.withdrawRound(listingId);
        bytes32[] memory subjects = one(keccak256(abi.encode(clinic, FORM)));
        consents.openRound(listingId, FORM, from, until, subjects, true);
        vm.expectEmit(address(consents));
        emit IConsents.RoundWithdrawn(listingId, 1, clinic);
        consents.withdrawRound(listingId);
        assertFalse(consents.isAlive(listingId));
        assertFalse(consents.isGiven(listingId, subjects[0]));
        assertEq(consents.rounds(listingId, 1).withdrawnAt, block.timestamp);

        bytes memory over = abi.encodeWithSelector(IConsents.RoundIsWithdrawn.selector, listingId, 1);
        vm.expectRevert(over);
        consents.withdrawRound(listingId);
        vm.expectRevert(over);
        consents.addSubjects(listingId, some(1), true);
        vm.expectRevert(over);
        consents.giveConsents(listingId, some(1));
        vm.expectRevert(over);
        consents.withdrawConsents(listingId, subjects);
        vm.expectRevert(over);
        consents.withdrawOwnConsent(listingId, FORM);
        consents.openRound(listingId, FORM, from, until, subjects, true);
        assertTrue(consents.isAlive(listingId));
    }

    // -------------------------------------------------------------------------------------------------------- who may

    function test_table() public {
        bytes4 refusal = IConsents.NotConsentOperator.selector;
        uint8 keepers = OWNER_ | MANAGER_;
        for (uint256 named; named < 2; ++named) {
            // With the stranger as consent operator he may do all of it but name another one.
            if (named == 1) {
                vm.prank(owner);
                consents.setConsentOperator(listingId, stranger);
                keepers |= STRANGER_;
            }
            bytes memory openAnew = abi.encodeCall(consents.openRound, (listingId, FORM, from, until, some(9), false));
            cell("openRound", openAnew, keepers, refusal);
            open(listingId, some(2), false, from, until);
            cell("addSubjects", abi.encodeCall(consents.addSubjects, (listingId, one(FORM), true)), keepers, refusal);
            cell("giveConsents", abi.encodeCall(consents.giveConsents, (listingId, some(2))), keepers, refusal);
            cell("withdrawConsents", abi.encodeCall(consents.withdrawConsents, (listingId, some(2))), keepers, refusal);
            cell("withdrawRound", abi.encodeCall(consents.withdrawRound, (listingId)), keepers, refusal);
            bytes memory name = abi.encodeCall(consents.setConsentOperator, (listingId, relay));
            cell("setConsentOperator", name, OWNER_ | MANAGER_, IConsents.RoleMissing.selector);
            // Whoever is no subject finds no consent of his own, whatever his role.
            bytes memory own = abi.encodeCall(consents.withdrawOwnConsent, (listingId, FORM));
            cell("withdrawOwnConsent", own, 0, IConsents.SubjectUnknown.selector);
        }
    }

    /// @dev The operator of one listing is a stranger to another one of the same hub.
    function test_aForeignOperatorIsRefused() public {
        open(other, some(1), true, from, until);
        bytes memory refusal = abi.encodeWithSelector(IConsents.NotConsentOperator.selector, other, clinic);
        vm.startPrank(clinic);
        vm.expectRevert(refusal);
        consents.withdrawConsents(other, some(1));
        vm.expectRevert(refusal);
        consents.withdrawRound(other);
        vm.expectRevert(refusal);
        consents.openRound(other, FORM, from, until, some(1), true);
        assertTrue(consents.isAlive(other));
    }

    function test_setConsentOperator() public {
        assertEq(consents.consentOperatorOf(listingId), clinic);
        assertEq(consents.consentOperatorOf(other), address(0));
        vm.expectEmit(address(consents));
        emit IConsents.ConsentOperatorSet(listingId, address(0), 0);
        vm.prank(manager);
        consents.setConsentOperator(listingId, address(0));
        vm.prank(clinic);
        vm.expectRevert(abi.encodeWithSelector(IConsents.NotConsentOperator.selector, listingId, clinic));
        consents.withdrawRound(listingId);
        vm.prank(manager);
        vm.expectRevert(abi.encodeWithSignature("ListingUnknown(uint64)", 9));
        consents.setConsentOperator(9, clinic);
    }

    function test_theOperatorFallsWithTheOwnerWhoNamedHim() public {
        transferHubTo(stranger);
        assertEq(consents.consentOperatorOf(listingId), address(0));
        vm.prank(clinic);
        vm.expectRevert(abi.encodeWithSelector(IConsents.NotConsentOperator.selector, listingId, clinic));
        consents.openRound(listingId, FORM, from, until, some(1), true);
        vm.expectEmit(address(consents));
        emit IConsents.ConsentOperatorSet(listingId, clinic, 1);
        vm.prank(stranger);
        consents.setConsentOperator(listingId, clinic);
        open(listingId, some(1), true, from, until);
    }

    // -------------------------------------------------------------------------------------------------------- helpers

    function cell(string memory name, bytes memory data, uint8 allowed, bytes4 refusal) private {
        row(name, address(consents), 0, data, allowed, refusal);
    }

    function open(uint64 id, bytes32[] memory subjects, bool given, uint40 notBefore, uint40 notAfter) private {
        vm.prank(id == listingId && consents.consentOperatorOf(id) == clinic ? clinic : manager);
        consents.openRound(id, FORM, notBefore, notAfter, subjects, given);
    }

    function one(bytes32 hash) private pure returns (bytes32[] memory subjects) {
        subjects = new bytes32[](1);
        subjects[0] = hash;
    }

    function some(uint256 count) private pure returns (bytes32[] memory subjects) {
        subjects = new bytes32[](count);
        for (uint256 i; i < count; ++i) subjects[i] = keccak256(abi.encode("subject", i));
    }
}

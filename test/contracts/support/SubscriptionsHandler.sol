// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {ISubscriptions} from "../../../contracts/interfaces/ISubscriptions.sol";
import {TestWallet} from "../../../contracts/mocks/HostileAccounts.sol";
import {TestToken} from "../../../contracts/mocks/TestToken.sol";
import {
    CancelNotice,
    Subscription,
    SubscriptionRow,
    SubscriptionTerms
} from "../../../contracts/types/SubscriptionTypes.sol";
import {SubscriptionsFixture} from "./SubscriptionsFixture.sol";
import {SubscriptionsToken} from "./SubscriptionsToken.sol";

/// @notice Plays payers, payees, keepers, thieves and the clock over eight subscriptions, four in the native coin and four in a
/// token, and writes down what each step did. Every step is compared with the slots before it.
contract SubscriptionsHandler is SubscriptionsFixture {
    uint256 public constant COUNT = 8;
    uint96 private constant MOST = 1e24;
    uint256 private constant BEFORE = type(uint40).max;
    bytes32 private constant SALT = "fund salt";

    /// @dev What is known of a subscription apart from its slot.
    struct Ghost {
        uint256 credited; // what arrived at the contract while it was funded
        uint256 refunded; // what its payer got or is owed
        uint256 due; // what had vested when it was looked at last
        uint96 withheldAmount; // of an authorisation that its payer signed and nobody landed
        uint32 withheldStop;
        bytes withheld;
    }

    SubscriptionTerms[] private _terms;
    bytes32[COUNT] private _ids;
    Ghost[COUNT] private _ghosts;
    address[2] private _payees;
    address[2] private _payers;
    TestWallet private _moody; // the second payee: a wallet that sometimes refuses money
    address public bystander = makeAddr("bystander"); // approves everything, signs nothing


    uint256 public calls;
    uint256 public reverts;
    // Broken laws, counted where they would happen; the invariant tests want zeros.
    uint256 public claimedFell;
    uint256 public strangersMoved; // a slot changed that the step was not about
    uint256 public vestedFell;
    uint256 public vestedRaised; // by a top-up
    uint256 public unsignedMoves; // a payer's tokens fell in a step that was not his
    uint256 public strangersDid; // something succeeded that strangers may not do

    constructor() {
        setUp();
        token = TestToken(address(new SubscriptionsToken()));
        _moody = TestWallet(payable(deployCode("TestWallet", abi.encode(payee))));
        _payees = [payee, address(_moody)];
        _payers = [payer, vm.addr(PAYER_KEY + 1)];
        for (uint256 i; i < COUNT; ++i) {
            SubscriptionTerms memory terms = termsIn(i < 4 ? address(0) : address(token));
            (terms.payee, terms.payer, terms.signer) = (_payees[i % 2], _payers[i / 2 % 2], vm.addr(keyOf(i)));
            if (i % 4 == 1) (terms.price, terms.upfront, terms.notice) = (1e6, 0, 30 days);
            if (i % 4 == 2) (terms.price, terms.period, terms.upfront) = (0, 0, 1e6);
            if (i % 4 == 3) (terms.price, terms.period, terms.upfront, terms.notice) = (1e15, 2_592_000, 12_345, 0);
            _terms.push(terms);
            _ids[i] = idOf(terms);
        }
        endow(bystander, address(token), MOST);
        endow(_payers[0], address(token), MOST); // with an allowance
        endow(_payers[1], address(token), MOST);
    }

    // ------------------------------------------------------------------------------------------------------------ steps

    /// @dev By the payer, by a gift, or in a token with the payer's signature by a stranger's hand.
    function fund(uint256 seed, uint96 amount, uint8 kind) external {
        (uint256 i, SubscriptionTerms memory terms) = pickUnpaid(seed);
        if (flatIsPaid(i)) return;
        amount = amountFor(i, amount);
        bool gift = kind % 4 == 0 && time() < slot(i).stop; // only what runs takes gifts
        bool signed_ = kind % 4 == 1 && i >= 4;
        Subscription[] memory before = slots();
        uint256 value = signed_ ? 0 : endow(gift ? stranger : terms.payer, terms.token, amount);
        uint256[2] memory purse = purses();
        uint256 held = balanceOf(address(escrow), terms.token);
        uint96 due = escrow.vested(terms, time());
        if (signed_) fundBy3009(i, terms, amount);
        else fundBy(gift, terms, amount, value);
        _ghosts[i].credited += balanceOf(address(escrow), terms.token) - held;
        // A flat price that is not there yet is due as it comes.
        if (terms.price != 0 && before[i].start != 0 && escrow.vested(terms, time()) != due) ++vestedRaised;
        compare(before, 1 << i);
        comparePurses(purse, gift ? address(0) : terms.payer);
    }

    function fundBy3009(uint256 i, SubscriptionTerms memory terms, uint96 amount) private {
        bytes memory signature = authorisation(i, amount);
        ++calls;
        vm.prank(stranger);
        try escrow.fundWith3009(terms, amount, amount, 0, BEFORE, SALT, signature) {} catch { ++reverts; }
    }

    function fundBy(bool gift, SubscriptionTerms memory terms, uint96 amount, uint256 value) private {
        ++calls;
        vm.prank(gift ? stranger : terms.payer);
        if (gift) try escrow.fundFor{value: value}(terms, amount, amount) {} catch { ++reverts; }
        else try escrow.fund{value: value}(terms, amount, amount) {} catch { ++reverts; }
    }

    /// @dev Signs a top-up that nobody lands in time.
    function withhold(uint256 seed, uint96 amount) external {
        uint256 i = 4 + seed % 4;
        if (flatIsPaid(i)) return;
        amount = amountFor(i, amount);
        Ghost storage ghost = _ghosts[i];
        (ghost.withheldAmount, ghost.withheldStop) = (amount, slot(i).stop);
        ghost.withheld = authorisation(i, amount);
    }

    function claim(uint256 seed, uint8 by, address caller) external {
        (uint256 i, SubscriptionTerms memory terms) = pickKnown(seed);
        address to = by % 5 == 0 ? address(0) : by % 5 == 1 ? makeAddr("till") : terms.payee;
        send(terms, one(terms), by % 2 == 0 ? terms.payee : caller, to, 1 << i);
    }

    /// @dev All subscriptions of one seller and token at once, some twice, some bent.
    function claimBatch(uint256 seed, uint8 by, address caller) external {
        (uint256 i, SubscriptionTerms memory terms) = pickKnown(seed);
        SubscriptionRow[] memory rows = new SubscriptionRow[](4);
        uint256 touched;
        for (uint256 n; n < 4; ++n) {
            uint256 at = (i / 4) * 4 + (i % 2) + 2 * (n % 2); // same token, same payee
            rows[n] = rowOf(_terms[at]);
            uint256 fault = uint256(keccak256(abi.encode(seed, n))) % 6;
            if (fault == 0) rows[n].price += 1;
            else if (fault == 1) rows[n].upfront += 1;
            else touched |= 1 << at;
        }
        send(terms, rows, by % 2 == 0 ? terms.payee : caller, terms.payee, touched);
    }

    /// @dev By payer, signer or somebody with the notice of either, sometimes without the list of relays.
    function cancel(uint256 seed, uint8 by) external {
        (uint256 i, SubscriptionTerms memory terms) = pickKnown(seed);
        if (slot(i).start == 0) return;
        CancelNotice memory notice = noticeOf(terms);
        bytes memory signature = sign(by % 8 < 4 ? keyOf(i) : payersKey(i), escrow.hashCancelNotice(notice));
        address[] memory relays = by % 5 == 0 ? new address[](0) : relayList();
        Subscription[] memory before = slots();
        uint256[2] memory purse = purses();
        uint256 had = wealthOf(terms.payer, terms.token);
        ++calls;
        vm.prank(by % 4 == 0 ? terms.payer : by % 4 == 1 ? terms.signer : stranger);
        if (by % 4 < 2) try escrow.cancel(terms, relays) {} catch { ++reverts; }
        else try escrow.cancelWithNotice(terms, relays, notice, signature) {} catch { ++reverts; }
        _ghosts[i].refunded += wealthOf(terms.payer, terms.token) - had;
        compare(before, 1 << i);
        comparePurses(purse, address(0));
    }

    function end(uint256 seed, uint8 by) external {
        (uint256 i, SubscriptionTerms memory terms) = pickKnown(seed);
        if (slot(i).start == 0) return;
        Subscription[] memory before = slots();
        uint256 had = wealthOf(terms.payer, terms.token);
        ++calls;
        vm.prank(by % 2 == 0 ? terms.payee : stopper);
        try escrow.stop(terms, by % 5 == 0 ? new address[](0) : relayList()) {} catch { ++reverts; }
        _ghosts[i].refunded += wealthOf(terms.payer, terms.token) - had;
        compare(before, 1 << i);
    }

    /// @dev Everything that strangers may try against a subscription or a purse; nothing of it may do anything.
    function interfere(uint256 seed, uint8 how) external {
        (uint256 i, SubscriptionTerms memory terms) = pickKnown(seed);
        Subscription[] memory before = slots();
        uint256[2] memory purse = purses();
        CancelNotice memory notice = noticeOf(terms);
        bytes memory signature = sign(STRANGER_KEY, escrow.hashCancelNotice(notice));
        Ghost memory ghost = _ghosts[i];
        bool stale = ghost.withheldAmount != 0 && ghost.withheldStop != slot(i).stop;
        uint96 tooMuch = uint96(token.balanceOf(stranger)) + 1e9; // so it could only come from somebody else
        bool done;
        uint256 gift = how % 9 == 8 ? endow(stranger, terms.token, 1e9) : 0;
        vm.startPrank(stranger);
        how %= 9;
        if (how == 0) try escrow.cancel(terms, relayList()) { done = true; } catch {}
        if (how == 1) try escrow.stop(terms, relayList()) { done = true; } catch {}
        if (how == 2) try escrow.cancelWithNotice(terms, relayList(), notice, signature) { done = true; } catch {}
        if (how == 3) try escrow.fund(terms, amountFor(i, 0), 0) { done = true; } catch {}
        if (how == 4 && stale) {
            try escrow.fundWith3009(terms, ghost.withheldAmount, 0, 0, BEFORE, SALT, ghost.withheld) { done = true; } catch {}
        }
        if (how == 8 && time() >= slot(i).stop) try escrow.fundFor{value: gift}(terms, 1e9, 0) { done = true; } catch {}
        terms.token = address(token);
        if (how == 5) try escrow.fundFor(terms, tooMuch, 0) { done = true; } catch {}
        terms.payer = bystander; // somebody who approved and signed nothing
        if (how == 6) try escrow.fundFor(terms, tooMuch, 0) { done = true; } catch {}
        if (how == 7) try escrow.fundWith3009(terms, 1e9, 0, 0, BEFORE, SALT, signature) { done = true; } catch {}
        vm.stopPrank();
        if (done) ++strangersDid;
        compare(before, 0);
        comparePurses(purse, address(0));
    }

    function pull(uint256 seed) external {
        address currency = seed % 2 == 0 ? address(0) : address(token);
        address[5] memory holders = [relay, otherRelay, market, payee, address(_moody)];
        address holder = holders[seed / 2 % 5];
        if (escrow.owed(holder, currency) == 0) return;
        if (holder == address(_moody) && _moody.mode() != TestWallet.Mode.HONEST) return;
        Subscription[] memory before = slots();
        ++calls;
        vm.prank(stranger);
        try escrow.pull(holder, currency, holder) {} catch { ++reverts; }
        compare(before, 0);
    }

    function changeMood(bool refuse) external {
        _moody.set(refuse ? TestWallet.Mode.REFUSE : TestWallet.Mode.HONEST);
    }

    /// @dev Often to the last second of somebody's time, or the first after it.
    function pass(uint256 seed, uint40 time_, uint8 kind) external {
        uint32 stop = slot(seed % COUNT).stop;
        if (kind % 3 < 2 && stop > time() && stop < time() + 90 days) vm.warp(stop - kind % 3);
        else vm.warp(time() + bound(time_, 1, 10 days));
    }

    // ---------------------------------------------------------------------------------------------------- for the tests

    function termsAt(uint256 i) external view returns (SubscriptionTerms memory) {
        return _terms[i];
    }

    function list() external view returns (address[] memory) {
        return relayList();
    }

    function slot(uint256 i) public view returns (Subscription memory) {
        return escrow.subscriptions(_ids[i]);
    }

    function flows(uint256 i) external view returns (uint256 credited, uint256 refunded) {
        return (_ghosts[i].credited, _ghosts[i].refunded);
    }

    function contract_() external view returns (ISubscriptions) {
        return escrow;
    }

    function currencyAt(uint256 n) public view returns (address) {
        return n == 0 ? address(0) : address(token);
    }

    function balanceOfEscrow(uint256 n) external view returns (uint256) {
        return balanceOf(address(escrow), currencyAt(n));
    }

    /// @return What is set aside for everybody who could ever be owed anything.
    function owedInAll(uint256 n) external view returns (uint256) {
        address currency = currencyAt(n);
        return escrow.owed(relay, currency) + escrow.owed(otherRelay, currency) + escrow.owed(market, currency)
            + escrow.owed(payee, currency) + escrow.owed(address(_moody), currency)
            + escrow.owed(_payers[0], currency) + escrow.owed(_payers[1], currency);
    }

    /// @return payees What both payees have and are owed. @return relays_ Each relay. @return market_ The market.
    function earned(uint256 n) external returns (uint256 payees, uint256[2] memory relays_, uint256 market_) {
        address currency = currencyAt(n);
        payees = wealthOf(payee, currency) + wealthOf(address(_moody), currency) + wealthOf(makeAddr("till"), currency);
        relays_ = [wealthOf(relay, currency), wealthOf(otherRelay, currency)];
        market_ = wealthOf(market, currency);
    }

    function wealth(address who, address currency) external view returns (uint256) {
        return wealthOf(who, currency);
    }

    function bystandersTokens() external view returns (uint256) {
        return token.balanceOf(bystander);
    }

    function bystandersStart() external pure returns (uint256) {
        return MOST;
    }

    // ----------------------------------------------------------------------------------------------------------- inside

    /// @dev The first from the seed's on that was funded, so that little is asked of nothing.
    function pickKnown(uint256 seed) private view returns (uint256 i, SubscriptionTerms memory terms) {
        i = seed % COUNT;
        for (uint256 n; n < COUNT && slot(i).start == 0; ++n) i = (i + 1) % COUNT;
        terms = _terms[i];
    }

    function pickUnpaid(uint256 seed) private view returns (uint256 i, SubscriptionTerms memory terms) {
        i = seed % COUNT;
        if (flatIsPaid(i)) i = (i + 1) % COUNT;
        terms = _terms[i];
    }

    function flatIsPaid(uint256 i) private view returns (bool) {
        return _terms[i].price == 0 && slot(i).start != 0 && slot(i).deposit >= _terms[i].upfront;
    }

    /// @dev From what buys a second to about three weeks; a flat price often only in part.
    function amountFor(uint256 i, uint96 amount) private view returns (uint96) {
        SubscriptionTerms memory terms = _terms[i];
        if (terms.price == 0) return uint96(bound(amount, 1, terms.upfront));
        uint256 least = terms.price / terms.period + 2;
        uint256 first = slot(i).start == 0 ? terms.upfront : 0;
        return uint96(first + bound(amount, least, least * 1_800_000));
    }

    function authorisation(uint256 i, uint96 amount) private view returns (bytes memory) {
        bytes32 nonce = keccak256(abi.encode(_ids[i], amount, slot(i).stop, SALT));
        return sign(
            payersKey(i),
            SubscriptionsToken(address(token)).hashReceive(_terms[i].payer, address(escrow), amount, BEFORE, nonce)
        );
    }

    function keyOf(uint256 i) private pure returns (uint256) {
        return SIGNER_KEY + i;
    }

    function payersKey(uint256 i) private pure returns (uint256) {
        return PAYER_KEY + i / 2 % 2;
    }

    function time() private view returns (uint40) {
        return uint40(vm.getBlockTimestamp());
    }

    function send(
        SubscriptionTerms memory terms,
        SubscriptionRow[] memory rows,
        address caller,
        address to,
        uint256 touched
    ) private {
        Subscription[] memory before = slots();
        uint256[2] memory purse = purses();
        ++calls;
        vm.prank(caller);
        try escrow.claim(commonOf(terms), rows, to) {} catch { ++reverts; }
        compare(before, touched);
        comparePurses(purse, address(0));
    }

    function slots() private view returns (Subscription[] memory all) {
        all = new Subscription[](COUNT);
        for (uint256 i; i < COUNT; ++i) all[i] = slot(i);
    }

    /// @dev `touched`: subscriptions that the step is about.
    function compare(Subscription[] memory before, uint256 touched) private {
        for (uint256 i; i < COUNT; ++i) {
            Subscription memory now_ = slot(i);
            if (now_.claimed < before[i].claimed) ++claimedFell;
            bool same = keccak256(abi.encode(now_)) == keccak256(abi.encode(before[i]));
            if (touched & (1 << i) == 0 && !same) ++strangersMoved;
            uint256 due = escrow.vested(_terms[i], time());
            if (due < _ghosts[i].due) ++vestedFell;
            _ghosts[i].due = due;
        }
    }

    function purses() private view returns (uint256[2] memory) {
        return [token.balanceOf(_payers[0]), token.balanceOf(_payers[1])];
    }

    function comparePurses(uint256[2] memory before, address actor) private {
        for (uint256 n; n < 2; ++n) {
            if (_payers[n] != actor && token.balanceOf(_payers[n]) < before[n]) ++unsignedMoves;
        }
    }
}

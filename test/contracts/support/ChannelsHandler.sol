// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IChannels} from "../../../contracts/interfaces/IChannels.sol";
import {TestWallet} from "../../../contracts/mocks/HostileAccounts.sol";
import {
    Channel,
    ClaimCommon,
    ClaimRow,
    CloseNotice,
    CloseOffer,
    Terms,
    TickRow,
    Voucher
} from "../../../contracts/types/ChannelTypes.sol";
import {ChannelsFunding} from "./ChannelsFunding.sol";

/// @notice Plays payers, payees, relays, keepers, thieves and the clock over eight channels, four in the native coin and four in
/// a token, and writes down what each step did. Every step is compared with the slots before it. Long, because all steps share
/// one ghost of the market; what needs none of it is in ChannelsShadows.
contract ChannelsHandler is ChannelsFunding {
    uint256 public constant COUNT = 8;
    uint96 private constant MOST = 1e24;

    /// @dev What is known of a channel apart from its slot.
    struct Ghost {
        uint256 credited; // what arrived at the contract while it was funded
        uint256 refunded; // what its payer got or is owed
        uint256 uncut; // relay cuts that fell to the payee because the voucher named no listed relay
        uint256 requestedAt;
        uint256 highest; // total ever signed by its signer, ticks at the index that was revealed
    }

    Terms[] private _terms;
    bytes32[COUNT] private _ids;
    Ghost[COUNT] public ghosts;
    address[2] private _payees;
    address[2] private _payers;
    TestWallet private _moody; // the second payee: a wallet that sometimes refuses money
    address public bystander = makeAddr("bystander"); // approves everything, signs nothing

    uint256 public calls;
    uint256 public reverts;
    // Broken laws, counted where they would happen; the invariant tests want zeros.
    uint256 public claimedFell;
    uint256 public strangersMoved; // a slot changed that the step was not about
    uint256 public clockMoved; // closeAt changed by a step that may not do that
    uint256 public earlyWithdrawals;
    uint256 public unsignedMoves; // a payer's tokens fell in a step that was not his
    uint256 private _authorisations; // the next nonce or salt

    constructor() {
        setUp();
        _moody = new TestWallet(payee);
        _payees = [payee, address(_moody)];
        _payers = [payer, makeAddr("second payer")];
        deployPermit2();
        for (uint256 i; i < COUNT; ++i) {
            Terms memory terms = termsIn(i < 4 ? address(0) : address(token));
            (terms.payee, terms.payer, terms.signer) = (_payees[i % 2], _payers[i / 2 % 2], vm.addr(keyOf(i)));
            terms.challenge = i % 2 == 0 ? 1 hours : 3 days;
            _terms.push(terms);
            _ids[i] = idOf(terms);
        }
        endow(bystander, address(token), MOST);
        endow(_payers[0], address(token), 1);
        endow(_payers[1], address(token), 1);
        allowPermit2(bystander);
        allowPermit2(_payers[0]);
        allowPermit2(_payers[1]);
    }

    // ------------------------------------------------------------------------------------------------------------ steps

    function fund(uint256 seed, uint96 amount, uint8 kind) external {
        (uint256 i, Terms memory terms) = pick(seed);
        amount = uint96(bound(amount, 1, MOST));
        bool gift = kind % 4 == 0 && slot(i).closeAt == 0;
        address giver = gift ? stranger : terms.payer;
        Channel[] memory before = slots();
        uint256 value = endow(giver, terms.token, amount);
        uint256[2] memory purse = purses();
        uint256 held = balanceOf(address(channels), terms.token);
        ++calls;
        vm.prank(giver);
        if (gift) try channels.fundFor{value: value}(terms, amount, amount) {} catch { ++reverts; }
        else try channels.fund{value: value}(terms, amount, amount) {} catch { ++reverts; }
        ghosts[i].credited += balanceOf(address(channels), terms.token) - held;
        compare(before, 1 << i, gift ? 0 : 1 << i);
        if (gift) comparePurses(purse, address(0));
        else comparePurses(purse, terms.payer);
    }

    /// @dev By a signature of the payer, sent by a stranger (EIP-3009, Permit2), or by the payer himself with a permit.
    function fundSigned(uint256 seed, uint96 amount, uint8 kind) external {
        (uint256 i, Terms memory terms) = pick(4 + seed % 4);
        amount = uint96(bound(amount, 1, MOST));
        bool own = kind % 3 == 2;
        if (!own && slot(i).closeAt != 0) return;
        token.mint(terms.payer, amount);
        Channel[] memory before = slots();
        uint256[2] memory purse = purses();
        uint256 held = token.balanceOf(address(channels));
        ++calls;
        if (own) fundByPermit(payerKeyOf(i), terms, amount);
        else if (kind % 3 == 0) fundBy3009(payerKeyOf(i), terms, amount);
        else fundByPermit2(payerKeyOf(i), terms, amount);
        ghosts[i].credited += token.balanceOf(address(channels)) - held;
        compare(before, 1 << i, own ? 1 << i : 0);
        comparePurses(purse, terms.payer);
    }

    /// @dev A chain of at most 32 ticks around what the channel holds, of which some are revealed.
    function claimTicks(uint256 seed, uint96 base, uint96 tickValue, uint8 revealed, uint8 by, address caller) external {
        (uint256 i, Terms memory terms) = pickFull(seed);
        uint16 ticks = uint16(bound(revealed, 0, 32));
        base = uint96(bound(base, slot(i).claimed, uint256(slot(i).deposit) + 1));
        tickValue = uint96(bound(tickValue, 1, (slot(i).deposit - slot(i).claimed) / 16 + 1));
        TickRow memory row = signedTicks(seed, i, base, tickValue, ticks, by);
        note(i, uint256(base) + uint256(ticks) * tickValue);
        sendTicks(i, row, ticks, by % 2 == 0 ? terms.payee : caller, by % 5 == 0 ? address(0) : terms.payee);
    }

    function claim(uint256 seed, uint96 total, uint8 by, address caller) external {
        (uint256 i, Terms memory terms) = pick(seed);
        address carrier = relayBy(by);
        (uint256 key, ClaimRow[] memory rows) = (keyOf(i), new ClaimRow[](1));
        rows[0] = rowBy(key, terms, totalFor(i, total), carrier);
        note(i, rows[0].cumulative);
        address to = by % 5 == 0 ? address(0) : by % 5 == 1 ? makeAddr("till") : terms.payee;
        send(terms, rows, by % 2 == 0 ? terms.payee : caller, to, 1 << i);
    }

    /// @dev All channels of one seller and token at once, with rows that are wrong in changing ways.
    function claimBatch(uint256 seed, uint96[4] calldata totals, uint8 by, address caller) external {
        (uint256 i, Terms memory terms) = pick(seed);
        ClaimRow[] memory rows = new ClaimRow[](4);
        uint256 touched;
        for (uint256 n; n < 4; ++n) {
            uint256 at = (i / 4) * 4 + (i % 2) + 2 * (n % 2); // same token, same payee
            rows[n] = rowBy(keyOf(at), _terms[at], totalFor(at, totals[n]), relayBy(uint8(by + n)));
            note(at, rows[n].cumulative);
            uint256 fault = uint256(keccak256(abi.encode(seed, n))) % 6;
            if (fault == 0) rows[n].cumulative += 1;
            else if (fault == 1) rows[n].vs ^= bytes32(uint256(1));
            else touched |= 1 << at;
        }
        send(terms, rows, by % 2 == 0 ? terms.payee : caller, terms.payee, touched);
    }

    /// @dev A thief signs vouchers himself, or bends good ones.
    function forge(uint256 seed, uint96 total, uint8 how) external {
        (uint256 i, Terms memory terms) = pick(seed);
        ClaimRow[] memory rows = new ClaimRow[](1);
        rows[0] = rowBy(how % 3 == 0 ? STRANGER_KEY : keyOf(i), terms, totalFor(i, total), relay);
        if (how % 3 != 0) note(i, rows[0].cumulative);
        if (how % 3 == 1) rows[0].relay = otherRelay;
        if (how % 3 == 2) rows[0].cumulative += 1;
        send(terms, rows, stranger, stranger, 0);
    }

    function close(uint256 seed, uint96 total, uint96 capture, uint8 by) external {
        (uint256 i, Terms memory terms) = pick(seed);
        if (slot(i).deposit == 0 && slot(i).epoch == 0) return;
        Voucher memory voucher = voucherOf(terms, totalFor(i, total), relayBy(by));
        bytes memory signature = signVoucher(keyOf(i), voucher);
        note(i, voucher.cumulative);
        capture = uint96(bound(capture, 0, voucher.cumulative));
        Channel[] memory before = slots();
        uint256 had = wealthOf(terms.payer, terms.token);
        ++calls;
        if (by % 2 == 0) {
            vm.prank(by % 4 == 0 ? terms.payee : operator);
            try channels.close(terms, relayList(), voucher, signature, capture) {} catch { ++reverts; }
        } else {
            CloseOffer memory offer = offerOf(terms, capture > slot(i).claimed ? capture : slot(i).claimed);
            bytes memory offered = sign(OPERATOR_KEY, channels.hashCloseOffer(offer));
            vm.prank(stranger);
            try channels.closeWithOffer(terms, relayList(), offer, offered, voucher, signature) {}
            catch { ++reverts; }
        }
        ghosts[i].refunded += wealthOf(terms.payer, terms.token) - had;
        noteCut(i, before[i].claimed, voucher.relay);
        compare(before, 1 << i, 1 << i);
    }

    function requestClose(uint256 seed, bool byNotice) external {
        (uint256 i, Terms memory terms) = pick(seed);
        if (slot(i).deposit == slot(i).claimed || slot(i).closeAt != 0) return;
        CloseNotice memory notice = noticeOf(terms);
        bytes memory signature = sign(keyOf(i), channels.hashCloseNotice(notice));
        Channel[] memory before = slots();
        ++calls;
        vm.prank(byNotice ? stranger : terms.payer);
        if (byNotice) try channels.requestCloseWithNotice(terms, notice, signature) {} catch { ++reverts; }
        else try channels.requestClose(terms) {} catch { ++reverts; }
        ghosts[i].requestedAt = vm.getBlockTimestamp();
        compare(before, 1 << i, 1 << i);
    }

    function cancelClose(uint256 seed) external {
        (uint256 i, Terms memory terms) = pickClosing(seed);
        if (slot(i).closeAt == 0) return;
        Channel[] memory before = slots();
        ++calls;
        vm.prank(terms.payer);
        try channels.cancelClose(terms) {} catch { ++reverts; }
        compare(before, 1 << i, 1 << i);
    }

    /// @dev Tried at any time while a close is pending, often in its last second: too early it must fail.
    function withdraw(uint256 seed, address keeper, bool lastSecond) external {
        (uint256 i, Terms memory terms) = pickClosing(seed);
        if (slot(i).closeAt == 0) return;
        uint256 end = ghosts[i].requestedAt + terms.challenge;
        if (lastSecond && vm.getBlockTimestamp() < end) vm.warp(end - 1);
        Channel[] memory before = slots();
        uint256 had = wealthOf(terms.payer, terms.token);
        bool early = vm.getBlockTimestamp() < end;
        ++calls;
        vm.prank(keeper);
        try channels.withdraw(terms) {
            if (early) ++earlyWithdrawals;
        } catch {
            if (!early) ++reverts; // an early one is refused on purpose
        }
        ghosts[i].refunded += wealthOf(terms.payer, terms.token) - had;
        compare(before, 1 << i, 1 << i);
    }

    /// @dev Everything that strangers may try against an exit or a purse; nothing of it may do anything.
    function interfere(uint256 seed, uint8 how) external {
        (uint256 i, Terms memory terms) = pickClosing(seed);
        Channel[] memory before = slots();
        uint256[2] memory purse = purses();
        CloseNotice memory notice = noticeOf(terms);
        bytes memory signature = sign(STRANGER_KEY, channels.hashCloseNotice(notice));
        uint256 value = endow(stranger, terms.token, 1);
        vm.startPrank(stranger);
        how %= 6;
        bool done;
        if (how == 0) try channels.cancelClose(terms) { done = true; } catch { done = false; }
        if (how == 1) try channels.requestClose(terms) { done = true; } catch { done = false; }
        if (how == 2) try channels.requestCloseWithNotice(terms, notice, signature) { done = true; } catch { done = false; }
        if (how == 3) try channels.fund{value: value}(terms, 1, 0) { done = true; } catch { done = false; }
        if (how == 4 && before[i].closeAt != 0) {
            try channels.fundFor{value: value}(terms, 1, 0) { done = true; } catch { done = false; }
        }
        if (how == 5) {
            (terms.payer, terms.token) = (bystander, address(token)); // somebody who approved and signed nothing
            try channels.fund(terms, 1, 0) { done = true; } catch { done = false; }
            uint96 tooMuch = uint96(token.balanceOf(stranger)) + 1; // so it could only come from somebody else
            if (!done) try channels.fundFor(terms, tooMuch, 0) { done = true; } catch { done = false; }
            if (!done) try channels.fundWith3009(terms, 1, 0, 0, FOREVER, "", signature) { done = true; } catch { done = false; }
            if (!done) try channels.fundWithPermit2(terms, 1, 0, 0, FOREVER, signature) { done = true; } catch { done = false; }
            if (!done) try channels.fundWithPermit(terms, 1, 0, FOREVER, 27, "", "") { done = true; } catch { done = false; }
        }
        vm.stopPrank();
        if (done) ++clockMoved;
        compare(before, 0, 0);
        comparePurses(purse, address(0));
    }

    function pull(uint256 seed) external {
        address currency = seed % 2 == 0 ? address(0) : address(token);
        address[5] memory holders = [relay, otherRelay, market, payee, address(_moody)];
        address holder = holders[seed / 2 % 5];
        if (channels.owed(holder, currency) == 0) return;
        if (holder == address(_moody) && _moody.mode() != TestWallet.Mode.HONEST) return;
        Channel[] memory before = slots();
        ++calls;
        vm.prank(stranger);
        try channels.pull(holder, currency, holder) {} catch { ++reverts; }
        compare(before, 0, 0);
    }

    function changeMood(bool refuse) external {
        _moody.set(refuse ? TestWallet.Mode.REFUSE : TestWallet.Mode.HONEST);
    }

    function pass(uint40 time) external {
        vm.warp(vm.getBlockTimestamp() + bound(time, 1, 1 days));
    }

    // ---------------------------------------------------------------------------------------------------- for the tests

    function termsAt(uint256 i) external view returns (Terms memory) {
        return _terms[i];
    }

    function slot(uint256 i) public view returns (Channel memory) {
        return channels.channels(_ids[i]);
    }

    function escrow() external view returns (IChannels) {
        return channels;
    }

    function balanceOfEscrow(address currency) external view returns (uint256) {
        return balanceOf(address(channels), currency);
    }

    function currencies() external view returns (address[2] memory) {
        return [address(0), address(token)];
    }

    /// @return What is set aside for everybody who could ever be owed anything.
    function owedInAll(address currency) external view returns (uint256) {
        return channels.owed(relay, currency) + channels.owed(otherRelay, currency) + channels.owed(market, currency)
            + channels.owed(payee, currency) + channels.owed(address(_moody), currency)
            + channels.owed(_payers[0], currency) + channels.owed(_payers[1], currency);
    }

    /// @return payees What both payees have and are owed. @return relays The relays'. @return market_ The market's.
    function earned(address currency) external returns (uint256 payees, uint256 relays, uint256 market_) {
        payees = wealthOf(payee, currency) + wealthOf(address(_moody), currency) + wealthOf(makeAddr("till"), currency);
        relays = wealthOf(relay, currency) + wealthOf(otherRelay, currency);
        market_ = wealthOf(market, currency);
    }

    function keyOf(uint256 i) public pure returns (uint256) {
        return SIGNER_KEY + i;
    }

    function goodRow(uint256 i, uint96 total) external view returns (ClaimCommon memory, ClaimRow[] memory) {
        return (commonOf(_terms[i]), one(rowBy(keyOf(i), _terms[i], total, relay)));
    }

    function bystandersTokens() external view returns (uint256) {
        return token.balanceOf(bystander);
    }

    function bystandersStart() external pure returns (uint256) {
        return MOST;
    }

    function wealthOf(address who, address currency) public view returns (uint256) {
        return balanceOf(who, currency) + channels.owed(who, currency);
    }

    // ----------------------------------------------------------------------------------------------------------- inside

    function pick(uint256 seed) private view returns (uint256 i, Terms memory terms) {
        i = seed % COUNT;
        terms = _terms[i];
    }

    /// @dev The first closing channel from the seed's on, so that ends of closes are not left to luck.
    function pickClosing(uint256 seed) private view returns (uint256 i, Terms memory terms) {
        i = seed % COUNT;
        for (uint256 n; n < COUNT && slot(i).closeAt == 0; ++n) i = (i + 1) % COUNT;
        terms = _terms[i];
    }

    /// @dev The first channel from the seed's on that has something to claim, if there is one.
    function pickFull(uint256 seed) private view returns (uint256 i, Terms memory terms) {
        i = seed % COUNT;
        for (uint256 n; n < COUNT && slot(i).deposit == slot(i).claimed; ++n) i = (i + 1) % COUNT;
        terms = _terms[i];
    }

    function payerKeyOf(uint256 i) private pure returns (uint256) {
        return i / 2 % 2 == 0 ? PAYER_KEY : uint256(keccak256("second payer"));
    }

    function allowPermit2(address who) private {
        vm.prank(who);
        token.approve(PERMIT2, FOREVER);
    }

    function note(uint256 i, uint256 total) private {
        if (total > ghosts[i].highest) ghosts[i].highest = total;
    }

    /// @dev Around what the channel holds, so that most vouchers pay something and some ask for too much.
    function totalFor(uint256 i, uint96 total) private view returns (uint96) {
        return uint96(bound(total, 0, uint256(slot(i).deposit) * 5 / 4 + 1));
    }

    function relayBy(uint8 by) private view returns (address) {
        return by % 4 == 0 ? otherRelay : by % 4 == 1 ? stranger : relay;
    }

    function fundByPermit(uint256 key, Terms memory terms, uint96 amount) private {
        (uint8 v, bytes32 r, bytes32 s) = signPermit(key, terms, amount, FOREVER);
        vm.prank(terms.payer);
        try channels.fundWithPermit(terms, amount, amount, FOREVER, v, r, s) {} catch { ++reverts; }
        vm.prank(terms.payer);
        token.approve(address(channels), FOREVER); // the permit replaced it
    }

    function fundBy3009(uint256 key, Terms memory terms, uint96 amount) private {
        bytes32 nonce = bytes32(++_authorisations);
        bytes memory signature = sign3009(key, terms, amount, nonce, 0, FOREVER);
        vm.prank(stranger);
        try channels.fundWith3009(terms, amount, amount, 0, FOREVER, nonce, signature) {} catch { ++reverts; }
    }

    function fundByPermit2(uint256 key, Terms memory terms, uint96 amount) private {
        uint256 nonce = ++_authorisations;
        bytes memory signature = signPermit2(key, terms, amount, nonce, FOREVER);
        vm.prank(stranger);
        try channels.fundWithPermit2(terms, amount, amount, bytes32(nonce), FOREVER, signature) {} catch { ++reverts; }
    }

    function signedTicks(uint256 seed, uint256 i, uint96 base, uint96 tickValue, uint16 ticks, uint8 by)
        private
        view
        returns (TickRow memory)
    {
        return tickRowBy(keyOf(i), _terms[i], base, tickValue, 32, ticks, bytes32(seed), relayBy(by));
    }

    function sendTicks(uint256 i, TickRow memory row, uint16 ticks, address caller, address to) private {
        ClaimCommon memory common = commonOf(_terms[i]);
        Channel[] memory before = slots();
        uint256[2] memory purse = purses();
        ++calls;
        vm.prank(caller);
        try channels.claimTicks(common, row, ticks, to) {} catch { ++reverts; }
        noteCut(i, before[i].claimed, row.relay);
        compare(before, 1 << i, 0);
        comparePurses(purse, address(0));
    }

    function send(Terms memory terms, ClaimRow[] memory rows, address caller, address to, uint256 touched) private {
        Channel[] memory before = slots();
        uint256[2] memory purse = purses();
        ++calls;
        vm.prank(caller);
        try channels.claim(commonOf(terms), rows, to) {} catch { ++reverts; }
        // Row by row, as the contract goes: which relay carried which part.
        for (uint256 n; n < rows.length; ++n) {
            for (uint256 i; i < COUNT; ++i) {
                if (touched & (1 << i) == 0 || _terms[i].signer != rows[n].signer || _terms[i].token != terms.token) continue;
                uint96 deposit = before[i].deposit;
                uint96 reached = rows[n].cumulative < deposit ? rows[n].cumulative : deposit;
                if (reached <= before[i].claimed || reached > slot(i).claimed) continue;
                if (!signedBy(i, rows[n])) continue;
                noteCutBetween(i, before[i].claimed, reached, rows[n].relay);
                before[i].claimed = reached;
            }
        }
        compare(before, touched, 0);
        comparePurses(purse, address(0));
    }

    function signedBy(uint256 i, ClaimRow memory row) private view returns (bool) {
        (bytes32 r, bytes32 vs) =
            compact(keyOf(i), channels.hashVoucher(voucherOf(_terms[i], row.cumulative, row.relay)));
        return r == row.r && vs == row.vs;
    }

    function noteCut(uint256 i, uint256 from, address by) private {
        noteCutBetween(i, from, slot(i).claimed, by);
    }

    function noteCutBetween(uint256 i, uint256 from, uint256 to, address by) private {
        if (by != relay && by != otherRelay) ghosts[i].uncut += share(to, RELAY_BPS) - share(from, RELAY_BPS);
    }

    function slots() private view returns (Channel[] memory all) {
        all = new Channel[](COUNT);
        for (uint256 i; i < COUNT; ++i) all[i] = slot(i);
    }

    /// @dev `touched`: channels that the step is about; `mayMove`: those whose clock it may move.
    function compare(Channel[] memory before, uint256 touched, uint256 mayMove) private {
        for (uint256 i; i < COUNT; ++i) {
            Channel memory now_ = slot(i);
            if (now_.claimed < before[i].claimed) ++claimedFell;
            bool same = keccak256(abi.encode(now_)) == keccak256(abi.encode(before[i]));
            if (touched & (1 << i) == 0 && !same) ++strangersMoved;
            if (mayMove & (1 << i) == 0 && now_.closeAt != before[i].closeAt) ++clockMoved;
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

// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {TestWallet} from "../../../contracts/mocks/HostileAccounts.sol";
import {Listing, ListingTerms} from "../../../contracts/types/ListingTypes.sol";
import {SellerFixture} from "./SellerFixture.sol";

/// @dev Plays sellers, buyers, Disputes, thieves and the clock over at most eight listings, and remembers what each version
/// said when it was made or bought and what each bond should be.
contract ListingsHandler is SellerFixture {
    uint64 public constant MOST = 8;

    struct Purchased {
        uint64 listingId;
        uint32 version;
        bytes32 termsHash;
    }

    uint256 public calls;
    uint256 public reverts; // refusals on purpose among them
    uint256 public surprises; // refusals of what is lawful
    uint256 public rewritten; // a revision took the number of a version that was there
    uint256 public oldSales; // purchases of a version that is not the newest, or of other words
    uint256 public unlawfulFalls; // a bond fell though neither a decided dispute nor a close with an ended window took it
    uint256 public thefts;

    /// @dev What every version said when it was made; never written again here.
    mapping(uint64 listingId => mapping(uint32 version => bytes32)) public said;
    mapping(uint64 listingId => uint256) public bondOf;
    mapping(uint64 listingId => uint256) public lockedOf;
    mapping(uint64 listingId => uint40) public closedAt;
    Purchased[] private _purchased;
    TestWallet private _moody;

    constructor() {
        setUp();
        _moody = new TestWallet(owner);
        vm.deal(owner, 1e6 ether);
        vm.deal(manager, 1e6 ether);
        vm.deal(stranger, 1e6 ether);
    }

    // ------------------------------------------------------------------------------------------------------------ steps

    function createListing(uint96 bond, uint256 seed) external {
        if (listings.listingCount() == MOST) return;
        bond = uint96(bound(bond, MINIMUM_BOND, 1 ether));
        ListingTerms memory terms = wordsOf(seed);
        ++calls;
        vm.prank(seed % 2 == 0 ? manager : owner);
        try listings.createListing{value: bond}(hubId, terms, METADATA) returns (uint64 listingId) {
            said[listingId][1] = keccak256(abi.encode(terms));
            bondOf[listingId] = bond;
        } catch { failed(true); }
        compare(0);
    }

    function reviseListing(uint256 which, uint256 seed) external {
        uint64 listingId = pick(which);
        if (listingId == 0) return;
        ListingTerms memory terms = wordsOf(seed);
        ++calls;
        vm.prank(manager);
        try listings.reviseListing(listingId, terms, METADATA) returns (uint32 version) {
            if (said[listingId][version] == 0) said[listingId][version] = keccak256(abi.encode(terms));
            else ++rewritten;
        } catch {
            failed(closedAt[listingId] == 0);
        }
        compare(0);
    }

    function pauseOrResume(uint256 which) external {
        uint64 listingId = pick(which);
        if (listingId == 0 || closedAt[listingId] != 0) return;
        ++calls;
        vm.startPrank(manager);
        if (listings.listing(listingId).paused) try listings.resumeListing(listingId) {} catch { failed(true); }
        else try listings.pauseListing(listingId) {} catch { failed(true); }
        vm.stopPrank();
        compare(0);
    }

    /// @dev Rare, or every campaign would end with eight closed listings.
    function closeListing(uint256 which, uint8 chance) external {
        uint64 listingId = pick(which);
        if (listingId == 0 || closedAt[listingId] != 0 || chance % 4 != 0) return;
        ++calls;
        vm.prank(manager);
        try listings.closeListing(listingId) {
            closedAt[listingId] = uint40(vm.getBlockTimestamp());
        } catch { failed(true); }
        compare(0);
    }

    /// @dev What Grants does with every purchase: the newest version, an older one, or bent words.
    function purchase(uint256 which, uint32 version, uint8 words) external {
        uint64 listingId = pick(which);
        if (listingId == 0) return;
        bool bent = words % 4 == 0;
        Listing memory sold = listings.listing(listingId);
        version = version % 3 == 0 ? uint32(bound(version, 1, sold.version)) : sold.version;
        bytes32 termsHash = bent ? keccak256("other words") : said[listingId][version];
        ++calls;
        try listings.checkSale(listingId, version, termsHash) {
            if (version != sold.version || bent || sold.paused || sold.closedAt != 0) ++oldSales;
            _purchased.push(Purchased(listingId, version, termsHash));
        } catch {
            bool should = version == sold.version && !bent && !sold.paused && sold.closedAt == 0;
            failed(should && bondOf[listingId] >= MINIMUM_BOND);
        }
    }

    function topUp(uint256 which, uint96 amount) external {
        uint64 listingId = pick(which);
        if (listingId == 0 || closedAt[listingId] != 0) return;
        amount = uint96(bound(amount, 1, 1 ether));
        ++calls;
        vm.prank(stranger);
        try listings.topUpBond{value: amount}(listingId) { bondOf[listingId] += amount; } catch { failed(true); }
        compare(0);
    }

    function lock(uint256 which, uint256 amount) external {
        uint64 listingId = pick(which);
        if (listingId == 0) return;
        amount = bound(amount, 0, bondOf[listingId] * 5 / 4); // now and then too much
        bool should = amount + lockedOf[listingId] <= bondOf[listingId];
        ++calls;
        vm.prank(disputes);
        try listings.lockBond(listingId, amount) { lockedOf[listingId] += amount; }
        catch { failed(should); }
        compare(0);
    }

    function release(uint256 which, uint256 amount) external {
        uint64 listingId = pick(which);
        if (listingId == 0) return;
        amount = bound(amount, 0, lockedOf[listingId] * 5 / 4);
        bool should = amount <= lockedOf[listingId];
        ++calls;
        vm.prank(disputes);
        try listings.releaseBond(listingId, amount) { lockedOf[listingId] -= amount; }
        catch { failed(should); }
        compare(0);
    }

    /// @dev A decided dispute. The recipient is sometimes one who refuses the money.
    function draw(uint256 which, uint256 amount, bool refuses) external {
        uint64 listingId = pick(which);
        if (listingId == 0) return;
        amount = bound(amount, 0, lockedOf[listingId] * 5 / 4);
        bool should = amount <= lockedOf[listingId];
        _moody.set(refuses ? TestWallet.Mode.REFUSE : TestWallet.Mode.HONEST);
        uint256 had = address(_moody).balance + listings.owed(address(_moody));
        ++calls;
        vm.prank(disputes);
        try listings.drawBond(listingId, address(_moody), amount) {
            lockedOf[listingId] -= amount;
            bondOf[listingId] -= amount;
            if (address(_moody).balance + listings.owed(address(_moody)) != had + amount) ++unlawfulFalls;
        } catch { failed(should); }
        _moody.set(TestWallet.Mode.HONEST);
        compare(listingId);
    }

    function pull() external {
        if (listings.owed(address(_moody)) == 0) return;
        ++calls;
        vm.prank(stranger);
        try listings.pull(address(_moody), address(_moody)) {} catch { failed(true); }
        compare(0);
    }

    /// @dev Tried at any time, often in the last second of the window, and while something is locked.
    function withdrawBond(uint256 which, bool lastSecond) external {
        uint64 listingId = pickClosed(which);
        if (listingId == 0 || bondOf[listingId] == 0) return;
        uint256 end = uint256(closedAt[listingId]) + DISPUTE_WINDOW;
        if (lastSecond && vm.getBlockTimestamp() < end) vm.warp(end - 1);
        bool should = closedAt[listingId] != 0 && vm.getBlockTimestamp() >= end && lockedOf[listingId] == 0;
        uint256 had = payout.balance;
        ++calls;
        vm.prank(stranger);
        try listings.withdrawBond(listingId) returns (uint256 amount) {
            if (!should || amount != bondOf[listingId] || payout.balance != had + amount) ++unlawfulFalls;
            bondOf[listingId] = 0;
        } catch { failed(should && bondOf[listingId] != 0); }
        compare(listingId);
    }

    /// @dev Everybody but Disputes at the bond functions, strangers at the seller's: nothing of it may work.
    function thieve(uint256 which, uint8 how, uint8 who) external {
        uint64 listingId = pick(which);
        if (listingId == 0) return;
        address[4] memory thieves = [stranger, manager, operator, treasurer];
        address thief = thieves[who % 4];
        bytes[6] memory tries = [
            abi.encodeCall(listings.lockBond, (listingId, 1)),
            abi.encodeCall(listings.releaseBond, (listingId, 0)),
            abi.encodeCall(listings.drawBond, (listingId, thief, 0)),
            abi.encodeCall(listings.reviseListing, (listingId, wordsOf(how), METADATA)),
            abi.encodeCall(listings.closeListing, (listingId)),
            abi.encodeCall(listings.pull, (address(_moody), thief))
        ];
        uint256 n = how % 6;
        if (thief == manager && (n == 3 || n == 4)) return; // his own right
        vm.prank(thief);
        (bool done,) = address(listings).call(tries[n]);
        if (done) ++thefts;
        compare(0);
    }

    function pass(uint40 time) external {
        vm.warp(vm.getBlockTimestamp() + bound(time, 1, 3 days));
    }

    // ---------------------------------------------------------------------------------------------------- for the tests

    function count() external view returns (uint64) {
        return listings.listingCount();
    }

    function listing(uint64 listingId) external view returns (Listing memory) {
        return listings.listing(listingId);
    }

    function termsHashOf(uint64 listingId, uint32 version) external view returns (bytes32) {
        return listings.termsHashOf(listingId, version);
    }

    function purchases() external view returns (Purchased[] memory) {
        return _purchased;
    }

    function held() external view returns (uint256) {
        return address(listings).balance;
    }

    function owed() external view returns (uint256) {
        return listings.owed(address(_moody));
    }

    // ----------------------------------------------------------------------------------------------------------- inside

    function pick(uint256 which) private view returns (uint64) {
        uint64 all = listings.listingCount();
        return all == 0 ? 0 : uint64(which % all) + 1;
    }

    /// @dev The first closed one with a bond from the given one on, so that returns are not left to luck.
    function pickClosed(uint256 which) private view returns (uint64 listingId) {
        listingId = pick(which);
        uint64 all = listings.listingCount();
        for (uint256 n; n < all && (closedAt[listingId] == 0 || bondOf[listingId] == 0); ++n) {
            listingId = listingId % all + 1;
        }
    }

    function wordsOf(uint256 seed) private view returns (ListingTerms memory terms) {
        terms = offer();
        terms.termsHash = keccak256(abi.encode("agreement", seed % 5)); // the same words come back in later versions
        terms.relayBps = uint16(seed % 3_000);
    }

    function failed(bool isSurprise) private {
        ++reverts;
        if (isSurprise) ++surprises;
    }

    /// @dev Only `touched` may have less bond than before the step, and its part is counted by the step itself.
    function compare(uint64 touched) private {
        uint64 all = listings.listingCount();
        for (uint64 i = 1; i <= all; ++i) {
            if (i != touched && listings.listing(i).bond < bondOf[i]) ++unlawfulFalls;
        }
    }
}

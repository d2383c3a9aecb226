// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

// Long because every way to pay and every reason to refuse is tried on one shared order.

import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {MarketFixture} from "./support/MarketFixture.sol";
import {IChannels} from "../../contracts/interfaces/IChannels.sol";
import {IEscrow} from "../../contracts/interfaces/IEscrow.sol";
import {IGrants} from "../../contracts/interfaces/IGrants.sol";
import {IListings} from "../../contracts/interfaces/IListings.sol";
import {FalseToken, FeeToken, ReentrantToken, VoidToken} from "../../contracts/mocks/HostileTokens.sol";
import {TestToken} from "../../contracts/mocks/TestToken.sol";
import {Channel} from "../../contracts/types/ChannelTypes.sol";
import {Funding, Grant, Purchase} from "../../contracts/types/GrantTypes.sol";
import {ListingTerms} from "../../contracts/types/ListingTypes.sol";
import {SubscriptionTerms} from "../../contracts/types/SubscriptionTypes.sol";

/// @dev One of two functions of that name in IGrants.
interface IRevokesWithRefund {
    function revokeGrant(bytes32 grantId, SubscriptionTerms calldata terms, address[] calldata relays) external;
}

// buy
//   metered with ETH -> the channel of the derived terms holds the amount, the grant says what the plan says, nothing stays here
//   metered with a token -> by allowance; by permit; by a permit that landed before; without either -> reverts
//   tokens: fee (what arrived counts), false, no answer, one that calls back
//   metered with NONE -> enough there already; too little; closing
//   less than the entry -> reverts unless the rest is there already
//   free -> a grant whose payment id is the salt; any money -> reverts
//   the wrong caller, value, funding, market, plan, window, keys, attestation, approval -> reverts
//   the listing's version, terms, pause, close, end of sale; payee or operator changed since -> reverts
//   the same purchase twice -> reverts
//   any part of the purchase changed -> another payment id
// check
//   reverts where buy does, else names the same ids
contract GrantsTest is MarketFixture {
    uint64 internal listingId;
    ListingTerms internal terms;

    function setUp() public override {
        super.setUp();
        keep(terms, offer());
        listingId = list(terms);
    }

    function testFuzz_buy_withEth(uint96 amount, uint40 delay, uint40 window, bool hasMarket, bool byByte) public {
        Purchase memory purchase = order(listingId, terms, byByte ? BY_BYTE : BY_MESSAGE);
        purchase.amount = uint96(bound(amount, purchase.amount, 50 ether));
        purchase.minCredited = purchase.amount;
        purchase.notBefore = uint40(block.timestamp) - 10 + uint40(bound(delay, 0, 1000));
        purchase.notAfter = uint40(bound(window, block.timestamp + 991, FOR_EVER));
        if (hasMarket) purchase.market = market;
        bytes32 channelId = channels.channelIdOf(termsOf(purchase));
        bytes32 grantId = grantIdOf(purchase, channelId);
        (bytes32 checkedPayment, bytes32 checkedGrant) = grants.check(purchase);

        expectPurchased(purchase, grantId, channelId);
        assertEq(buy(purchase), grantId);

        assertEq(checkedPayment, channelId);
        assertEq(checkedGrant, grantId);
        assertEq(channels.channels(channelId).deposit, purchase.amount);
        assertEq(address(channels).balance, purchase.amount);
        assertEq(address(grants).balance, 0);
        Grant memory grant = grants.grants(grantId);
        assertEq(grant.rights, terms.plans[purchase.plan].rights);
        assertEq(grant.kind, terms.plans[purchase.plan].kind);
        assertEq(grant.version, 1);
        assertEq(grant.plan, purchase.plan);
        bool isLater = purchase.notBefore > block.timestamp;
        assertEq(grant.notBefore, isLater ? purchase.notBefore : uint40(block.timestamp));
        assertEq(grant.notAfter, purchase.notAfter);
        assertEq(grant.revokedAt, 0);
        assertEq(grant.listingId, listingId);
        assertEq(grant.paymentId, channelId);
        assertEq(grants.paymentOf(grantId), channelId);
        assertEq(grants.isActive(grantId, 1), !isLater);
        assertEq(grants.isActive(listingId, buyer, 1), !isLater);
    }

    function testFuzz_buy_everyPartMakesAnotherPayment(uint256 part) public view {
        Purchase memory purchase = order(listingId, terms, BY_MESSAGE);
        (bytes32 before,) = grants.check(purchase);
        part = bound(part, 0, 5);
        if (part == 0) purchase.buyerSalt = keccak256("other");
        if (part == 1) purchase.signer = stranger;
        if (part == 2) purchase.encryptionKey = keccak256("other");
        if (part == 3) purchase.notBefore = 1;
        if (part == 4) purchase.notAfter += 1;
        if (part == 5) purchase.market = market;
        (bytes32 changed,) = grants.check(purchase);
        assertNotEq(changed, before);
        assertEq(changed, channels.channelIdOf(termsOf(purchase)));
    }

    function testFuzz_buy_free(uint40 window) public {
        Purchase memory purchase = order(listingId, terms, FOR_FREE);
        purchase.notAfter = uint40(block.timestamp) + uint40(bound(window, 1, 30 days));
        bytes32 salt = saltOf(purchase);
        bytes32 grantId = grantIdOf(purchase, salt);
        (bytes32 checkedPayment, bytes32 checkedGrant) = grants.check(purchase);
        assertEq(checkedPayment, salt);
        assertEq(checkedGrant, grantId);
        expectPurchased(purchase, grantId, salt);
        assertEq(buy(purchase), grantId);
        assertTrue(grants.isActive(grantId, 3));
        assertFalse(grants.isActive(grantId, 4));
        vm.warp(purchase.notAfter);
        assertFalse(grants.isActive(grantId, 1));
    }

    function test_buy_free_takesNoMoney() public {
        Purchase memory purchase = order(listingId, terms, FOR_FREE);
        vm.prank(buyer);
        vm.expectRevert(abi.encodeWithSelector(IGrants.WrongValue.selector, 1, 0));
        grants.buy{value: 1}(purchase);
        purchase.amount = 1;
        refused(purchase, abi.encodeWithSelector(IGrants.AmountWithoutFunding.selector, 1));
        purchase.funding = Funding.NATIVE;
        refused(purchase, abi.encodeWithSelector(IGrants.FundingNotForPlan.selector, Funding.NATIVE, 4));
    }

    function testFuzz_buy_enoughIsThereAfterwards(uint96 before, uint96 amount) public {
        Purchase memory purchase = order(listingId, terms, BY_MESSAGE);
        uint96 entry = terms.plans[BY_MESSAGE].entry;
        before = uint96(bound(before, 1, 2 * entry));
        purchase.amount = uint96(bound(amount, 1, 2 * entry));
        bytes32 channelId = channels.channelIdOf(termsOf(purchase));
        vm.deal(stranger, before);
        vm.prank(stranger);
        channels.fundFor{value: before}(termsOf(purchase), before, before);
        uint256 spendable = uint256(before) + purchase.amount;
        if (spendable < entry) {
            refused(purchase, abi.encodeWithSelector(IGrants.EntryNotCovered.selector, channelId, spendable, entry));
            return;
        }
        buy(purchase);
        assertEq(channels.channels(channelId).deposit, spendable);
    }

    function test_buy_withMoneyThatIsThere() public {
        Purchase memory purchase = order(listingId, terms, BY_MESSAGE);
        uint96 entry = purchase.amount;
        bytes32 channelId = channels.channelIdOf(termsOf(purchase));
        purchase.funding = Funding.NONE;
        purchase.amount = 0;
        refused(purchase, abi.encodeWithSelector(IGrants.EntryNotCovered.selector, channelId, 0, entry));
        vm.startPrank(buyer);
        channels.fund{value: entry}(termsOf(purchase), entry, entry);
        uint40 closeAt = channels.requestClose(termsOf(purchase));
        vm.stopPrank();
        refused(purchase, abi.encodeWithSelector(IGrants.ChannelIsClosing.selector, channelId, closeAt));
        vm.prank(buyer);
        channels.cancelClose(termsOf(purchase));
        bytes32 grantId = buy(purchase);
        assertTrue(grants.isActive(grantId, 1));
    }

    function test_buy_refusesAPendingClose() public {
        Purchase memory purchase = order(listingId, terms, BY_MESSAGE);
        bytes32 channelId = channels.channelIdOf(termsOf(purchase));
        vm.startPrank(buyer);
        channels.fund{value: 1}(termsOf(purchase), 1, 1);
        uint40 closeAt = channels.requestClose(termsOf(purchase));
        vm.stopPrank();
        refused(purchase, abi.encodeWithSelector(IChannels.ChannelIsClosing.selector, channelId, closeAt));
    }

    function test_buy_whoAndValue() public {
        Purchase memory purchase = order(listingId, terms, BY_MESSAGE);
        vm.deal(stranger, 1 ether);
        vm.prank(stranger);
        vm.expectRevert(abi.encodeWithSelector(IGrants.NotBuyer.selector, stranger, buyer));
        grants.buy{value: purchase.amount}(purchase);
        vm.startPrank(buyer);
        uint96 amount = purchase.amount;
        vm.expectRevert(abi.encodeWithSelector(IGrants.WrongValue.selector, amount - 1, amount));
        grants.buy{value: amount - 1}(purchase);
        vm.expectRevert(abi.encodeWithSelector(IGrants.WrongValue.selector, amount + 1, amount));
        grants.buy{value: amount + 1}(purchase);
        vm.stopPrank();
        buy(purchase);
        (bytes32 channelId) = channels.channelIdOf(termsOf(purchase));
        bytes32 grantId = grantIdOf(purchase, channelId);
        refused(purchase, abi.encodeWithSelector(IGrants.GrantExists.selector, grantId));
    }

    function test_buy_refusesBadPurchases() public {
        Purchase memory good = order(listingId, terms, BY_MESSAGE);
        Purchase memory bad = copy(good);
        bad.plan = 3;
        bothRefuse(bad, abi.encodeWithSelector(IGrants.PlanUnknown.selector, 3, 3));
        bad = copy(good);
        bad.signer = address(0);
        bothRefuse(bad, abi.encodeWithSelector(IGrants.SignerMissing.selector));
        bad = copy(good);
        bad.encryptionKey = 0;
        bothRefuse(bad, abi.encodeWithSelector(IGrants.EncryptionKeyMissing.selector));
        bad = copy(good);
        bad.market = stranger;
        bothRefuse(bad, abi.encodeWithSelector(IGrants.MarketNotListed.selector, stranger));
        bad = copy(good);
        bad.buyer = address(0);
        vm.expectRevert(IGrants.AccountMissing.selector);
        grants.check(bad);
        for (uint8 funding = 1; funding < 4; funding++) {
            bad = copy(good);
            bad.funding = Funding(funding);
            bothRefuse(bad, abi.encodeWithSelector(IGrants.FundingNotForToken.selector, funding, address(0)));
        }
        bad = copy(good);
        bad.minCredited = bad.amount + 1;
        refused(bad, abi.encodeWithSelector(IEscrow.CreditedTooLittle.selector, bad.amount, bad.minCredited));
    }

    function test_buy_windows() public {
        uint40 time = uint40(block.timestamp);
        Purchase memory bad = order(listingId, terms, FOR_FREE);
        bad.notAfter = time;
        bothRefuse(bad, abi.encodeWithSelector(IGrants.WindowEmpty.selector, 0, time));
        (bad.notBefore, bad.notAfter) = (time + 9, time + 9);
        bothRefuse(bad, abi.encodeWithSelector(IGrants.WindowEmpty.selector, time + 9, time + 9));
        (bad.notBefore, bad.notAfter) = (0, time + 30 days + 1);
        bothRefuse(bad, abi.encodeWithSelector(IGrants.WindowTooLong.selector, 30 days + 1, 30 days));
        bad.notBefore = time + 1;
        bytes32 grantId = buy(bad);
        assertFalse(grants.isActive(grantId, 1));
        vm.warp(time + 1);
        assertTrue(grants.isActive(grantId, 1));
    }

    function test_buy_bindsTheVersion() public {
        Purchase memory purchase = order(listingId, terms, BY_MESSAGE);
        bytes32 listed = keccak256(abi.encode(terms));
        purchase.listing.plans[0].price -= 1;
        bytes32 forged = keccak256(abi.encode(purchase.listing));
        bothRefuse(purchase, abi.encodeWithSelector(IListings.TermsMismatch.selector, forged, listed));

        purchase = order(listingId, terms, BY_MESSAGE);
        bytes32 grantId = buy(purchase);
        terms.plans[0].price += 1;
        terms.plans[0].entry += 512;
        vm.prank(manager);
        listings.reviseListing(listingId, terms, METADATA);
        purchase.buyerSalt = keccak256("again");
        bothRefuse(purchase, abi.encodeWithSelector(IListings.VersionNotForSale.selector, listingId, 1, 2));
        assertEq(grants.grants(grantId).version, 1);
        assertTrue(grants.isActive(grantId, 1));
        purchase = order(listingId, terms, BY_MESSAGE);
        purchase.version = 2;
        assertEq(grants.grants(buy(purchase)).version, 2);
    }

    function test_buy_needsTheSale() public {
        terms.saleUntil = uint40(block.timestamp) + 100;
        uint64 ending = list(terms);
        Purchase memory purchase = order(ending, terms, BY_MESSAGE);
        vm.warp(block.timestamp + 100);
        buy(purchase);
        purchase.buyerSalt = 0;
        vm.warp(block.timestamp + 1);
        bothRefuse(purchase, abi.encodeWithSelector(IGrants.SaleEnded.selector, terms.saleUntil));

        purchase = order(listingId, offer(), BY_MESSAGE);
        vm.prank(manager);
        listings.pauseListing(listingId);
        bothRefuse(purchase, abi.encodeWithSelector(IListings.ListingIsPaused.selector, listingId));
        vm.prank(manager);
        listings.closeListing(listingId);
        bothRefuse(purchase, abi.encodeWithSelector(IListings.ListingIsClosed.selector, listingId));
        purchase.listingId = 99;
        bothRefuse(purchase, abi.encodeWithSelector(IListings.ListingUnknown.selector, 99));
    }

    function test_buy_needsPayeeAndOperatorOfNow() public {
        Purchase memory purchase = order(listingId, terms, BY_MESSAGE);
        vm.prank(owner);
        hubs.setPayout(hubId, stranger);
        bothRefuse(purchase, abi.encodeWithSelector(IGrants.PayeeNotPayout.selector, payout, stranger));
        vm.startPrank(owner);
        hubs.setPayout(hubId, payout);
        hubs.revokePublisherKey(hubId, 0);
        vm.stopPrank();
        bothRefuse(purchase, abi.encodeWithSelector(IGrants.OperatorNotPublisher.selector, hubId, operator));
    }

    // -------------------------------------------------------------------------------------------------------- tokens

    function test_buy_byAllowance() public {
        TestToken token = new TestToken();
        Purchase memory purchase = orderIn(address(token));
        token.mint(buyer, 5 * purchase.amount);
        vm.prank(buyer);
        token.approve(address(grants), purchase.amount);
        vm.prank(buyer);
        vm.expectRevert(abi.encodeWithSelector(IGrants.WrongValue.selector, 1, 0));
        grants.buy{value: 1}(purchase);
        buy(purchase);
        assertEq(token.balanceOf(address(channels)), purchase.amount);
        assertEq(token.balanceOf(address(grants)), 0);
        assertEq(token.allowance(address(grants), address(channels)), 0);
        assertEq(token.balanceOf(buyer), 4 * purchase.amount);
        purchase.buyerSalt = 0;
        vm.prank(buyer);
        vm.expectRevert();
        grants.buy(purchase);
        purchase.funding = Funding.NATIVE;
        bothRefuse(
            purchase, abi.encodeWithSelector(IGrants.FundingNotForToken.selector, Funding.NATIVE, address(token))
        );
    }

    function testFuzz_buy_byPermit(bool isLandedFirst) public {
        TestToken token = new TestToken();
        uint256 key;
        (buyer, key) = (vm.addr(0xb0b), 0xb0b);
        Purchase memory purchase = orderIn(address(token));
        token.mint(buyer, purchase.amount);
        bytes memory permit = permitOf(token, key, purchase.amount);
        purchase.authorization = permit;
        if (isLandedFirst) {
            (uint256 value, uint256 deadline, uint8 v, bytes32 r, bytes32 s) =
                abi.decode(permit, (uint256, uint256, uint8, bytes32, bytes32));
            token.permit(buyer, address(grants), value, deadline, v, r, s);
        }
        bytes32 grantId = buy(purchase);
        assertTrue(grants.isActive(grantId, 1));
        assertEq(token.balanceOf(address(channels)), purchase.amount);
    }

    function test_buy_takesWhatArrived() public {
        FeeToken token = new FeeToken(100);
        Purchase memory purchase = orderIn(address(token));
        uint96 entry = purchase.amount;
        token.mint(buyer, 10 * entry);
        vm.prank(buyer);
        token.approve(address(grants), type(uint256).max);
        uint256 twiceTaxed = uint256(entry) * 99 / 100 * 99 / 100;
        bytes32 channelId = channels.channelIdOf(termsOf(purchase));
        refused(purchase, abi.encodeWithSelector(IGrants.EntryNotCovered.selector, channelId, twiceTaxed, entry));
        purchase.amount = 2 * entry;
        buy(purchase);
        Channel memory channel = channels.channels(channelId);
        assertEq(channel.deposit, token.balanceOf(address(channels)));
        assertEq(token.balanceOf(address(grants)), 0);
    }

    function test_buy_oddTokens() public {
        VoidToken silent = new VoidToken();
        Purchase memory purchase = orderIn(address(silent));
        silent.mint(buyer, purchase.amount);
        vm.prank(buyer);
        silent.approve(address(grants), purchase.amount);
        buy(purchase);
        assertEq(silent.balanceOf(address(channels)), purchase.amount);

        FalseToken liar = new FalseToken();
        purchase = orderIn(address(liar));
        liar.mint(buyer, purchase.amount);
        vm.prank(buyer);
        liar.approve(address(grants), purchase.amount);
        liar.lie(true);
        vm.prank(buyer);
        vm.expectRevert();
        grants.buy(purchase);
    }

    function test_buy_cannotBeReentered() public {
        ReentrantToken token = new ReentrantToken();
        Purchase memory purchase = orderIn(address(token));
        token.mint(buyer, purchase.amount);
        vm.prank(buyer);
        token.approve(address(grants), purchase.amount);
        Purchase memory inner = order(listingId, offer(), FOR_FREE);
        inner.buyer = address(token); // without the guard this call would be a good purchase
        token.arm(address(grants), abi.encodeCall(grants.buy, (inner)));
        buy(purchase);
        assertEq(token.attempts(), 2);
        assertEq(token.successes(), 0);
        token.arm(address(0), "");
        buy(inner);
    }

    /// @dev Every call that moves money or records, from inside the transfers of a purchase.
    function test_buy_theGuardShutsEveryDoor() public {
        ReentrantToken token = new ReentrantToken();
        Purchase memory purchase = orderIn(address(token));
        bytes[7] memory doors = doorsOf(purchase);
        token.mint(buyer, 7 * uint256(purchase.amount));
        vm.prank(buyer);
        token.approve(address(grants), type(uint256).max);
        for (uint256 n; n < 7; ++n) {
            purchase.buyerSalt = bytes32(n);
            purchase.listingId = list(purchase.listing);
            token.arm(address(this), abi.encodeCall(this.knock, (doors[n])));
            buy(purchase);
            assertEq(shut, 2 * (n + 1), vm.toString(n)); // into Grants, and on to the escrow
        }
    }

    uint256 private shut;

    function knock(bytes calldata data) external {
        (, bytes memory answer) = address(grants).call(data);
        if (bytes4(answer) == ReentrancyGuardTransient.ReentrancyGuardReentrantCall.selector) ++shut;
    }

    // ------------------------------------------------------------------------------------------------------- helpers

    function doorsOf(Purchase memory purchase) private view returns (bytes[7] memory doors) {
        SubscriptionTerms memory none;
        doors[0] = abi.encodeCall(IGrants.buy, (purchase));
        doors[1] = abi.encodeCall(IGrants.buyMany, (new Purchase[](0)));
        doors[2] = abi.encodeCall(IGrants.giveGrant, (listingId, buyer, 1, 0, FOR_EVER, 0, keccak256("k")));
        doors[3] = abi.encodeWithSignature("revokeGrant(bytes32)", bytes32(0));
        doors[4] = abi.encodeCall(IRevokesWithRefund.revokeGrant, (0, none, terms.relays));
        doors[5] = abi.encodeCall(IGrants.unblock, (listingId, buyer));
        doors[6] = abi.encodeCall(IGrants.stopSuspended, (0, none, terms.relays));
    }

    function orderIn(address token) internal returns (Purchase memory) {
        ListingTerms memory priced = offer();
        priced.token = token;
        return order(list(priced), priced, BY_MESSAGE);
    }

    function permitOf(TestToken token, uint256 key, uint256 value) internal view returns (bytes memory) {
        uint256 deadline = block.timestamp + 60;
        bytes32 typeHash =
            keccak256("Permit(address owner,address spender,uint256 value,uint256 nonce,uint256 deadline)");
        bytes32 structHash = keccak256(abi.encode(typeHash, buyer, grants, value, token.nonces(buyer), deadline));
        bytes32 digest = keccak256(abi.encodePacked("\x19\x01", token.DOMAIN_SEPARATOR(), structHash));
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(key, digest);
        return abi.encode(value, deadline, v, r, s);
    }

    /// @dev Purchased, written by hand: fourteen arguments are more than the compiler's quick generator can hold.
    function expectPurchased(Purchase memory p, bytes32 grantId, bytes32 paymentId) internal {
        bytes memory data = bytes.concat(
            abi.encode(paymentId, p.version, p.plan, p.listing.plans[p.plan].rights, p.signer, p.encryptionKey),
            abi.encode(p.buyerSalt, p.notBefore, p.notAfter, p.market, p.amount)
        );
        (bytes32 topic, uint256 listing, address by) = (IGrants.Purchased.selector, p.listingId, p.buyer);
        vm.expectEmit(address(grants));
        assembly ("memory-safe") {
            log4(add(data, 0x20), mload(data), topic, grantId, listing, by)
        }
    }
}

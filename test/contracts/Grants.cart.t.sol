// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {MarketFixture} from "./support/MarketFixture.sol";
import {IGrants} from "../../contracts/interfaces/IGrants.sol";
import {IListings} from "../../contracts/interfaces/IListings.sol";
import {TestWallet} from "../../contracts/mocks/HostileAccounts.sol";
import {TestToken} from "../../contracts/mocks/TestToken.sol";
import {Purchase} from "../../contracts/types/GrantTypes.sol";
import {ListingTerms} from "../../contracts/types/ListingTypes.sol";

/// @dev Burns all gas that it gets when it is pulled, or reverts with a very long text.
contract PullBomb {
    bool public immutable isLong;

    constructor(bool isLong_) {
        isLong = isLong_;
    }

    function balanceOf(address) external pure returns (uint256) {
        return 0;
    }

    function transferFrom(address, address, uint256) external view returns (bool) {
        if (!isLong) {
            assembly ("memory-safe") {
                invalid()
            }
        }
        assembly ("memory-safe") {
            revert(0, 1000000)
        }
    }
}

// buyMany
//   any mix of good and bad purchases -> the good ones are recorded, the bad ones named with their reason, the rest comes back once
//   less value than all of them take -> in order until it is used up; nothing of the contract's own or of others is touched
//   a token that burns all gas, or answers at length, or reverts -> the others are bought
//   however many purchases others have recorded -> the same cost
//   too many; somebody else's; too little gas; a caller who takes no money back -> reverts
// buyOne
//   anybody but the contract itself -> reverts
contract GrantsCartTest is MarketFixture {
    ListingTerms internal terms;
    uint96 internal entry;

    function setUp() public override {
        super.setUp();
        keep(terms, offer());
        entry = terms.plans[BY_MESSAGE].entry;
    }

    function testFuzz_buyMany_keepsTheGoodOnes(uint256 bad, uint96 surplus) public {
        Purchase[] memory cart = cartOf(5);
        surplus = uint96(bound(surplus, 0, 1 ether));
        uint256 good = 0;
        for (uint256 i = 0; i < 5; i++) {
            if (bad >> i & 1 == 0) good++;
            else close(cart[i].listingId);
        }
        uint256 had = buyer.balance;
        for (uint256 i = 0; i < 5; i++) {
            if (bad >> i & 1 == 0) continue;
            bytes memory reason = abi.encodeWithSelector(IListings.ListingIsClosed.selector, cart[i].listingId);
            vm.expectEmit(address(grants));
            emit IGrants.PurchaseSkipped(cart[i].listingId, buyer, i, reason);
        }
        vm.prank(buyer);
        assertEq(grants.buyMany{value: 5 * entry + surplus}(cart), good);
        assertEq(had - buyer.balance, good * entry);
        assertEq(address(channels).balance, good * entry);
        assertEq(address(grants).balance, 0);
        for (uint256 i = 0; i < 5; i++) {
            assertEq(grants.isActive(cart[i].listingId, buyer, 1), bad >> i & 1 == 0);
        }
    }

    /// @dev attack #22: the value sent along counts once.
    function testFuzz_buyMany_spendsAtMostTheValue(uint256 value) public {
        Purchase[] memory cart = cartOf(4);
        value = bound(value, 0, 4 * entry);
        uint256 paidFor = value / entry;
        vm.deal(address(this), 1 ether);
        uint256 had = buyer.balance;
        if (paidFor < 4) {
            bytes memory reason = abi.encodeWithSelector(IGrants.WrongValue.selector, value % entry, entry);
            vm.expectEmit(address(grants));
            emit IGrants.PurchaseSkipped(cart[paidFor].listingId, buyer, paidFor, reason);
        }
        vm.prank(buyer);
        assertEq(grants.buyMany{value: value}(cart), paidFor);
        assertEq(had - buyer.balance, paidFor * entry);
    }

    function test_buyMany_mixesTokens() public {
        TestToken token = new TestToken();
        Purchase[] memory cart = new Purchase[](3);
        cart[0] = orderIn(address(token));
        cart[1] = order(list(terms), terms, BY_MESSAGE);
        cart[2] = order(list(terms), terms, FOR_FREE);
        token.mint(buyer, entry);
        vm.startPrank(buyer);
        token.approve(address(grants), entry);
        assertEq(grants.buyMany{value: entry}(cart), 3);
        vm.stopPrank();
        assertEq(token.balanceOf(address(channels)), entry);
    }

    function test_buyMany_survivesHostileTokens() public {
        Purchase[] memory cart = new Purchase[](4);
        cart[0] = orderIn(address(new PullBomb(false)));
        cart[1] = orderIn(address(new PullBomb(true)));
        cart[2] = orderIn(makeAddr("no token at all"));
        cart[3] = order(list(terms), terms, BY_MESSAGE);
        vm.prank(buyer);
        assertEq(grants.buyMany{value: entry}(cart), 1);
        assertTrue(grants.isActive(cart[3].listingId, buyer, 1));
    }

    function test_P5_buyMany_costsTheSameHoweverMuchOthersBought() public {
        uint64[2] memory onSale = [list(terms), list(terms)];
        this.weigh(onSale, makeAddr("first")); // warms up what stays warm
        uint256 alone = this.weigh(onSale, makeAddr("second"));
        for (uint256 n; n < 100; ++n) this.weigh(onSale, address(uint160(0xb0b00000 + n)));
        assertApproxEqRel(this.weigh(onSale, makeAddr("last")), alone, 0.05e18);
    }

    /// @dev Called from outside: in a frame of its own the test's memory costs nothing.
    /// @return used Gas of a cart of two by somebody new.
    function weigh(uint64[2] calldata onSale, address who) external returns (uint256 used) {
        Purchase[] memory cart = new Purchase[](2);
        for (uint256 n; n < 2; ++n) {
            cart[n] = order(onSale[n], terms, BY_MESSAGE);
            cart[n].buyer = who;
        }
        vm.deal(who, 2 * entry);
        vm.prank(who);
        used = gasleft();
        uint256 bought = grants.buyMany{value: 2 * entry}(cart);
        used -= gasleft();
        assertEq(bought, 2);
    }

    function test_buyMany_refusals() public {
        Purchase[] memory cart = cartOf(2);
        cart[1].buyer = stranger;
        vm.prank(buyer);
        vm.expectRevert(abi.encodeWithSelector(IGrants.NotBuyer.selector, buyer, stranger));
        grants.buyMany{value: 2 * entry}(cart);
        vm.prank(buyer);
        vm.expectRevert(abi.encodeWithSelector(IGrants.CartTooLarge.selector, 17, 16));
        grants.buyMany(new Purchase[](17));

        cart = cartOf(1);
        vm.prank(buyer);
        vm.expectRevert(abi.encodeWithSelector(IGrants.NotBuyer.selector, buyer, address(grants)));
        grants.buyOne{value: entry}(cart[0]);

        vm.prank(buyer);
        (bool done,) = address(grants).call{value: entry, gas: 1_000_000}(abi.encodeCall(grants.buyMany, (cart)));
        assertFalse(done);
    }

    function test_buyMany_needsSomebodyWhoTakesTheRest() public {
        TestWallet wallet = new TestWallet(buyer);
        Purchase[] memory cart = cartOf(1);
        cart[0].buyer = address(wallet);
        wallet.set(TestWallet.Mode.REFUSE);
        vm.deal(address(this), 2 * entry);
        vm.expectRevert();
        wallet.execute{value: 2 * entry}(address(grants), 2 * entry, abi.encodeCall(grants.buyMany, (cart)));
        wallet.execute{value: entry}(address(grants), entry, abi.encodeCall(grants.buyMany, (cart)));
        assertTrue(grants.isActive(cart[0].listingId, address(wallet), 1));
    }

    // ------------------------------------------------------------------------------------------------------- helpers

    function cartOf(uint256 count) internal returns (Purchase[] memory cart) {
        cart = new Purchase[](count);
        for (uint256 i = 0; i < count; i++) cart[i] = order(list(terms), terms, BY_MESSAGE);
    }

    function orderIn(address token) internal returns (Purchase memory) {
        ListingTerms memory priced = offer();
        priced.token = token;
        return order(list(priced), priced, BY_MESSAGE);
    }

    function close(uint64 listingId) internal {
        vm.prank(manager);
        listings.closeListing(listingId);
    }
}

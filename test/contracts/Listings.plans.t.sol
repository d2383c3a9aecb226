// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IListings} from "../../contracts/interfaces/IListings.sol";
import {ListingTerms, Plan, PlanKind, Rights} from "../../contracts/types/ListingTypes.sol";
import {SellerFixture} from "./support/SellerFixture.sol";

// plans of a new listing; each rule broken by one, everything else good -> reverts with that rule's name; met exactly -> created
//   every kind: more than eight plans; a kind above FREE; no right or an unknown one; no window
//   message, byte: HISTORY; no price; no unit; promotion above the price; entry below two of the largest segments
//   period: no price; no period; HISTORY without anything upfront; promotion above the price; a unit or an entry
//   flat: nothing upfront; a price or a period; promotion above what is due upfront; a unit or an entry
//   free: price, upfront, entry or promotion
//   period, flat, free: notice shorter than an epoch
contract ListingsPlansTest is SellerFixture {
    function testFuzz_kinds(uint8 kind) public {
        Plan memory plan;
        plan.kind = kind;
        if (kind > PlanKind.FREE) return refusedPlan(plan, IListings.PlanKindUnknown.selector, kind);
        plan = offer().plans[kind == PlanKind.PERIOD ? BY_PERIOD : kind == PlanKind.FLAT ? FLAT : kind];
        assertEq(plan.kind, kind);
        accepted(with(plan));
        plan.kind = PlanKind.FREE + 1;
        refusedPlan(plan, IListings.PlanKindUnknown.selector, 5);
    }

    function testFuzz_rights(uint8 kind, uint8 rights) public {
        Plan memory plan = offer().plans[kind = uint8(bound(kind, 0, 4))];
        plan.rights = rights;
        if (rights == 0 || rights > 7) {
            refusedPlan(plan, IListings.RightsInvalid.selector, rights);
        } else if (kind <= PlanKind.BYTE && rights & Rights.HISTORY != 0) {
            refusedPlan(plan, IListings.HistoryOnMeteredPlan.selector, 0);
        } else {
            accepted(with(plan));
        }
    }

    function testFuzz_historyOfAPeriodPlanIsPaidAtOnce(uint8 rights, uint96 upfront) public {
        Plan memory plan = periodPlan();
        plan.rights = uint8(bound(rights, 1, 7));
        plan.upfront = upfront;
        if (plan.rights & Rights.HISTORY == 0 || upfront != 0) accepted(with(plan));
        plan.upfront = 0;
        if (plan.rights & Rights.HISTORY == 0) accepted(with(plan));
        else refusedPlan(plan, IListings.UpfrontMissing.selector, 0);
        plan.upfront = 1;
        accepted(with(plan));
    }

    function testFuzz_noticeIsAtLeastAnEpoch(uint8 kind, uint40 notice, uint40 epochLength) public {
        kind = uint8(bound(kind, PlanKind.PERIOD, PlanKind.FREE));
        epochLength = uint40(bound(epochLength, 1, type(uint40).max));
        ListingTerms memory terms = with(offer().plans[kind]);
        terms.epochLength = epochLength;
        terms.plans[0].notice = notice;
        bytes4 short = IListings.NoticeTooShort.selector;
        if (notice < epochLength) refused(terms, abi.encodeWithSelector(short, 0, notice, epochLength));
        else accepted(terms);
        terms.plans[0].notice = epochLength;
        accepted(terms);
        terms.plans[0].notice = epochLength - 1;
        refused(terms, abi.encodeWithSelector(short, 0, epochLength - 1, epochLength));
    }

    function testFuzz_promotionIsNoDearerThanThePrice(uint8 kind, uint96 price, uint96 promoPrice) public {
        kind = uint8(bound(kind, 0, PlanKind.FLAT));
        price = uint96(bound(price, 1, type(uint64).max)); // so that an entry can cover it
        Plan memory plan = offer().plans[kind];
        if (kind == PlanKind.FLAT) plan.upfront = price;
        else plan.price = price;
        if (kind <= PlanKind.BYTE) plan.entry = type(uint96).max;
        plan.promoPrice = promoPrice;
        if (promoPrice > price) refusedPlan(plan, IListings.PromotionAbovePrice.selector, 0);
        else accepted(with(plan));
        plan.promoPrice = price;
        accepted(with(plan));
        plan.promoPrice = price + 1;
        refusedPlan(plan, IListings.PromotionAbovePrice.selector, 0);
    }

    function testFuzz_entryCoversTwoLargestSegments(uint96 price, uint64 unit, uint32 most, bool byByte) public {
        price = uint96(bound(price, 1, type(uint96).max >> 22));
        unit = uint64(bound(unit, 1, type(uint64).max));
        most = uint32(bound(most, 1, byByte ? 1 << 20 : 65_536));
        uint256 largest = uint256(price) * most;
        uint96 least = uint96(2 * (largest / unit + (largest % unit == 0 ? 0 : 1)));
        ListingTerms memory terms = with(meteredPlan(byByte ? PlanKind.BYTE : PlanKind.MESSAGE, price, unit, least));
        if (byByte) terms.segment.maxBytes = most;
        else terms.segment.maxMessages = most;
        accepted(terms);
        terms.plans[0].entry = least - 1;
        refused(terms, abi.encodeWithSelector(IListings.EntryTooLow.selector, 0, least - 1, least));
    }

    function test_metered() public {
        for (uint8 kind = PlanKind.MESSAGE; kind <= PlanKind.BYTE; kind++) {
            Plan memory plan = offer().plans[kind];
            plan.price = 0;
            refusedPlan(plan, IListings.PriceMissing.selector, 0);
            plan = offer().plans[kind];
            plan.unit = 0;
            refusedPlan(plan, IListings.UnitMissing.selector, 0);
        }
    }

    function testFuzz_period(uint96 price, uint40 period) public {
        Plan memory plan = periodPlan();
        (plan.price, plan.period) = (price, period);
        if (price != 0 && period != 0) accepted(with(plan));
        plan.price = 0;
        refusedPlan(plan, IListings.PriceMissing.selector, 0);
        (plan.price, plan.period) = (1, 0);
        refusedPlan(plan, IListings.PeriodMissing.selector, 0);
        plan.period = 1;
        accepted(with(plan));
        noMeter(plan);
    }

    function testFuzz_flat(uint96 upfront, uint96 price, uint40 period) public {
        Plan memory plan = flatPlan();
        plan.upfront = upfront;
        if (upfront != 0) accepted(with(plan));
        plan.upfront = 0;
        refusedPlan(plan, IListings.UpfrontMissing.selector, 0);
        plan.upfront = 1;
        accepted(with(plan));
        noMeter(plan);
        (plan.price, plan.period) = (price, period);
        if (price != 0 || period != 0) refusedPlan(plan, IListings.PeriodOnFlatPlan.selector, 0);
        (plan.price, plan.period) = (1, 0);
        refusedPlan(plan, IListings.PeriodOnFlatPlan.selector, 0);
        (plan.price, plan.period) = (0, 1);
        refusedPlan(plan, IListings.PeriodOnFlatPlan.selector, 0);
    }

    function test_free() public {
        for (uint256 field = 0; field < 4; field++) {
            Plan memory plan = freePlan();
            if (field == 0) plan.price = 1;
            if (field == 1) plan.upfront = 1;
            if (field == 2) plan.entry = 1;
            if (field == 3) plan.promoPrice = 1;
            refusedPlan(plan, IListings.PriceOnFreePlan.selector, 0);
        }
    }

    function testFuzz_windowAndNumber(uint8 kind, uint8 at) public {
        ListingTerms memory terms = offer();
        terms.plans = new Plan[](8);
        for (uint256 i = 0; i < 8; i++) terms.plans[i] = offer().plans[(kind + i) % 5];
        accepted(terms);
        at = uint8(bound(at, 0, 7));
        terms.plans[at].maxWindow = 0;
        refused(terms, abi.encodeWithSelector(IListings.WindowMissing.selector, at));
        terms.plans = new Plan[](9);
        refused(terms, abi.encodeWithSelector(IListings.TooManyPlans.selector, 9, 8));
        terms.plans = new Plan[](0);
        accepted(terms);
    }

    /// @dev A revision meets the same rules.
    function test_revisionsToo() public {
        uint64 listingId = list(offer());
        Plan memory plan = flatPlan();
        plan.upfront = 0;
        ListingTerms memory terms = with(plan);
        vm.prank(manager);
        vm.expectRevert(abi.encodeWithSelector(IListings.UpfrontMissing.selector, 0));
        listings.reviseListing(listingId, terms, METADATA);
    }

    // -------------------------------------------------------------------------------------------------------- helpers

    function noMeter(Plan memory plan) private {
        plan.unit = 1;
        refusedPlan(plan, IListings.MeterOnTimePlan.selector, 0);
        (plan.unit, plan.entry) = (0, 1);
        refusedPlan(plan, IListings.MeterOnTimePlan.selector, 0);
        plan.entry = 0;
    }

    function with(Plan memory plan) private view returns (ListingTerms memory terms) {
        terms = offer();
        terms.plans = new Plan[](1);
        terms.plans[0] = plan;
    }

    function refusedPlan(Plan memory plan, bytes4 selector, uint256 value) private {
        refused(with(plan), abi.encodeWithSelector(selector, value));
    }
}

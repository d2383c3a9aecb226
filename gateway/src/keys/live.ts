// Two tables beside the accounts, so that a segment costs the same with one grant and with a hundred thousand: who has the epoch open into
// which it goes, and which plans its epoch's budget has to respect.
import type { Header, Plan } from "@weir/sdk/core";
import type { Account } from "./account.ts";

type Place = Pick<Header, "listingId" | "generation" | "epoch">;

export type Growing = {
  /** The account has opened an epoch that can still grow. */
  add(account: Account, generation: number, epoch: number): void;
  /** The accounts that have this epoch open. It is the newest: what was open before it is over and forgotten. */
  at(place: Place): Iterable<Account>;
};

export function createGrowing(): Growing {
  /** Listing → generation → epoch → accounts. */
  const listings = new Map<bigint, Map<number, Map<number, Set<Account>>>>();
  return {
    add(account, generation, epoch) {
      const generations = listings.get(account.listingId) ?? new Map<number, Map<number, Set<Account>>>();
      listings.set(account.listingId, generations);
      const epochs = generations.get(generation) ?? new Map<number, Set<Account>>();
      generations.set(generation, epochs);
      epochs.set(epoch, (epochs.get(epoch) ?? new Set()).add(account));
    },
    at({ listingId, generation, epoch }) {
      const generations = listings.get(listingId);
      if (!generations) return [];
      for (const older of generations.keys()) if (older < generation) generations.delete(older);
      const epochs = generations.get(generation);
      if (!epochs) return [];
      for (const older of epochs.keys()) if (older < epoch) epochs.delete(older);
      return epochs.get(epoch) ?? [];
    },
  };
}

export type LivePlans = {
  /** Whether the account's plan bounds what an epoch may hold. */
  set(account: Account, live: boolean): void;
  of(listingId: bigint): Plan[];
};

export function createLivePlans(): LivePlans {
  /** Listing → version and plan → whose it is. */
  const listings = new Map<bigint, Map<string, Set<Account>>>();
  return {
    set(account, live) {
      const plans = listings.get(account.listingId) ?? new Map<string, Set<Account>>();
      listings.set(account.listingId, plans);
      const name = `${account.version}/${account.planIndex}`;
      const holders = plans.get(name) ?? new Set();
      if (live) plans.set(name, holders.add(account));
      else if (holders.delete(account) && holders.size === 0) plans.delete(name);
    },
    of(listingId) {
      const plans: Plan[] = [];
      for (const holders of listings.get(listingId)?.values() ?? [])
        for (const { plan } of holders) {
          plans.push(plan);
          break; // the same for all of them
        }
      return plans;
    },
  };
}

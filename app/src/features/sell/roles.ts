import { ROLES } from "@weir/sdk/chain";

/** Roles that an owner can give, by the contract's names. */
export const GIVABLE = ["MANAGER", "TREASURER", "PUBLISHER"] as const;
export type RoleName = keyof typeof ROLES;

export const rolesIn = (bitmap: number): RoleName[] =>
  (Object.keys(ROLES) as RoleName[]).filter((name) => (bitmap & ROLES[name]) !== 0);

export const hasRole = (bitmap: number, name: RoleName): boolean => (bitmap & ROLES[name]) !== 0;

/** What a manager may do, the owner may do, too. */
export const manages = (bitmap: number): boolean => hasRole(bitmap, "MANAGER") || hasRole(bitmap, "OWNER");

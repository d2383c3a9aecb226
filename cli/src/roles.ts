import { ROLES } from "@weir/sdk/chain";
import { InvalidArgumentError } from "commander";

/** Roles that an owner gives, by the words of the command line. */
const GIVEN = { manager: ROLES.MANAGER, treasurer: ROLES.TREASURER, publisher: ROLES.PUBLISHER } as const;

/** `manager,treasurer` or `none` → bitmap. */
export function roles(text: string): number {
  if (text === "none") return 0;
  return text.split(",").reduce((bits, word) => {
    const name = word.trim();
    if (!Object.hasOwn(GIVEN, name))
      throw new InvalidArgumentError(`It is a list of ${Object.keys(GIVEN).join(", ")}, or none.`);
    return bits | GIVEN[name as keyof typeof GIVEN];
  }, 0);
}

/** Bitmap → words. */
export const roleNames = (bits: number): string[] =>
  Object.entries({ owner: ROLES.OWNER, ...GIVEN })
    .filter(([, bit]) => (bits & bit) !== 0)
    .map(([name]) => name);

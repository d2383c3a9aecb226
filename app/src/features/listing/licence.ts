/** What a buyer may do with a listing's data: the flags of the terms on chain, and the text that goes with them. */
import {
  agreementHash,
  agreementText,
  flagNames,
  LICENCE_FLAGS,
  type LicenceFlag,
  ListingFlag,
  USE_FLAGS,
  type UseFlag,
} from "@weir/sdk/core";
import type { ListingDetail } from "@/lib/indexer.ts";

export interface Licence {
  granted: LicenceFlag[];
  withheld: LicenceFlag[];
  /** Whoever shows the data names the seller: a duty, not a right. */
  attribute: boolean;
  uses: UseFlag[];
  safetyCritical: boolean;
  personalData: boolean;
  open: boolean;
  /** The usual licence's name, as the seller writes it, and where it can be read if he gives an address. */
  name: string | undefined;
  link: string | undefined;
  /** The agreement's words, however much there is of them; undefined when the metadata has none. */
  text: string | undefined;
  /** Buying accepts the hash in the terms: `other` is not what is accepted, `own` is, but does not begin with the sentences of the flags. */
  agreement: "standard" | "own" | "other" | "missing";
}

/** A stranger's text: only what leads to a web page becomes a link. */
function linkOf(text: string | undefined): string | undefined {
  if (!text || !URL.canParse(text)) return undefined;
  const { protocol, href } = new URL(text);
  return protocol === "https:" || protocol === "http:" ? href : undefined;
}

export function licenceOf({ terms, metadata, source }: ListingDetail): Licence {
  const flags = Number(terms.flags ?? 0);
  const set = new Set<string>(flagNames(flags));
  const rights = LICENCE_FLAGS.filter((flag) => flag !== "attribute");
  const text = typeof metadata.usageInfo === "string" ? metadata.usageInfo : undefined;
  const name = source.licence || undefined;
  const accepted = text !== undefined && agreementHash(text) === String(terms.termsHash).toLowerCase();
  return {
    granted: rights.filter((flag) => set.has(flag)),
    withheld: rights.filter((flag) => !set.has(flag)),
    attribute: set.has("attribute"),
    uses: USE_FLAGS.filter((flag) => flag !== "safetyCritical" && set.has(flag)),
    safetyCritical: set.has("safetyCritical"),
    personalData: (flags & ListingFlag.personalData) !== 0,
    open: (flags & ListingFlag.open) !== 0,
    name,
    link: linkOf(name),
    text,
    agreement:
      text === undefined
        ? "missing"
        : !accepted
          ? "other"
          : text.startsWith(agreementText(flags))
            ? "standard"
            : "own",
  };
}

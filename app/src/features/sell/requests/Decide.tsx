"use client";

import { approveRequest, declineRequest } from "@weir/sdk/chain";
import { grantsDomain, signable, utf8 } from "@weir/sdk/core";
import { useTranslations } from "next-intl";
import { useState } from "react";
import { signTypedData } from "viem/actions";
import { Button } from "@/components/Button.tsx";
import { SelectField } from "@/components/SelectField.tsx";
import { TextField } from "@/components/TextField.tsx";
import { ActButton } from "../ActButton.tsx";
import type { MyListing } from "../listings/useMyListings.ts";
import { useAct } from "../useAct.ts";
import type { RequestItem } from "./useRequests.ts";

/** The contract's limit, in bytes. */
const MAX_REASON_BYTES = 512;
const DAYS = ["1", "7", "30"] as const;

/** Yes: signed by the manager for this buyer and these terms, then published. No: with a reason that everybody can read. */
export function Decide({ item, listing }: { item: RequestItem; listing: MyListing }) {
  const t = useTranslations("sell.requests");
  const [days, setDays] = useState<string>("7");
  const [declining, setDeclining] = useState(false);
  const [reason, setReason] = useState("");
  const { buyer } = item;
  const { listingId, version } = listing;
  const { termsHash } = listing.terms;
  const approve = useAct(async ({ client, contracts, config }) => {
    const deadline = Math.floor(Date.now() / 1_000) + Number(days) * 86_400;
    const domain = grantsDomain({ chainId: config.chainId, grants: contracts.Grants });
    const message = { listingId, version, buyer, termsHash, deadline };
    const typed = signable(domain, "Approval", message);
    const signature = await signTypedData(client, typed as Parameters<typeof signTypedData>[1]);
    const approval = { manager: client.account.address, deadline, signature };
    return approveRequest(client, { contracts, listingId, version, buyer, termsHash, approval });
  });
  const decline = useAct(({ client, contracts }) =>
    declineRequest(client, { contracts, listingId, buyer, reason: reason.trim() }),
  );
  const length = utf8(reason.trim()).length;
  const problem =
    length > MAX_REASON_BYTES ? t("reasonTooLong", { length, most: MAX_REASON_BYTES }) : undefined;
  if (declining)
    return (
      <div className="grid grid-cols-[minmax(0,1fr)] gap-3">
        <TextField
          rows={2}
          label={t("reason")}
          note={t("reasonNote")}
          value={reason}
          onChange={setReason}
          error={problem}
        />
        <div className="flex flex-wrap items-start gap-2">
          <ActButton
            tone="mark"
            disabled={problem !== undefined}
            run={() => decline.mutate()}
            pending={decline.isPending}
            error={decline.error}
          >
            {t("declineNow")}
          </ActButton>
          <Button tone="quiet" onClick={() => setDeclining(false)}>
            {t("back")}
          </Button>
        </div>
      </div>
    );
  return (
    <div className="flex flex-wrap items-end gap-3">
      <SelectField
        label={t("validFor")}
        value={days}
        onChange={setDays}
        options={DAYS.map((count) => [count, t("days", { count: Number(count) })] as const)}
      />
      <ActButton
        tone="primary"
        run={() => approve.mutate()}
        pending={approve.isPending}
        error={approve.error}
      >
        {t("approve")}
      </ActButton>
      <Button onClick={() => setDeclining(true)}>{t("decline")}</Button>
    </div>
  );
}

"use client";

import { createHub } from "@weir/sdk/chain";
import { deriveNotesKey, hubMetadata, MAX_METADATA_BYTES, metadataBytes } from "@weir/sdk/core";
import { useTranslations } from "next-intl";
import { type FormEvent, useState } from "react";
import { type Address, isAddress } from "viem";
import { useConnection } from "wagmi";
import { Button } from "@/components/Button.tsx";
import { ErrorNotice } from "@/components/ErrorNotice.tsx";
import { TextField } from "@/components/TextField.tsx";
import { KeyBackup } from "@/features/wallet/KeyBackup.tsx";
import { useAccountSecret } from "@/features/wallet/useAccountSecret.ts";
import { useAct } from "../useAct.ts";
import { useView } from "../useView.ts";

const MAX_NAME_CHARS = 120;

/** The first thing a seller does. The notes key comes from the wallet, so there is nothing to keep. */
export function CreateHub({ first }: { first: boolean }) {
  const t = useTranslations("sell.create");
  const { address } = useConnection();
  const { go } = useView();
  const { getSecret, backupRequest } = useAccountSecret();
  const [name, setName] = useState("");
  const [description, setDescription] = useState("");
  const [payout, setPayout] = useState<string>(address ?? "");
  const [tried, setTried] = useState(false);
  const [signing, setSigning] = useState<"keys" | "keysAgain" | "transaction">();

  const metadata = hubMetadata({ name: name.trim(), description: description.trim() });
  const problems = {
    name: name.trim() === "" ? t("nameMissing") : undefined,
    description: metadataBytes(metadata) > MAX_METADATA_BYTES ? t("tooLong") : undefined,
    payout:
      isAddress(payout, { strict: false }) && !/^0x0{40}$/.test(payout) ? undefined : t("payoutInvalid"),
  };
  const faulty = Object.values(problems).some((problem) => problem !== undefined);

  const create = useAct(async ({ client, contracts }) => {
    setSigning("keys");
    const secret = await getSecret(0, (round) => setSigning(round === 1 ? "keys" : "keysAgain"));
    const { encryptionKey } = deriveNotesKey(secret);
    setSigning("transaction");
    return createHub(client, { contracts, metadata, payout: payout as Address, encryptionKey });
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setTried(true);
    if (faulty) return;
    create.mutate(undefined, {
      onSuccess: ({ hubId }) => go({ hub: String(hubId) }),
      onSettled: () => setSigning(undefined),
    });
  };
  const shown = (problem: string | undefined) => (tried ? problem : undefined);
  return (
    <section className="grid gap-6 lg:grid-cols-[minmax(0,1fr)_minmax(16rem,24rem)]">
      <form noValidate onSubmit={submit} className="sheet grid content-start gap-5 p-5 sm:p-7">
        <div>
          <h2 className="text-xl">{first ? t("first") : t("another")}</h2>
          <p className="mt-1 max-w-[var(--measure)] text-sm text-soft">{t("what")}</p>
        </div>
        <TextField
          label={t("name")}
          note={t("nameNote")}
          value={name}
          onChange={setName}
          maxLength={MAX_NAME_CHARS}
          error={shown(problems.name)}
        />
        <TextField
          label={t("description")}
          note={t("descriptionNote")}
          rows={3}
          value={description}
          onChange={setDescription}
          error={shown(problems.description)}
        />
        <TextField
          mono
          label={t("payout")}
          note={t("payoutNote")}
          value={payout}
          onChange={setPayout}
          error={shown(problems.payout)}
        />
        <div className="flex flex-wrap gap-3">
          <Button type="submit" tone="primary" disabled={create.isPending} aria-busy={create.isPending}>
            {signing ? t(`signing.${signing}`) : t("create")}
          </Button>
          {first ? null : (
            <Button tone="quiet" onClick={() => go({})}>
              {t("cancel")}
            </Button>
          )}
        </div>
        <ErrorNotice error={create.error ?? undefined} />
      </form>
      <aside className="grid content-start gap-4 text-sm text-soft">
        <h3 className="text-base text-ink">{t("aboutKeys")}</h3>
        <p>{t("keysNote")}</p>
        <h3 className="text-base text-ink">{t("next")}</h3>
        <ol className="grid list-decimal gap-1 pl-5">
          {(["gateway", "devices", "listing"] as const).map((step) => (
            <li key={step}>{t(`steps.${step}`)}</li>
          ))}
        </ol>
      </aside>
      <KeyBackup request={backupRequest} />
    </section>
  );
}

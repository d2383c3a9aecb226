"use client";

import { useTranslations } from "next-intl";
import { type FormEvent, useId, useState } from "react";
import { useConnection } from "wagmi";
import { Button } from "@/components/Button.tsx";
import { Dialog } from "@/components/Dialog.tsx";
import { ErrorNotice } from "@/components/ErrorNotice.tsx";
import { useWeirConfig } from "@/features/shell/ConfigProvider.tsx";
import { download } from "@/lib/download.ts";
import { decryptBackup, encryptBackup, MIN_PASSWORD_LENGTH } from "@/lib/keyBackup.ts";
import type { BackupRequest } from "./useAccountSecret.ts";

/** The person closed the question instead of answering it. */
class BackupDeclined extends Error {
  override readonly name = "UserRejected";
  constructor() {
    super("no backup was made, so no keys were made");
  }
}

/** For wallets that sign differently each time: random keys, kept here and in an encrypted file. */
export function KeyBackup({ request }: { request: BackupRequest | undefined }) {
  const t = useTranslations("keys");
  const { chainId } = useWeirConfig();
  const { address } = useConnection();
  const id = useId();
  const [password, setPassword] = useState("");
  const [file, setFile] = useState<File>();
  const [error, setError] = useState<unknown>();
  const [busy, setBusy] = useState(false);
  if (!request || !address) return null;

  const submit = async (event: FormEvent) => {
    event.preventDefault();
    setBusy(true);
    setError(undefined);
    try {
      const { rotation } = request;
      const owner = { chainId, account: address, rotation };
      if (file) return request.resolve(await decryptBackup(await file.text(), password, owner));
      const secret = crypto.getRandomValues(new Uint8Array(32));
      const backup = new Blob([await encryptBackup(secret, password, owner)], { type: "application/json" });
      download(backup, `weir-keys-${address.slice(0, 8)}${rotation ? `-${rotation}` : ""}.json`);
      request.resolve(secret);
    } catch (cause) {
      setError(cause);
    } finally {
      setBusy(false);
    }
  };

  return (
    <Dialog
      open
      locked
      onClose={() => request.reject(new BackupDeclined())}
      title={t("title")}
      description={t("why")}
    >
      <form onSubmit={submit} className="grid gap-4">
        {/* Password managers file a password under a name. */}
        <input type="text" hidden readOnly autoComplete="username" value={address} />
        <div className="grid gap-1">
          <label htmlFor={`${id}-password`} className="font-semibold">
            {t("password")}
          </label>
          <input
            id={`${id}-password`}
            type="password"
            required
            autoComplete="new-password"
            minLength={MIN_PASSWORD_LENGTH}
            value={password}
            onChange={(event) => setPassword(event.target.value)}
            className="min-h-[var(--tap)] rounded-md border border-line-strong bg-paper px-3"
          />
          <span className="text-sm text-soft">{t("passwordNote", { count: MIN_PASSWORD_LENGTH })}</span>
        </div>
        <div className="grid gap-1">
          <label htmlFor={`${id}-file`} className="font-semibold">
            {t("restore")}
          </label>
          <input
            id={`${id}-file`}
            type="file"
            accept="application/json"
            onChange={(event) => setFile(event.target.files?.[0])}
          />
          <span className="text-sm text-soft">{t("restoreNote")}</span>
        </div>
        <ErrorNotice error={error} />
        <Button type="submit" tone="primary" disabled={busy}>
          {file ? t("restoreNow") : t("makeNow")}
        </Button>
      </form>
    </Dialog>
  );
}

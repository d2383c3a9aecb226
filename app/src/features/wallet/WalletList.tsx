"use client";

import { useTranslations } from "next-intl";
import { type Connector, useConnect, useConnectors } from "wagmi";
import { ErrorNotice } from "@/components/ErrorNotice.tsx";
import { useWeirConfig } from "@/features/shell/ConfigProvider.tsx";

function WalletRow({ connector, busy, onPick }: { connector: Connector; busy: boolean; onPick: () => void }) {
  const t = useTranslations("wallet");
  const test = connector.type === "testWallet";
  return (
    <li>
      <button
        type="button"
        onClick={onPick}
        aria-busy={busy}
        className="flex w-full items-center gap-4 rounded-md border border-line-strong bg-surface p-3.5 text-left hover:border-water hover:bg-water-wash"
      >
        {connector.icon ? (
          // biome-ignore lint/performance/noImgElement: a data: URI announced by the wallet; there is nothing to optimise
          <img src={connector.icon} alt="" className="size-9 rounded-md" />
        ) : (
          <span
            aria-hidden="true"
            className="grid size-9 place-items-center rounded-md bg-water font-bold text-on-water"
          >
            {test ? "T" : connector.name.slice(0, 1)}
          </span>
        )}
        <span className="min-w-0">
          <span className="block font-semibold">{test ? t("testWallet") : connector.name}</span>
          <span className="block text-sm text-soft">
            {busy
              ? t("confirmInWallet")
              : test
                ? t("testWalletNote", { label: connector.name })
                : t("discovered")}
          </span>
        </span>
      </button>
    </li>
  );
}

/** Wallets that announced themselves (EIP-6963), and on the local chain the built-in one. */
export function WalletList({ onDone }: { onDone: () => void }) {
  const t = useTranslations("wallet");
  const { chainId } = useWeirConfig();
  const connectors = useConnectors();
  const connect = useConnect();
  const pick = (connector: Connector) => {
    // The chain is asked for afterwards: a wallet that does not know it yet must still be able to connect.
    const choice = { connector, ...(connector.type === "testWallet" ? { chainId } : {}) };
    // This list is gone the moment the wallet is connected, so only the promise lives long enough to say so. A
    // refusal is shown below, from connect.error.
    connect.mutateAsync(choice).then(onDone, () => undefined);
  };
  const pending = connect.isPending ? connect.variables?.connector : undefined;
  return (
    <div className="grid gap-4">
      {connectors.length > 0 ? (
        <ul className="grid gap-2.5">
          {connectors.map((connector) => (
            <WalletRow
              key={connector.uid}
              connector={connector}
              busy={pending === connector}
              onPick={() => pick(connector)}
            />
          ))}
        </ul>
      ) : (
        <p className="rounded-md bg-sunk p-4">{t("none")}</p>
      )}
      <ErrorNotice error={connect.error ?? undefined} />
      <p className="text-sm text-soft">{t("browseWithout")}</p>
    </div>
  );
}

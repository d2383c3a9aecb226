"use client";

import { useTranslations } from "next-intl";

/** "Connect wallet"; the second word gives way on a phone, for the eye only. */
export function ConnectLabel() {
  const t = useTranslations("wallet");
  return (
    <>
      <span aria-hidden="true" className="sm:hidden">
        {t("connectShort")}
      </span>
      <span className="max-sm:sr">{t("connect")}</span>
    </>
  );
}

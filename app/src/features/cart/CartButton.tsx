"use client";

import dynamic from "next/dynamic";
import { useTranslations } from "next-intl";
import { useState } from "react";
import { Button } from "@/components/Button.tsx";
import { useConfigState } from "@/features/shell/ConfigProvider.tsx";
import { useCart } from "@/lib/cart.ts";

const CartDialog = dynamic(() => import("./CartDialog.tsx"), { ssr: false });

/** Only there when something is in the cart; its code is loaded when it is opened. */
export function CartButton() {
  const t = useTranslations("cart");
  const { config } = useConfigState();
  const items = useCart();
  const [open, setOpen] = useState(false);
  if (!config || (items.length === 0 && !open)) return null;
  return (
    <>
      <Button tone="quiet" className="figure px-2.5 text-sm" onClick={() => setOpen(true)}>
        <span className="max-sm:sr">{t("title")}</span>
        <span className="rounded-sm bg-water px-1.5 text-on-water">{items.length}</span>
      </Button>
      {open ? <CartDialog onClose={() => setOpen(false)} /> : null}
    </>
  );
}

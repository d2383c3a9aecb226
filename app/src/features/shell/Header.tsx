"use client";

import Link from "next/link";
import { usePathname } from "next/navigation";
import { useTranslations } from "next-intl";
import { CartButton } from "@/features/cart/CartButton.tsx";
import { WalletSlot } from "@/features/wallet/WalletSlot.tsx";
import { Logo } from "./Logo.tsx";
import { ThemeToggle } from "./ThemeToggle.tsx";

function NavLink({ href, wide = false, children }: { href: string; wide?: boolean; children: string }) {
  const here = usePathname() === href;
  return (
    <Link
      href={href}
      prefetch={false}
      aria-current={here ? "page" : undefined}
      className={`${wide ? "hidden lg:inline-flex" : "inline-flex"} min-h-11 items-center border-b-2 px-1 text-sm font-semibold ${
        here ? "border-water text-ink" : "border-transparent text-soft hover:text-ink"
      }`}
    >
      {children}
    </Link>
  );
}

export function Header() {
  const t = useTranslations("shell");
  return (
    <header className="sticky top-0 z-30 border-b border-line bg-paper">
      <div className="page flex min-h-14 flex-wrap items-center gap-x-2.5 gap-y-0 sm:gap-x-5">
        <Link
          href="/"
          prefetch={false}
          className="flex min-h-11 items-center gap-2.5 text-lg font-bold tracking-tight"
          aria-label={t("home")}
        >
          <Logo />
          <span className="hidden sm:inline">Weir</span>
        </Link>
        <nav aria-label={t("mainNav")} className="flex items-center gap-2 sm:gap-4">
          <NavLink href="/">{t("nav.market")}</NavLink>
          <NavLink href="/purchases">{t("nav.purchases")}</NavLink>
          <NavLink href="/sell">{t("nav.sell")}</NavLink>
          <NavLink href="/operate" wide>
            {t("nav.operate")}
          </NavLink>
          <NavLink href="/verify" wide>
            {t("nav.verify")}
          </NavLink>
        </nav>
        <div className="ml-auto flex items-center sm:gap-1">
          <CartButton />
          <ThemeToggle />
          <WalletSlot />
        </div>
      </div>
    </header>
  );
}

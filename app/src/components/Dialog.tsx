"use client";

import { useTranslations } from "next-intl";
import { Dialog as Radix } from "radix-ui";
import type { ReactNode } from "react";

/** Our one dialog: a sheet over the page, from the bottom on a phone; focus stays inside and returns. */
export function Dialog({
  open,
  onClose,
  title,
  description,
  locked = false,
  children,
}: {
  open: boolean;
  onClose: () => void;
  title: string;
  description?: string;
  /** While money moves: a click beside the dialog must not lose sight of it. */
  locked?: boolean;
  children: ReactNode;
}) {
  const t = useTranslations("shell");
  const hold = (event: Event) => {
    if (locked) event.preventDefault();
  };
  return (
    <Radix.Root open={open} onOpenChange={(next) => !next && onClose()}>
      <Radix.Portal>
        <Radix.Overlay className="fixed inset-0 z-40 bg-scrim" />
        <Radix.Content
          onPointerDownOutside={hold}
          onEscapeKeyDown={hold}
          {...(description ? {} : { "aria-describedby": undefined })}
          className="fixed inset-x-0 bottom-0 z-50 max-h-[92dvh] overflow-y-auto rounded-t-lg border border-line bg-surface p-5 shadow-lg sm:inset-x-auto sm:bottom-auto sm:left-1/2 sm:top-1/2 sm:w-[min(38rem,92vw)] sm:-translate-x-1/2 sm:-translate-y-1/2 sm:rounded-lg sm:p-7"
        >
          <div className="mb-4 flex items-start justify-between gap-4">
            <div>
              <Radix.Title className="text-xl">{title}</Radix.Title>
              {description ? (
                <Radix.Description className="mt-1 text-sm text-soft">{description}</Radix.Description>
              ) : null}
            </div>
            <Radix.Close
              className="-mr-2 -mt-2 grid size-11 shrink-0 place-items-center rounded-md text-xl text-soft hover:bg-sunk hover:text-ink"
              aria-label={t("close")}
            >
              <span aria-hidden="true">×</span>
            </Radix.Close>
          </div>
          {children}
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}

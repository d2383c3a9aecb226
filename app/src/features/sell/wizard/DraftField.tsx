"use client";

import type { ComponentProps } from "react";
import { TextField } from "@/components/TextField.tsx";
import { useWizard } from "./context.ts";
import type { Draft } from "./draft.ts";

type TextKey = { [K in keyof Draft]: Draft[K] extends string ? K : never }[keyof Draft];

/** A text field of the draft: its value, and what is wrong with it. */
export function DraftField({
  name,
  ...rest
}: { name: TextKey } & Omit<ComponentProps<typeof TextField>, "value" | "onChange" | "error">) {
  const { draft, set, problem } = useWizard();
  return (
    <TextField
      {...rest}
      value={draft[name] as string}
      onChange={(value) => set(name, value as Draft[typeof name])}
      error={problem(name)}
    />
  );
}

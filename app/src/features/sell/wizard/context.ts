"use client";

import { createContext, useContext } from "react";
import type { HubDetail } from "../useHub.ts";
import type { Draft, FieldDraft, PlanDraft } from "./draft.ts";
import type { ReadDraft } from "./readDraft.ts";

export interface WizardState {
  hub: HubDetail;
  draft: Draft;
  read: ReadDraft;
  set: <K extends keyof Draft>(key: K, value: Draft[K]) => void;
  setField: (id: string, part: Partial<FieldDraft>) => void;
  setPlan: (id: string, part: Partial<PlanDraft>) => void;
  /** The sentence of what is wrong with a field, once its step was tried. */
  problem: (field: string) => string | undefined;
}

export const WizardContext = createContext<WizardState | undefined>(undefined);

export function useWizard(): WizardState {
  const state = useContext(WizardContext);
  if (!state) throw new Error("useWizard outside <Wizard>");
  return state;
}

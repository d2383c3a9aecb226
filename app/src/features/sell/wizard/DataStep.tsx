"use client";

import { useTranslations } from "next-intl";
import { Button } from "@/components/Button.tsx";
import { CheckField } from "@/components/CheckField.tsx";
import { SelectField } from "@/components/SelectField.tsx";
import { TextField } from "@/components/TextField.tsx";
import { useWizard } from "./context.ts";
import { DraftField } from "./DraftField.tsx";
import { type FieldDraft, newField } from "./draft.ts";
import { Group } from "./Group.tsx";
import { MAX_FIELDS } from "./rules.ts";

/** Common units, offered while typing; any other may be written. */
const UNITS = [
  "°C",
  "%",
  "hPa",
  "m/s",
  "mm",
  "m",
  "km/h",
  "kW",
  "kWh",
  "V",
  "A",
  "Hz",
  "ppm",
  "µg/m³",
  "dB",
  "lx",
  "MiB",
  "kB/s",
];
const TYPES = ["number", "string", "boolean"] as const;

export function DataStep() {
  const t = useTranslations("sell.wizard");
  const { draft, set, hub, problem } = useWizard();
  const live = hub.devices.filter((device) => device.revokedAt === 0);
  const toggle = (name: string) =>
    set(
      "devices",
      draft.devices.includes(name)
        ? draft.devices.filter((other) => other !== name)
        : [...draft.devices, name],
    );
  return (
    <>
      <Group title={t("groups.schema")} note={t("groups.schemaNote")} columns={1}>
        <datalist id="sell-units">
          {UNITS.map((unit) => (
            <option key={unit} value={unit} />
          ))}
        </datalist>
        <ol className="grid gap-3">
          {draft.fields.map((field, index) => (
            <FieldRow key={field.id} field={field} number={index + 1} />
          ))}
        </ol>
        {problem("fields") ? <p className="text-xs font-semibold text-mark">{problem("fields")}</p> : null}
        <div className="flex flex-wrap items-end gap-4">
          <Button
            disabled={draft.fields.length >= MAX_FIELDS}
            onClick={() => set("fields", [...draft.fields, newField()])}
          >
            {t("addField")}
          </Button>
          <SelectField
            className="min-w-48"
            label={t("timeField")}
            value={draft.timeField}
            onChange={(id) => set("timeField", id)}
            options={[
              ["", t("noTimeField")],
              ...draft.fields
                .filter((field) => field.name.trim() !== "")
                .map((field) => [field.id, field.name] as const),
            ]}
          />
        </div>
      </Group>
      <Group title={t("groups.feed")} note={t("groups.feedNote")} columns={1}>
        <CheckField
          label={t("wholeHub")}
          note={t("wholeHubNote")}
          checked={draft.wholeHub}
          onChange={(value) => set("wholeHub", value)}
        />
        {draft.wholeHub ? null : live.length === 0 ? (
          <p className="text-sm text-amber">{t("noDevices")}</p>
        ) : (
          <div className="grid gap-x-4 sm:grid-cols-2">
            {live.map((device) => (
              <CheckField
                key={device.nameHash}
                label={<span className="font-mono">{device.name}</span>}
                checked={draft.devices.includes(device.name)}
                onChange={() => toggle(device.name)}
              />
            ))}
          </div>
        )}
        {problem("devices") ? <p className="text-xs font-semibold text-mark">{problem("devices")}</p> : null}
        <DraftField
          name="topics"
          rows={2}
          mono
          label={t("topics")}
          note={t("topicsNote")}
          placeholder="air/#"
        />
      </Group>
    </>
  );
}

function FieldRow({ field, number }: { field: FieldDraft; number: number }) {
  const t = useTranslations("sell.wizard");
  const words = useTranslations("listing.types");
  const { draft, set, setField, problem } = useWizard();
  const at = (key: keyof FieldDraft) => problem(`fields.${field.id}.${key}`);
  return (
    <li className="grid grid-cols-2 items-start gap-3 rounded-md border border-line p-3 md:grid-cols-[1fr_1.4fr_8rem_7rem_auto]">
      <TextField
        mono
        label={t("fieldName", { number })}
        value={field.name}
        onChange={(name) => setField(field.id, { name })}
        placeholder="temperature"
        error={at("name")}
      />
      <TextField
        label={t("fieldTitle")}
        value={field.title}
        onChange={(title) => setField(field.id, { title })}
        error={at("title")}
      />
      <SelectField
        label={t("fieldType")}
        value={field.type}
        onChange={(type) => setField(field.id, { type: type as FieldDraft["type"] })}
        options={TYPES.map((type) => [type, words(type)] as const)}
      />
      <TextField
        label={t("fieldUnit")}
        list="sell-units"
        value={field.unit}
        onChange={(unit) => setField(field.id, { unit })}
        error={at("unit")}
      />
      <Button
        tone="quiet"
        className="mt-6 px-3 max-md:col-span-2 max-md:mt-0 max-md:justify-self-start"
        aria-label={t("removeField", { number })}
        onClick={() =>
          set(
            "fields",
            draft.fields.filter((other) => other.id !== field.id),
          )
        }
      >
        {t("remove")}
      </Button>
    </li>
  );
}

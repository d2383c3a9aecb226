// The ten listings of the local market: what each says of itself, what it costs, and where its readings come from.
// Nine replay real data sets in order at a stated rate; one reads this machine at every message. Every kind of plan is there,
// and one listing is sold in the test token. Long because it is one table, a row for every listing.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { FOREVER, type Plan, PlanKind, Rights } from "../../sdk/src/core/index.ts";
import { machineReading } from "./machine.ts";

export type Reading = Record<string, string | number | boolean | null>;

export type SeedListing = {
  seller: 1 | 2 | 3;
  device: string;
  topic: string;
  title: string;
  description: string;
  category: string;
  keywords: string[];
  place?: { name: string; latitude: number; longitude: number };
  licence: string;
  source: { kind: "live" | "replay"; rate: string; origin: string };
  /** Messages a second. */
  rate: number;
  fields: Record<string, { type: "number" | "string" | "boolean"; unit?: string; title: string }>;
  timeField?: string;
  plan: Plan;
  /** Sold in the test token; without it in the chain's coin. */
  inToken?: true;
  /** Seconds of the past that the history right opens. */
  historyDepth?: number;
  /** Seconds; without it a second where messages or bytes are sold, a minute elsewhere. */
  epochLength?: number;
  segment: { flushMs: number; maxMessages: number; maxBytes: number };
  /** The readings, one after the other; a replay begins again at its end. */
  readings(): Iterator<Reading>;
};

/** About 10¹¹ wei a message: ten million messages for one ether. */
const PRICE = 10n ** 11n;
const SEGMENT = { flushMs: 50, maxMessages: 256, maxBytes: 64 * 1024 };

const BASE: Plan = {
  kind: PlanKind.message,
  rights: Rights.read,
  price: PRICE,
  unit: 1n,
  period: 0,
  upfront: 0n,
  entry: 0n,
  maxWindow: FOREVER,
  notice: 0,
  promoPrice: 0n,
  promoUntil: 0,
};
/** The entry covers two of the largest segments: less cannot be sold, more need not be risked. */
const perMessage = (price: bigint): Plan => ({
  ...BASE,
  price,
  entry: 2n * price * BigInt(SEGMENT.maxMessages),
});
const BYTE_UNIT = 1n << 20n;
const perMebibyte = (price: bigint): Plan => {
  const segments = (2n * price * BigInt(SEGMENT.maxBytes) + BYTE_UNIT - 1n) / BYTE_UNIT;
  return { ...BASE, kind: PlanKind.byte, price, unit: BYTE_UNIT, entry: segments };
};
/** What is not metered has its keys out for the notice: a cancelled buyer keeps, and pays for, that hour. */
const NOTICE = 3600;
const unmetered: Plan = { ...BASE, price: 0n, unit: 0n, notice: NOTICE };
const free: Plan = { ...unmetered, kind: PlanKind.free, unit: 1n };
const perDay = (price: bigint): Plan => ({ ...unmetered, kind: PlanKind.period, price, period: 86_400 });
const once = (upfront: bigint): Plan => ({
  ...unmetered,
  kind: PlanKind.flat,
  rights: Rights.read | Rights.history,
  upfront,
});
/** 0.00001 test dollars: ten millionths. */
const TOKEN_PRICE = 10n;

/** The package exports its loader only; the data files lie beside it. */
const folder = join(import.meta.dirname, "..", "..", "node_modules", "vega-datasets", "data");
const text = (file: string): string => readFileSync(join(folder, file), "utf8");

/** Plain CSV: the files in use have no quotes. Numbers become numbers. */
function csv(file: string): Reading[] {
  const [head, ...rows] = text(file).trim().split(/\r?\n/);
  const names = head!.split(",");
  return rows.map((row) => {
    const cells = row.split(",");
    return Object.fromEntries(
      names.map((name, i) => {
        const cell = cells[i] ?? "";
        return [name, cell !== "" && !Number.isNaN(Number(cell)) ? Number(cell) : cell];
      }),
    );
  });
}

function* replay(rows: readonly Reading[]): Generator<Reading> {
  for (;;) yield* rows;
}

function* live(): Generator<Reading> {
  for (;;) yield machineReading();
}

type Quake = {
  properties: { mag: number; place: string; time: number };
  geometry: { coordinates: [number, number, number] };
};
function earthquakes(): Reading[] {
  const { features } = JSON.parse(text("earthquakes.json")) as { features: Quake[] };
  return features
    .toSorted((a, b) => a.properties.time - b.properties.time)
    .map(({ properties: { mag, place, time }, geometry: { coordinates } }) => ({
      observedAt: new Date(time).toISOString(),
      magnitude: mag,
      depth: coordinates[2],
      longitude: coordinates[0],
      latitude: coordinates[1],
      place,
    }));
}

const flights = (): Reading[] =>
  (
    JSON.parse(text("flights-2k.json")) as {
      date: string;
      delay: number;
      distance: number;
      origin: string;
      destination: string;
    }[]
  )
    .toSorted((a, b) => (a.date < b.date ? -1 : 1))
    .map(({ date, delay, distance, origin, destination }) => ({
      observedAt: `${date.replaceAll("/", "-").replace(" ", "T")}:00`,
      delay,
      distance: Math.round(distance * 1.609344),
      origin,
      destination,
    }));

const seattle = { name: "Seattle, Washington", latitude: 47.61, longitude: -122.33 };
const vega = (file: string): string => `vega-datasets ${file}`;

export const SEED_LISTINGS: readonly SeedListing[] = [
  {
    seller: 1,
    device: "machine-1",
    topic: "telemetry",
    title: "This machine, live",
    description:
      "Load, memory, network and processor time of the computer that runs this market, read from the kernel at every message. Nothing is recorded and nothing is made up.",
    category: "telemetry",
    keywords: ["cpu", "memory", "network", "live"],
    licence: "CC0-1.0",
    source: { kind: "live", rate: "5 messages a second", origin: "the kernel of this machine" },
    rate: 5,
    fields: {
      cpu: { type: "number", unit: "%", title: "Processor in use" },
      load1: { type: "number", title: "Load, one minute" },
      memory: { type: "number", unit: "MiB", title: "Memory in use" },
      received: { type: "number", unit: "kB/s", title: "Network received" },
      sent: { type: "number", unit: "kB/s", title: "Network sent" },
      processes: { type: "number", title: "Runnable processes" },
      observedAt: { type: "string", title: "Read at" },
    },
    timeField: "observedAt",
    plan: perMessage(PRICE),
    segment: SEGMENT,
    readings: live,
  },
  {
    seller: 2,
    device: "station-seattle",
    topic: "air",
    title: "Seattle weather, day by day",
    description:
      "Four years of daily weather: precipitation, highest and lowest temperature, wind. Replayed in order.",
    category: "weather",
    keywords: ["temperature", "rain", "wind", "Seattle"],
    place: seattle,
    licence: "US public domain (NOAA)",
    source: { kind: "replay", rate: "4 messages a second", origin: vega("seattle-weather.csv") },
    rate: 4,
    fields: {
      temp_max: { type: "number", unit: "°C", title: "Highest temperature" },
      temp_min: { type: "number", unit: "°C", title: "Lowest temperature" },
      precipitation: { type: "number", unit: "mm", title: "Precipitation" },
      wind: { type: "number", unit: "m/s", title: "Wind" },
      weather: { type: "string", title: "Weather" },
      date: { type: "string", title: "Day" },
    },
    timeField: "date",
    plan: perMessage(PRICE),
    segment: SEGMENT,
    readings: () => replay(csv("seattle-weather.csv")),
  },
  {
    seller: 2,
    device: "normals-seattle",
    topic: "normals",
    title: "Seattle hourly climate normals",
    description:
      "Normal pressure, temperature and wind for every hour of a year. Replayed in order, sold by the mebibyte.",
    category: "environment",
    keywords: ["pressure", "temperature", "climate", "Seattle"],
    place: seattle,
    licence: "US public domain (NOAA)",
    source: {
      kind: "replay",
      rate: "10 messages a second",
      origin: vega("seattle-weather-hourly-normals.csv"),
    },
    rate: 10,
    fields: {
      pressure: { type: "number", unit: "hPa", title: "Air pressure" },
      temperature: { type: "number", unit: "°C", title: "Air temperature" },
      wind: { type: "number", unit: "m/s", title: "Wind" },
      date: { type: "string", title: "Hour" },
    },
    timeField: "date",
    plan: perMebibyte(10n ** 15n),
    segment: SEGMENT,
    readings: () => replay(csv("seattle-weather-hourly-normals.csv")),
  },
  {
    seller: 1,
    device: "seismograph",
    topic: "events",
    title: "Earthquakes of one week",
    description:
      "Every earthquake that the USGS network recorded in one week of February 2018. Replayed in order, free.",
    category: "geoscience",
    keywords: ["earthquake", "USGS", "magnitude"],
    licence: "US public domain (USGS)",
    source: { kind: "replay", rate: "2 messages a second", origin: vega("earthquakes.json") },
    rate: 2,
    fields: {
      magnitude: { type: "number", title: "Magnitude" },
      depth: { type: "number", unit: "km", title: "Depth" },
      latitude: { type: "number", unit: "°", title: "Latitude" },
      longitude: { type: "number", unit: "°", title: "Longitude" },
      place: { type: "string", title: "Place" },
      observedAt: { type: "string", title: "Time" },
    },
    timeField: "observedAt",
    plan: free,
    segment: SEGMENT,
    readings: () => replay(earthquakes()),
  },
  {
    seller: 3,
    device: "tower",
    topic: "departures",
    title: "Flight delays between US airports",
    description: "Two thousand departures of 2001 with delay and distance. Replayed in order of departure.",
    category: "transport",
    keywords: ["flights", "delay", "airports"],
    place: { name: "United States", latitude: 39.5, longitude: -98.35 },
    licence: "US public domain (BTS)",
    source: { kind: "replay", rate: "8 messages a second", origin: vega("flights-2k.json") },
    rate: 8,
    fields: {
      delay: { type: "number", unit: "min", title: "Delay" },
      distance: { type: "number", unit: "km", title: "Distance" },
      origin: { type: "string", title: "From" },
      destination: { type: "string", title: "To" },
      observedAt: { type: "string", title: "Departure" },
    },
    timeField: "observedAt",
    plan: perMessage(2n * PRICE),
    segment: SEGMENT,
    readings: () => replay(flights()),
  },
  {
    seller: 3,
    device: "ticker",
    topic: "sp500",
    title: "S&P 500, day by day since 2000",
    description:
      "Open, high, low, close and volume of the index for every trading day from 2000. Replayed in order.",
    category: "finance",
    keywords: ["index", "stocks", "S&P 500"],
    place: { name: "New York", latitude: 40.71, longitude: -74.01 },
    licence: "see the source of the data set",
    source: { kind: "replay", rate: "5 messages a second", origin: vega("sp500-2000.csv") },
    rate: 5,
    fields: {
      close: { type: "number", unit: "USD", title: "Close" },
      open: { type: "number", unit: "USD", title: "Open" },
      high: { type: "number", unit: "USD", title: "High" },
      low: { type: "number", unit: "USD", title: "Low" },
      volume: { type: "number", title: "Volume" },
      date: { type: "string", title: "Day" },
    },
    timeField: "date",
    plan: perMessage(TOKEN_PRICE),
    inToken: true,
    segment: SEGMENT,
    readings: () => replay(csv("sp500-2000.csv")),
  },
  {
    seller: 3,
    device: "grid-iowa",
    topic: "generation",
    title: "Electricity in Iowa by source",
    description:
      "Net generation in gigawatt hours by fuel and year. Replayed in order, sold by the mebibyte.",
    category: "energy",
    keywords: ["electricity", "Iowa", "renewables"],
    place: { name: "Iowa", latitude: 42.03, longitude: -93.58 },
    licence: "US public domain (EIA)",
    source: { kind: "replay", rate: "1 message a second", origin: vega("iowa-electricity.csv") },
    rate: 1,
    fields: {
      net_generation: { type: "number", unit: "GWh", title: "Net generation" },
      source: { type: "string", title: "Source" },
      year: { type: "string", title: "Year" },
    },
    timeField: "year",
    plan: perMebibyte(5n * 10n ** 14n),
    segment: SEGMENT,
    readings: () => replay(csv("iowa-electricity.csv")),
  },
  {
    seller: 2,
    device: "mauna-loa",
    topic: "co2",
    title: "Carbon dioxide at Mauna Loa",
    description:
      "Monthly mean concentration since 1958, as measured and adjusted for the season. Replayed in order, free.",
    category: "environment",
    keywords: ["CO2", "climate", "Keeling"],
    place: { name: "Mauna Loa, Hawaii", latitude: 19.54, longitude: -155.58 },
    licence: "CC-BY-4.0 (Scripps CO2 Program)",
    source: { kind: "replay", rate: "2 messages a second", origin: vega("co2-concentration.csv") },
    rate: 2,
    fields: {
      CO2: { type: "number", unit: "ppm", title: "Carbon dioxide" },
      "adjusted CO2": { type: "number", unit: "ppm", title: "Adjusted for the season" },
      Date: { type: "string", title: "Month" },
    },
    timeField: "Date",
    plan: free,
    segment: SEGMENT,
    readings: () => replay(csv("co2-concentration.csv")),
  },
  {
    seller: 3,
    device: "labour",
    topic: "employment",
    title: "US employment by month",
    description:
      "Thousands of employees by sector and month since 2006. Replayed in order, sold by the day, cancelled at any time.",
    category: "finance",
    keywords: ["employment", "labour", "economy"],
    place: { name: "United States", latitude: 39.5, longitude: -98.35 },
    licence: "US public domain (BLS)",
    source: { kind: "replay", rate: "3 messages a second", origin: vega("us-employment.csv") },
    rate: 3,
    fields: {
      nonfarm: { type: "number", unit: "1000", title: "All but farms" },
      private: { type: "number", unit: "1000", title: "Private" },
      manufacturing: { type: "number", unit: "1000", title: "Manufacturing" },
      government: { type: "number", unit: "1000", title: "Government" },
      nonfarm_change: { type: "number", unit: "1000", title: "Change in a month" },
      month: { type: "string", title: "Month" },
    },
    timeField: "month",
    plan: perDay(10n ** 15n),
    segment: SEGMENT,
    readings: () => replay(csv("us-employment.csv")),
  },
  {
    seller: 2,
    device: "globe",
    topic: "anomaly",
    title: "Global temperature since 1880",
    description:
      "Deviation of the yearly mean temperature of land and sea. Replayed in order; one price for all that comes and for the last day.",
    category: "environment",
    keywords: ["temperature", "climate", "global"],
    licence: "US public domain (NASA)",
    source: { kind: "replay", rate: "2 messages a second", origin: vega("global-temp.csv") },
    rate: 2,
    fields: {
      temp: { type: "number", unit: "°C", title: "Deviation" },
      year: { type: "string", title: "Year" },
    },
    timeField: "year",
    plan: once(5n * 10n ** 15n),
    historyDepth: 86_400,
    segment: SEGMENT,
    readings: () => replay(csv("global-temp.csv").map((row) => ({ ...row, year: String(row.year) }))),
  },
];

/**
 * Draws bench/results as docs/performance/<bench>.svg and writes their figures into docs/performance.md: `node scripts/plots.ts`. One panel for each row: our rounds beside the peer's, the
 * medians as bars, a bound as a dashed line. Readable in light and dark, without scripts or fonts of its own.
 */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { RESULTS, type Results } from "../bench/support/bench.ts";
import { boundText } from "../bench/support/row.ts";

const FOLDER = join(import.meta.dirname, "..", "docs", "performance");
const PAGE = join(FOLDER, "..", "performance.md");
const WIDTH = 720;
const LEFT = 230;
const RIGHT = 40;
const BAR = 16;
const PANEL = 96;

type ResultRow = Results["rows"][number];

const escaped = (text: string): string =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
const text = (x: number, y: number, value: string, more = ""): string =>
  `<text x="${x.toFixed(1)}" y="${y}" ${more}>${escaped(value)}</text>`;

/** The figure that a bound asks of the row's own value. */
function boundValue(row: ResultRow): number | undefined {
  const bound = row.target?.[0];
  if (bound === undefined) return undefined;
  const figure = "atLeast" in bound ? bound.atLeast : bound.atMost;
  return bound.of === "value" ? figure : figure * row.peerValue!;
}

function bar(
  y: number,
  scale: (value: number) => number,
  middle: number,
  rounds: readonly number[],
  kind: string,
) {
  const dots = rounds
    .map((value) => `<circle cx="${scale(value).toFixed(1)}" cy="${y + BAR / 2}" r="2.5" class="round"/>`)
    .join("");
  const end = scale(middle);
  return `<rect x="${LEFT}" y="${y}" width="${Math.max(1, end - LEFT).toFixed(1)}" height="${BAR}" rx="2" class="${kind}"/>${dots}`;
}

function panel(row: ResultRow, top: number): string {
  const ours = row.samples.map(({ value }) => value);
  const theirs = row.samples.flatMap(({ peerValue }) => (peerValue === undefined ? [] : [peerValue]));
  const bound = boundValue(row);
  const most = Math.max(...ours, ...theirs, bound ?? 0);
  const scale = (value: number) => LEFT + (value / most) * (WIDTH - LEFT - RIGHT);
  const verdict = row.met === null ? "" : row.met ? " · met" : " · missed";
  const target = (row.target ?? []).map((item) => boundText(item, row.unit)).join(", ");
  const parts = [
    text(0, top + 14, row.name, 'class="name"'),
    text(0, top + 30, `${row.unit}${target === "" ? "" : ` · target ${target}`}${verdict}`, 'class="small"'),
    text(0, top + 51, `Weir: ${row.value.toLocaleString("en")}`),
    bar(top + 38, scale, row.value, ours, "ours"),
  ];
  if (row.peer !== null)
    parts.push(
      text(0, top + 73, `${row.peer.split(",")[0]}: ${row.peerValue!.toLocaleString("en")}`),
      bar(top + 60, scale, row.peerValue!, theirs, "peer"),
    );
  if (bound !== undefined) {
    const x = scale(bound).toFixed(1);
    parts.push(`<line x1="${x}" x2="${x}" y1="${top + 34}" y2="${top + 80}" class="bound"/>`);
  }
  return parts.join("\n");
}

const STYLE = `
text { font: 13px system-ui, sans-serif; fill: #1f2328; }
.name { font-weight: 600; }
.small { font-size: 11px; fill: #59636e; }
.ours { fill: #0969da; } .peer { fill: #8c959f; } .round { fill: none; stroke: #1f2328; stroke-width: 1; }
.bound { stroke: #bc4c00; stroke-width: 1.5; stroke-dasharray: 4 3; }
@media (prefers-color-scheme: dark) {
  text { fill: #f0f6fc; } .small { fill: #9198a1; }
  .ours { fill: #4493f8; } .peer { fill: #656c76; } .round { stroke: #f0f6fc; } .bound { stroke: #f0883e; }
}`;

function draw({ bench, rows }: Results): string {
  const height = rows.length * PANEL;
  const panels = rows.map((row, i) => panel(row, i * PANEL)).join("\n");
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="${escaped(bench)}: measured rows">
<style>${STYLE}
</style>
${panels}
</svg>
`;
}

const figure = (value: number): string => value.toLocaleString("en", { maximumSignificantDigits: 4 });

/** Machine, table and plot of one bench, as the page has them. */
function section({ bench, machine, rows }: Results): string {
  const lines = rows.map((row) =>
    [
      "",
      row.name,
      `${figure(row.value)} ${row.unit}`,
      row.peer === null ? "–" : `${figure(row.peerValue!)} (${row.peer})`,
      row.ratio === null ? "–" : `${figure(row.ratio)} ×`,
      (row.target ?? []).map((bound) => boundText(bound, row.unit)).join(" and ") || "shown only",
      row.met === null ? "–" : row.met ? "**met**" : "**missed**",
      row.samples.length < 2 ? "one figure" : `${Math.round(row.spread * 100)} % of ${row.samples.length}`,
      "",
    ].join(" | "),
  );
  const { cpu, cores, memoryGiB, node, kernel, date, load } = machine;
  return [
    `${date.slice(0, 16).replace("T", " ")} UTC · ${cpu}, ${cores} cores, ${memoryGiB} GiB · Node ${node} · Linux ${kernel} · load ${load.before} before, ${load.after} after`,
    "",
    "| row | Weir | beside it | ratio | target | | spread |",
    "| --- | --- | --- | --- | --- | --- | --- |",
    ...lines.map((line) => line.trim()),
    "",
    `![${bench}](performance/${bench}.svg)`,
  ].join("\n");
}

const END = "<!-- end of results -->";
const kept = new Map<string, Results>();
for (const name of readdirSync(RESULTS)) {
  const results = JSON.parse(readFileSync(join(RESULTS, name), "utf8")) as Partial<Results>;
  if (results.machine !== undefined && results.rows !== undefined)
    kept.set(results.bench!, results as Results); // others are of another kind
}

mkdirSync(FOLDER, { recursive: true });
const page = readFileSync(PAGE, "utf8").replace(
  new RegExp(`(<!-- results of ([a-z0-9-]+) -->\\n)[^]*?${END}`, "g"),
  (_, begin: string, bench: string) => {
    const results = kept.get(bench);
    kept.delete(bench);
    if (results === undefined)
      return `${begin}No result is kept: \`npm run bench -- ${bench} --write\` takes one.\n${END}`;
    writeFileSync(join(FOLDER, `${bench}.svg`), draw(results));
    return `${begin}${section(results)}\n${END}`;
  },
);
if (kept.size > 0) throw new Error(`docs/performance.md has no place for ${[...kept.keys()].join(", ")}`);
writeFileSync(PAGE, page);

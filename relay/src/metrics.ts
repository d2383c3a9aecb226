/** Counters and gauges in the Prometheus text format. Labels are refusal names and kinds, never buyers or peers. */

export type Metrics = {
  /** Adds to a counter. */
  add(name: CounterName, by?: number, label?: string): void;
  /** A value that is asked for when somebody looks. */
  gauge(name: string, help: string, read: () => number): void;
  text(): string;
};

const COUNTERS = {
  segments_stored_total: "Segments taken from gateways and stored.",
  segments_refused_total: "Published segments that broke a rule.",
  segments_sent_total: "Segments sent to readers.",
  bytes_sent_total: "Segment bytes sent to readers.",
  vouchers_accepted_total: "Vouchers that raised a channel's total.",
  ticks_accepted_total: "Ticks that raised a channel's total.",
  sessions_opened_total: "Reading sessions opened, by kind.",
  strangers_cut_total: "Connections ended because nobody was admitted on them, by reason.",
  refusals_total: "Refusals sent, by name.",
  keys_served_total: "Covers given out, by origin.",
  commands_total: "Commands answered by a gateway.",
  covers_dropped_total: "Kept covers for keys that their grants no longer have.",
  chain_errors_total: "Requests to the chain that failed.",
  corrupt_records_total: "Stored records whose checksum failed.",
} as const;
export type CounterName = keyof typeof COUNTERS;

export function createMetrics(): Metrics {
  const counts = new Map<CounterName, Map<string, number>>();
  const gauges = new Map<string, { help: string; read: () => number }>();
  return {
    add(name, by = 1, label = "") {
      const rows = counts.get(name) ?? new Map<string, number>();
      rows.set(label, (rows.get(label) ?? 0) + by);
      counts.set(name, rows);
    },
    gauge: (name, help, read) => void gauges.set(name, { help, read }),
    text() {
      const lines: string[] = [];
      for (const [name, help] of Object.entries(COUNTERS)) {
        lines.push(`# HELP weir_relay_${name} ${help}`, `# TYPE weir_relay_${name} counter`);
        const rows = counts.get(name as CounterName) ?? new Map([["", 0]]);
        for (const [label, value] of rows)
          lines.push(`weir_relay_${name}${label && `{kind=${JSON.stringify(label)}}`} ${value}`);
      }
      for (const [name, { help, read }] of gauges)
        lines.push(
          `# HELP weir_relay_${name} ${help}`,
          `# TYPE weir_relay_${name} gauge`,
          `weir_relay_${name} ${read()}`,
        );
      return `${lines.join("\n")}\n`;
    },
  };
}

/** Counters and gauges in the text format that Prometheus reads. Names are fixed in code, so labels stay few. */
export type Metrics = {
  count(name: string, labels?: Record<string, string>, by?: number): void;
  /** Read at every scrape. */
  gauge(name: string, read: () => number): void;
  text(): string;
};

export function createMetrics(): Metrics {
  const counters = new Map<string, number>();
  const gauges = new Map<string, () => number>();
  return {
    count(name, labels = {}, by = 1) {
      const pairs = Object.entries(labels).map(
        ([key, value]) => `${key}="${value.replace(/[^\w.-]/g, "_")}"`,
      );
      const key = `weir_gateway_${name}_total${pairs.length > 0 ? `{${pairs.join(",")}}` : ""}`;
      counters.set(key, (counters.get(key) ?? 0) + by);
    },
    gauge(name, read) {
      gauges.set(`weir_gateway_${name}`, read);
    },
    text() {
      const lines = [...counters].map(([key, value]) => `${key} ${value}`);
      for (const [key, read] of gauges) lines.push(`${key} ${read()}`);
      return `${lines.sort().join("\n")}\n`;
    },
  };
}

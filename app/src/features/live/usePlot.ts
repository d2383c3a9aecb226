"use client";

import { type RefObject, useEffect, useRef, useState } from "react";
import type uPlot from "uplot";
import type { Points } from "@/lib/series.ts";
import { onThemeChange } from "@/lib/theme.ts";
import { formatMark } from "./reading.ts";

/** What the canvas needs in numbers: the tokens of the look that holds right now. */
function look() {
  const style = getComputedStyle(document.documentElement);
  const colour = (name: string) => {
    // A new one for each: where motion is reduced, one that changes its colour has the old one for a moment longer.
    const probe = document.createElement("span");
    probe.style.color = `var(${name})`;
    document.body.append(probe);
    const { color } = getComputedStyle(probe);
    probe.remove();
    return color;
  };
  return {
    water: colour("--water"),
    soft: colour("--ink-soft"),
    line: colour("--line"),
    font: `12px ${style.fontFamily}`,
  };
}

function options(width: number, height: number): uPlot.Options {
  const { water, soft, line, font } = look();
  const axis = {
    stroke: soft,
    font,
    grid: { stroke: line, width: 1 },
    ticks: { stroke: line, width: 1, size: 4 },
  };
  return {
    width,
    height,
    padding: [8, 4, 0, 0],
    legend: { show: false },
    cursor: { show: false },
    scales: { x: { time: true } },
    axes: [
      { ...axis, space: 90, size: 26 },
      { ...axis, space: 28, size: 56, values: (_plot, marks) => marks.map(formatMark) },
    ],
    series: [{}, { stroke: water, width: 1.75, points: { show: false } }],
  };
}

/** Draws `points` into `frame`, again at every tick, at every change of size and of look. */
export function usePlot(frame: RefObject<HTMLDivElement | null>, points: Points, tick: number): void {
  const plot = useRef<uPlot>(undefined);
  const latest = useRef(points);
  latest.current = points;
  const [themes, setThemes] = useState(0);
  useEffect(() => onThemeChange(() => setThemes((count) => count + 1)), []);
  // biome-ignore lint/correctness/useExhaustiveDependencies: a changed look needs a new drawing, though nothing here reads the counter
  useEffect(() => {
    const host = frame.current;
    if (!host) return;
    let gone = false;
    const size = new ResizeObserver(() =>
      plot.current?.setSize({ width: host.clientWidth, height: host.clientHeight }),
    );
    void import("uplot").then(({ default: UPlot }) => {
      if (gone) return;
      const { times, values } = latest.current;
      plot.current = new UPlot(options(host.clientWidth, host.clientHeight), [times, values], host);
      size.observe(host);
    });
    return () => {
      gone = true;
      size.disconnect();
      plot.current?.destroy();
      plot.current = undefined;
    };
  }, [frame, themes]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the buffer is one object for ever; the tick says that it grew
  useEffect(() => {
    plot.current?.setData([latest.current.times, latest.current.values]);
  }, [tick]);
}

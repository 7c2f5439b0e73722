// Bars that lie, the first rank on top.

import { BarChart } from "echarts/charts";
import { FAINT, INK, axis, base, use, type Chart } from "./base";
import { rounded } from "../part/figure";

use([BarChart]);

export interface Bar {
  name: string;
  code: string;
  value: number;
  /** Why the value is not simply good. */
  weak: string[];
}

export function drawBars(on: Chart, title: string, unit: string, bars: Bar[]): void {
  const shown = bars.slice().reverse(); // the axis of categories grows upwards
  on.setOption({
    ...base(),
    // room for the longest bar's label
    grid: { ...base().grid, top: 12, bottom: 34, right: 76 },
    tooltip: {
      ...base().tooltip,
      trigger: "item",
      formatter: (item: { name: string; value: number; data: { weak: string[] } }) =>
        [item.name, `${title} ${rounded(Number(item.value))} ${unit}`, ...item.data.weak].join("\n"),
    },
    xAxis: { ...axis(unit === "" ? title : `${title} (${unit})`), splitNumber: on.getWidth() < 480 ? 2 : 5 },
    yAxis: {
      type: "category",
      data: shown.map((bar) => `${bar.name}${bar.weak.length > 0 ? " ?" : ""}`),
      axisLabel: { color: INK, width: Math.min(170, on.getWidth() * 0.38), overflow: "truncate" },
      axisTick: { show: false },
      axisLine: { lineStyle: { color: FAINT } },
    },
    series: [
      {
        type: "bar",
        name: title,
        barMaxWidth: 20,
        itemStyle: { color: "#2f7f86" },
        data: shown.map(({ value, weak, code }) => ({ value, weak, code })),
        label: { show: true, position: "right", color: INK, formatter: (item: { value?: unknown }) => rounded(Number(item.value)) },
      },
    ],
  });
}

// Twelve months: columns, lines, and a band for what is not sure yet.

import { BarChart, LineChart } from "echarts/charts";
import { MISSING, rounded } from "../part/figure";
import { FAINT, INK, base, use, type Chart, type Option } from "./base";

use([BarChart, LineChart]);

export interface Series {
  name: string;
  kind: "bar" | "line";
  colour: string;
  dashed?: boolean;
  /** Shown on an axis of its own, to the right. */
  right?: boolean;
  values: (number | null)[];
}

export interface Band {
  name: string;
  low: (number | null)[];
  high: (number | null)[];
}

export function drawMonths(on: Chart, labels: string[], units: [string, string?], series: Series[], band?: Band): void {
  const lines = series.map((one) => ({
    type: one.kind,
    name: one.name,
    yAxisIndex: one.right ? 1 : 0,
    barMaxWidth: 30,
    itemStyle: { color: one.colour, ...(one.dashed && one.kind === "bar" ? { opacity: 0.45, decal: { symbol: "rect", dashArrayX: [1, 0], dashArrayY: [3, 4], rotation: 0.8 } } : {}) },
    lineStyle: { width: 2, type: one.dashed ? "dashed" : "solid" },
    symbol: one.dashed ? "none" : "circle",
    symbolSize: 6,
    data: one.values,
  }));
  const shaded = band === undefined ? [] : bandSeries(band);
  const value = (name: string, grid: boolean) => ({ type: "value", name, scale: false, nameTextStyle: { color: INK, align: grid ? "left" : "right" }, axisLabel: { color: INK, formatter: rounded }, splitLine: { show: grid, lineStyle: { color: FAINT } } });
  on.setOption({
    ...base(),
    grid: { ...base().grid, top: 62 },
    legend: { top: 0, textStyle: { color: INK }, data: series.map((one) => one.name) },
    tooltip: {
      ...base().tooltip,
      trigger: "axis",
      formatter: (items: { name: string; seriesName: string; value: number | null; dataIndex: number }[]) => {
        const at = items[0]?.dataIndex ?? 0;
        const told = series.map((one) => `${one.name} ${one.values[at] === null || one.values[at] === undefined ? MISSING : rounded(one.values[at])}`);
        const range = band && band.low[at] != null && band.high[at] != null ? [`${band.name} ${rounded(band.low[at]!)} – ${rounded(band.high[at]!)}`] : [];
        return [items[0]?.name ?? "", ...told, ...range].join("\n");
      },
    },
    xAxis: { type: "category", data: labels, axisLabel: { color: INK }, axisTick: { alignWithLabel: true } },
    yAxis: units[1] === undefined ? [value(units[0], true)] : [value(units[0], true), value(units[1], false)],
    series: [...shaded, ...lines],
  } as Option);
}

/** Two stacked lines: the first is not seen, the area of the second is the band. */
function bandSeries(band: Band): object[] {
  const common = { type: "line", stack: "band", symbol: "none", silent: true, lineStyle: { opacity: 0 } };
  const width = band.high.map((high, i) => (high === null || band.low[i] == null ? null : high - band.low[i]!));
  return [
    { ...common, name: `${band.name} ·`, data: band.low },
    { ...common, name: band.name, data: width, areaStyle: { color: "#56b4e9", opacity: 0.28 } },
  ];
}

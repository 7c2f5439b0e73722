// Energy and output by quarter-hour.

import { BarChart, LineChart } from "echarts/charts";
import { DataZoomComponent } from "echarts/components";
import type { Quarter } from "../api/figures";
import { MISSING, doubted, rounded, time } from "../part/figure";
import { word, wordOr } from "../words/common";
import { FAINT, INK, PALETTE, base, use, type Chart, type Option } from "./base";

use([BarChart, LineChart, DataZoomComponent]);

const QUARTER_MS = 15 * 60_000;
/** So many quarter-hours are seen at once without a slider. */
const ZOOMED_FROM = 8;

/** `units`: of the carriers' axis, and of the output's. */
export function drawQuarters(on: Chart, quarters: Quarter[], carriers: string[], units: [string, string]): void {
  const [first, last] = [quarters[0]?.start_ms ?? 0, quarters.at(-1)?.start_ms ?? 0];
  const columns = carriers.map((carrier, i) => ({
    type: "bar" as const,
    name: wordOr(carrier),
    barMaxWidth: 26,
    itemStyle: { color: PALETTE[(i * 2) % PALETTE.length] },
    large: quarters.length > 3000,
    data: quarters.map((quarter) => ({
      value: [quarter.start_ms, quarter.energy[carrier] ?? null],
      // what no reading stands behind is pale
      itemStyle: quarter.readings_present ? {} : { opacity: 0.35 },
    })),
  }));
  const line = {
    type: "line" as const,
    name: word("output"),
    yAxisIndex: 1,
    step: "end" as const,
    symbol: quarters.length < 200 ? "circle" : "none",
    symbolSize: 5,
    sampling: "max" as const,
    lineStyle: { width: 2 },
    itemStyle: { color: "#d55e00" },
    data: quarters.map((quarter) => [quarter.start_ms, quarter.output]),
  };
  const long = quarters.length > ZOOMED_FROM;
  on.setOption({
    ...base(),
    grid: { ...base().grid, top: 56, bottom: long ? 44 : 12 },
    legend: { top: 0, textStyle: { color: INK } },
    tooltip: {
      ...base().tooltip,
      trigger: "axis",
      formatter: (items: { seriesName: string; value: [number, string | null]; dataIndex: number }[]) => {
        const quarter = quarters[items[0]?.dataIndex ?? 0];
        if (quarter === undefined) return "";
        const lines = items.map((item) => `${item.seriesName} ${item.value[1] ?? MISSING}`);
        const each = quarter.kwh_per_piece === null ? [] : [`${word("perPiece")} ${quarter.kwh_per_piece}`];
        const doubts = new Set([...Object.values(quarter.energy_doubts).flat(), ...quarter.output_doubts]);
        const weak = [...doubted([...doubts]), ...(quarter.readings_present ? [] : [word("share")])];
        return [time(quarter.start_ms).slice(0, 16), ...lines, ...each, ...weak].join("\n");
      },
    },
    xAxis: {
      type: "time",
      min: first - QUARTER_MS,
      max: last + 2 * QUARTER_MS,
      minInterval: QUARTER_MS,
      axisLabel: { color: INK, formatter: (ms: number) => label(ms, last - first), hideOverlap: true },
    },
    yAxis: [value(units[0], true), value(units[1], false)],
    dataZoom: [{ type: "inside", zoomOnMouseWheel: "ctrl" }, { type: "slider", show: long, height: 18, bottom: 8, showDetail: false }],
    series: [...columns, line],
  } as Option);
}

/** Energy of each piece, where both are known. */
export function drawPerPiece(on: Chart, quarters: Quarter[], unit: string): void {
  const [first, last] = [quarters[0]?.start_ms ?? 0, quarters.at(-1)?.start_ms ?? 0];
  on.setOption({
    ...base(),
    grid: { ...base().grid, top: 30 },
    tooltip: { ...base().tooltip, trigger: "axis", formatter: (items: { value: [number, string | null] }[]) => `${time(items[0]?.value[0] ?? 0).slice(0, 16)}\n${items[0]?.value[1] ?? MISSING} ${unit}` },
    xAxis: { type: "time", axisLabel: { color: INK, formatter: (ms: number) => label(ms, last - first), hideOverlap: true } },
    yAxis: [value(unit, true)],
    series: [{ type: "line", name: word("perPiece"), symbol: quarters.length < 200 ? "diamond" : "none", connectNulls: false, itemStyle: { color: "#0072b2" }, data: quarters.map((quarter) => [quarter.start_ms, quarter.kwh_per_piece]) }],
  } as Option);
}

const value = (name: string, lines: boolean) => ({
  type: "value" as const,
  name,
  nameTextStyle: { color: INK },
  axisLabel: { color: INK, formatter: rounded },
  splitLine: { show: lines, lineStyle: { color: FAINT } },
});

function label(ms: number, span: number): string {
  const text = time(ms);
  if (span <= 36 * 3_600_000) return text.slice(11, 16);
  return span <= 5 * 86_400_000 ? text.slice(5, 16) : text.slice(5, 10);
}

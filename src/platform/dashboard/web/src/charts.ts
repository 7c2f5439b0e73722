// The two charts beside the ranking. Colours are Okabe and Ito's, and shapes differ too: neither needs colour vision.

import { BarChart, LineChart, ScatterChart } from "echarts/charts";
import { DataZoomComponent, GridComponent, LegendComponent, TooltipComponent } from "echarts/components";
import * as echarts from "echarts/core";
import { CanvasRenderer } from "echarts/renderers";
import type { Figure, Ranking } from "./api";
import { number, rounded, titled, unit, weaknesses } from "./figure";
import { division, industryName } from "./industry";
import { word } from "./words";

echarts.use([BarChart, LineChart, ScatterChart, DataZoomComponent, GridComponent, LegendComponent, TooltipComponent, CanvasRenderer]);

export const INK = "#24403f";
export const FAINT = "#dfe5e2";
export const PALETTE = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#e69f00", "#7f6000", "#000000"];
// five shapes and eight colours: no pair comes twice before the fortieth industry
const SHAPES = ["circle", "diamond", "triangle", "rect", "arrow"];
const FONT = 'system-ui, "Noto Sans CJK SC", "PingFang SC", "Microsoft YaHei", sans-serif';

export type Chart = echarts.ECharts;

/** A chart that follows the size of its place. Tips are drawn, never written as HTML. */
export function chart(place: HTMLElement): Chart {
  const made = echarts.init(place, null, { renderer: "canvas" });
  new ResizeObserver(() => made.resize()).observe(place);
  return made;
}

export const base = () => ({
  animation: false,
  textStyle: { fontFamily: FONT, color: INK },
  grid: { left: 12, right: 24, top: 36, bottom: 12, containLabel: true },
  tooltip: { renderMode: "richText" as const, confine: true, textStyle: { fontFamily: FONT } },
});

const axis = (name: string) => ({
  type: "value" as const,
  name,
  nameLocation: "middle" as const,
  nameGap: 30,
  nameTextStyle: { color: INK },
  axisLabel: { color: INK, formatter: rounded, hideOverlap: true },
  splitLine: { lineStyle: { color: FAINT } },
});

/** Whether there was anything to draw. */
export function drawBar(on: Chart, ranking: Ranking, figure: Figure, selected: string): boolean {
  // the axis of categories grows upwards: the first rank stands on top
  const sites = ranking.sites.filter((site) => site[figure] !== null).slice(0, 40).reverse();
  on.setOption(
    {
      ...base(),
      // room for the longest bar's label
      grid: { ...base().grid, top: 12, bottom: 34, right: 76 },
      tooltip: {
        ...base().tooltip,
        trigger: "item",
        formatter: (item: { name: string; value: number; data: { weak: string[] } }) =>
          [item.name, `${word(figure)} ${rounded(Number(item.value))} ${unit(figure)}`, ...item.data.weak].join("\n"),
      },
      xAxis: { ...axis(titled(figure)), splitNumber: on.getWidth() < 480 ? 2 : 5 },
      yAxis: {
        type: "category",
        data: sites.map((site) => `${site.name}${weaknesses(site.figures[figure]).length > 0 ? " ?" : ""}`),
        axisLabel: { color: INK, width: Math.min(170, on.getWidth() * 0.38), overflow: "truncate" },
        axisTick: { show: false },
        axisLine: { lineStyle: { color: FAINT } },
      },
      series: [
        {
          type: "bar",
          name: word(figure),
          barMaxWidth: 20,
          data: sites.map((site) => ({
            value: number(site, figure),
            weak: weaknesses(site.figures[figure]),
            code: site.credit_code,
            itemStyle: { color: site.credit_code === selected ? "#d55e00" : "#2f7f86" },
          })),
          label: { show: true, position: "right", color: INK, formatter: (item: { value?: unknown }) => rounded(Number(item.value)) },
        },
      ],
    },
    { notMerge: true },
  );
  return sites.length > 0;
}

/** Whether there was anything to draw. */
export function drawScatter(on: Chart, ranking: Ranking, selected: string): boolean {
  const groups = ranking.industries;
  const all = groups.map((code, i) => ({
    type: "scatter" as const,
    name: industryName(code),
    symbol: SHAPES[i % SHAPES.length],
    itemStyle: { color: PALETTE[i % PALETTE.length], opacity: 0.85 },
    data: ranking.sites
      .filter((site) => division(site.industry_code) === code && site.tce_per_mu !== null && site.output_value_wan_per_mu !== null)
      .map((site) => ({
        name: site.name,
        weak: [...new Set([...weaknesses(site.figures.output_value_wan_per_mu), ...weaknesses(site.figures.tce_per_mu)])],
        code: site.credit_code,
        value: [Number(site.output_value_wan_per_mu), Number(site.tce_per_mu)],
        symbolSize: site.credit_code === selected ? 20 : 12,
        itemStyle: site.credit_code === selected ? { borderColor: INK, borderWidth: 2 } : {},
      })),
  }));
  const series = all.filter((one) => one.data.length > 0);
  on.setOption(
    {
      ...base(),
      grid: { ...base().grid, bottom: 34, top: 76 },
      legend: { top: 0, type: "plain", textStyle: { color: INK }, itemWidth: 12, itemHeight: 12 },
      tooltip: {
        ...base().tooltip,
        trigger: "item",
        formatter: (item: { name: string; value: number[]; data: { weak: string[] } }) =>
          [
            item.name,
            `${titled("output_value_wan_per_mu")} ${rounded(item.value[0] ?? NaN)}`,
            `${titled("tce_per_mu")} ${rounded(item.value[1] ?? NaN)}`,
            ...item.data.weak,
          ].join("\n"),
      },
      xAxis: { ...axis(titled("output_value_wan_per_mu")), scale: true, splitNumber: on.getWidth() < 480 ? 3 : 5 },
      // above its axis: beside it, long numbers would run into it
      yAxis: { ...axis(titled("tce_per_mu")), nameLocation: "end", nameGap: 12, nameTextStyle: { color: INK, align: "left" }, scale: true },
      series,
    } as Parameters<Chart["setOption"]>[0],
    { notMerge: true },
  );
  return series.length > 0;
}

/** Calls back with the credit code of a clicked bar or dot. */
export function onClick(on: Chart, select: (code: string) => void): void {
  on.on("click", (event) => {
    const code = (event.data as { code?: unknown } | undefined)?.code;
    if (typeof code === "string") select(code);
  });
}

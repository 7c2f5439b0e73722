// Dots of two figures, a shape and a colour for each industry.

import { ScatterChart } from "echarts/charts";
import { DataZoomComponent } from "echarts/components";
import { INK, PALETTE, axis, base, use, type Chart, type Option } from "./base";
import { rounded } from "../part/figure";

use([ScatterChart, DataZoomComponent]);

// five shapes and eight colours: no pair comes twice before the fortieth industry
const SHAPES = ["circle", "diamond", "triangle", "rect", "arrow"];

export interface Dot {
  name: string;
  code: string;
  x: number;
  y: number;
  weak: string[];
}

/** `many` dots are drawn smaller and paler. */
export function drawScatter(on: Chart, x: string, y: string, groups: [name: string, dots: Dot[]][]): void {
  const many = groups.reduce((sum, [, dots]) => sum + dots.length, 0) > 200;
  const series = groups.map(([name, dots], i) => ({
    type: "scatter" as const,
    name,
    symbol: SHAPES[i % SHAPES.length],
    symbolSize: many ? 7 : 12,
    itemStyle: { color: PALETTE[i % PALETTE.length], opacity: many ? 0.6 : 0.85 },
    data: dots.map((dot) => ({ name: dot.name, weak: dot.weak, code: dot.code, value: [dot.x, dot.y] })),
  }));
  on.setOption({
    ...base(),
    grid: { ...base().grid, bottom: 34, top: 66 },
    legend: { top: 0, type: "scroll", textStyle: { color: INK }, itemWidth: 12, itemHeight: 12 },
    tooltip: {
      ...base().tooltip,
      trigger: "item",
      formatter: (item: { name: string; value: number[]; data: { weak: string[] } }) =>
        [item.name, `${x} ${rounded(item.value[0] ?? NaN)}`, `${y} ${rounded(item.value[1] ?? NaN)}`, ...item.data.weak].join("\n"),
    },
    xAxis: { ...axis(x), scale: true, splitNumber: on.getWidth() < 480 ? 3 : 5 },
    // above its axis: beside it, long numbers would run into it
    yAxis: { ...axis(y), nameLocation: "end", nameGap: 12, nameTextStyle: { color: INK, align: "left" }, scale: true },
    dataZoom: [{ type: "inside", xAxisIndex: 0, zoomOnMouseWheel: "ctrl" }, { type: "inside", yAxisIndex: 0, zoomOnMouseWheel: "ctrl" }],
    series,
  } as Option);
}

// Where energy comes in and where it goes: a Sankey picture.

import { SankeyChart } from "echarts/charts";
import { rounded } from "../part/figure";
import type { Flow } from "../part/flow";
import { INK, PALETTE, base, use, type Chart, type Option } from "./base";

use([SankeyChart]);

export function drawFlow(on: Chart, flow: Flow, unit: string): void {
  const colour = new Map(flow.carriers.map((carrier, i) => [carrier, PALETTE[i % PALETTE.length]!]));
  const names = [...new Set(flow.links.flatMap((link) => [link.source, link.target]))];
  const narrow = on.getWidth() < 560;
  on.setOption({
    ...base(),
    tooltip: {
      ...base().tooltip,
      trigger: "item",
      formatter: (item: { name: string; value: number; data: { source?: string; target?: string } }) =>
        `${item.data.source ? `${item.data.source} → ${item.data.target}` : item.name}\n${rounded(item.value)} ${unit}`,
    },
    series: [
      {
        type: "sankey",
        left: 4,
        right: narrow ? 90 : 150,
        top: 12,
        bottom: 12,
        nodeGap: 12,
        draggable: false,
        emphasis: { focus: "adjacency" },
        label: { color: INK, width: narrow ? 84 : 144, overflow: "truncate", fontSize: 12 },
        lineStyle: { color: "source", opacity: 0.35 },
        data: names.map((name) => ({ name, itemStyle: { color: colour.get(flow.carrierOf.get(name) ?? "") ?? "#5b6d6c", borderWidth: 0 } })),
        links: flow.links.map((link) => ({ source: link.source, target: link.target, value: link.value })),
      },
    ],
  } as Option);
}

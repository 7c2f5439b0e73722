// What all charts share. Colours are Okabe and Ito's, and shapes or words differ too: no chart needs colour vision.

import { GridComponent, LegendComponent, TooltipComponent } from "echarts/components";
import * as echarts from "echarts/core";
import { CanvasRenderer } from "echarts/renderers";
import { h } from "../dom";
import { rounded } from "../part/figure";

echarts.use([GridComponent, LegendComponent, TooltipComponent, CanvasRenderer]);

export const INK = "#24403f";
export const FAINT = "#dfe5e2";
export const PALETTE = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#e69f00", "#7f6000", "#000000"];
const FONT = 'system-ui, "Noto Sans CJK SC", "PingFang SC", "Microsoft YaHei", sans-serif';

export type Chart = echarts.ECharts;
export type Option = Parameters<Chart["setOption"]>[0];

export const use = echarts.use;

/** A chart that follows the size of its place, from when that is on the page. Tips are drawn, never written as HTML. */
export class Drawing {
  readonly place: HTMLElement;
  private made: Chart | undefined;
  private draw: (on: Chart) => void = () => undefined;

  /** `label` says in words what the picture shows. */
  constructor(id: string, label: string, draw?: (on: Chart) => void, private readonly select?: (code: string) => void) {
    this.place = h("div", { class: "chart", id, role: "img", "aria-label": label });
    if (draw) this.draw = draw;
    new ResizeObserver(() => this.fit()).observe(this.place);
  }

  /** The place, higher than charts usually are. */
  tall(): HTMLElement {
    this.place.classList.add("tall");
    return this.place;
  }

  show(draw: (on: Chart) => void): void {
    this.draw = draw;
    if (this.made) draw(this.made);
  }

  private fit(): void {
    // gone from the page with the page's content
    if (!this.place.isConnected) return this.made?.dispose();
    if (this.place.clientWidth === 0) return;
    if (this.made) return this.made.resize();
    this.made = echarts.init(this.place, null, { renderer: "canvas" });
    if (this.select) onClick(this.made, this.select);
    this.draw(this.made);
  }
}

export const base = () => ({
  animation: false,
  textStyle: { fontFamily: FONT, color: INK },
  grid: { left: 12, right: 24, top: 36, bottom: 12, containLabel: true },
  tooltip: { renderMode: "richText" as const, confine: true, textStyle: { fontFamily: FONT } },
});

export const axis = (name: string) => ({
  type: "value" as const,
  name,
  nameLocation: "middle" as const,
  nameGap: 30,
  nameTextStyle: { color: INK },
  axisLabel: { color: INK, formatter: rounded, hideOverlap: true },
  splitLine: { lineStyle: { color: FAINT } },
});

/** Calls back with the code of a clicked bar or dot. */
function onClick(on: Chart, select: (code: string) => void): void {
  on.on("click", (event) => {
    const code = (event.data as { code?: unknown } | undefined)?.code;
    if (typeof code === "string") select(code);
  });
}

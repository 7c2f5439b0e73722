// How figures are written: at most four significant decimals on the page, the exact value in the title.

import type { Figure, Site, State } from "../api/figures";
import { current, said, type Text } from "../language";
import { word, wordOr } from "../words/common";

export const MISSING = "—";

export const FIGURES: readonly Figure[] = [
  "tce_per_mu",
  "output_value_wan_per_mu",
  "tce_per_wan",
  "kgce_per_product",
  "kwh",
  "kgce",
  "kgce_without_raw_material",
  "kgce_without_renewable",
  "co2_t",
  "output",
  "output_value_wan",
  "tax_wan_per_mu",
  "value_added_wan_per_mu",
  "completeness",
];

/** The figure's unit; a product's own unit is only known of one site. */
export function unit(figure: Figure): string {
  switch (figure) {
    case "kwh":
      return "kWh";
    case "kgce":
    case "kgce_without_raw_material":
    case "kgce_without_renewable":
      return "kgce";
    case "co2_t":
      return "t";
    case "output_value_wan":
      return word("unit_wan");
    case "kgce_per_product":
      return word("unit_kgce_per_product");
    case "tce_per_wan":
      return word("unit_tce_per_wan");
    case "tce_per_mu":
      return word("unit_tce_per_mu");
    case "output_value_wan_per_mu":
    case "tax_wan_per_mu":
    case "value_added_wan_per_mu":
      return word("unit_wan_per_mu");
    case "output":
      return "";
    case "completeness":
      return "%";
  }
}

export function titled(figure: Figure): string {
  const of = unit(figure);
  return of === "" ? word(figure) : `${word(figure)} (${of})`;
}

/** For drawing: completeness in per cent. */
export function number(site: Site, figure: Figure): number | null {
  const text = site[figure];
  if (text === null) return null;
  return figure === "completeness" ? Number(text) * 100 : Number(text);
}

export function rounded(value: number): string {
  const size = Math.abs(value);
  const digits = size === 0 || size >= 1000 ? 0 : size >= 100 ? 1 : size >= 1 ? 2 : 4;
  // small values keep three digits that say something
  const options = size > 0 && size < 0.1 ? { maximumSignificantDigits: 3 } : { maximumFractionDigits: digits };
  return value.toLocaleString(current() === "zh" ? "zh-CN" : "en-GB", options);
}

export function shown(site: Site, figure: Figure): string {
  const value = number(site, figure);
  if (value === null) return MISSING;
  // never "100 %" for what is not whole
  if (figure === "completeness") return `${(Math.floor(value * 10) / 10).toFixed(value === 100 ? 0 : 1)} %`;
  return rounded(value);
}

export function reasons(notes: Text[]): string {
  return notes.length === 0 ? word("noReason") : notes.map(said).join("\n");
}

export const doubted = (doubts: string[]) => doubts.map((name) => wordOr(`doubt_${name}`));

/** Why a figure is not simply good, a line each; none where it is. */
export function weaknesses(state: State | undefined): string[] {
  if (state === undefined || state.quality === "good") return [];
  const share = state.completeness === null ? "" : ` ${(Math.floor(Number(state.completeness) * 1000) / 10).toFixed(1)} %`;
  const lines = [...(state.incomplete ? [`${word("incomplete")}${share}`] : []), ...doubted(state.doubts)];
  const estimated = state.estimated_share === null ? "" : ` ${rounded(Number(state.estimated_share) * 100)} %`;
  for (const source of state.sources) if (source !== "automatic") lines.push(wordOr(`source_${source}`) + (source === "estimated" ? estimated : ""));
  return lines.length === 0 ? [word("uncertainSee")] : lines;
}

const CHINA_MS = 8 * 3_600_000;

/** `2026-11-24 13:45:10`, China Standard Time wherever the reader is. A gateway's clock can say what no calendar knows. */
export function time(ms: number): string {
  const instant = new Date(ms + CHINA_MS);
  return Number.isNaN(instant.getTime()) ? MISSING : instant.toISOString().slice(0, 19).replace("T", " ");
}

/** Today in China, `2026-11-24`. */
export function today(): string {
  return time(Date.now()).slice(0, 10);
}

export function duration(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  const [value, zh, en] =
    seconds < 120 ? [seconds, "秒", "s"] : seconds < 7200 ? [Math.round(seconds / 60), "分钟", "min"] : [Math.round(seconds / 3600), "小时", "h"];
  return `${value} ${current() === "zh" ? zh : en}`;
}

// A year's targets, lights, quotas and limit values.

import { readIntensity, readLimits, readQuotas, readTargets, type IntensityRow, type Limit, type Quota, type Target, type TargetLight } from "../../api/dual";
import { h, type Child } from "../../dom";
import { said } from "../../language";
import { light } from "../../part/badge";
import { today } from "../../part/figure";
import { basis, basisOf, filters } from "../../part/filters";
import { amount, decimal, percent } from "../../part/number";
import { offsetOf, pager, PAGE_ROWS } from "../../part/pager";
import { begun, card } from "../../part/part";
import { table, type Cell } from "../../part/table";
import { link } from "../../router";
import { may } from "../../session";
import type { Opened, View } from "../../view";
import { word } from "../../words/common";
import { kind, limitGrade, w } from "../../words/dual";
import { w as list } from "../../words/list";
import { page as pageName } from "../../words/shell";
import { askQuota, askTarget } from "./set";

/** Regions that can have a target, from the largest. */
const LEVELS = ["province", "city", "county", "township"] as const;
const ROWS_MAX = 200;

export async function open({ place, signal }: View): Promise<Opened> {
  const year = Number(place.query.get("year") ?? today().slice(0, 4));
  const on = basisOf(place.query);
  const offset = offsetOf(place.query);
  return {
    title: pageName("targets"),
    content: [
      filters(yearField(year), basis(on)),
      card(w("lights"), h("p", { class: "soft" }, w("rules")), begun(() => lights(year, on, signal))),
      card(w("targets"),
        may("operator") && h("p", { class: "buttons" }, h("button", { id: "set-target", type: "button", onclick: () => askTarget(year) }, w("setTarget"))),
        begun(async () => targets((await readTargets({ year }, signal)).rows))),
      card(w("quotas"),
        may("operator") && h("p", { class: "buttons" }, h("button", { id: "set-quota", type: "button", onclick: () => askQuota(year) }, w("setQuota"))),
        begun(async () => {
          const { rows, total } = await readQuotas({ year, basis: on, offset, limit: PAGE_ROWS }, signal);
          return [quotas(rows, year), pager(offset, rows.length, total)];
        })),
      card(w("limits"), begun(async () => limits((await readLimits(signal)).rows))),
    ],
  };
}

export const yearField = (year: number): HTMLElement =>
  h("label", {}, h("span", {}, list("year")), " ", h("input", { id: "year", name: "year", type: "number", min: "1970", max: "2199", value: String(year) }));

/** Every region that has a target: what is asked of it to date, what came of it, and the light. */
async function lights(year: number, on: string, signal: AbortSignal): Promise<Child> {
  const rows: { row: IntensityRow; target: TargetLight }[] = [];
  for (const by of LEVELS) {
    const found = await readIntensity({ by, period: year, basis: on, limit: ROWS_MAX }, signal);
    for (const row of found.rows) for (const target of row.lights) rows.push({ row, target });
  }
  return table({
    id: "lights",
    caption: w("lights"),
    empty: w("noTargets"),
    rows,
    columns: [
      { key: "region", head: list("region"), cell: ({ row }) => ({ content: said(row.title), title: row.key, name: "data" }) },
      { key: "kind", head: w("kind"), cell: ({ target }) => kind(target.kind) },
      { key: "target", head: w("wholeYear"), number: true, cell: ({ target }) => measured(target, target.target) },
      { key: "to-date", head: w("toDate"), number: true, cell: ({ target }) => measured(target, target.to_date) },
      { key: "actual", head: w("actual"), number: true, cell: ({ row, target }) => (target.actual === null ? amount(null, row.notes.map(said).join("\n")) : measured(target, target.actual)) },
      { key: "light", head: w("light"), cell: ({ target }) => ({ content: light(target.light) }) },
    ],
  });
}

/** Targets are per cent, but a total in tonnes. */
const measured = (target: TargetLight, value: string): Cell => ({ content: `${decimal(value)} ${target.kind === "total_tce" ? "tce" : "%"}`, title: value });

function targets(rows: Target[]): HTMLElement {
  return table<Target>({
    id: "targets",
    caption: w("targets"),
    empty: w("noTargets"),
    rows,
    columns: [
      { key: "region", head: list("region"), cell: (row) => row.region },
      { key: "kind", head: w("kind"), cell: (row) => kind(row.tce === null ? row.kind : "total_tce") },
      { key: "value", head: w("target"), number: true, cell: (row) => (row.percent === null ? { content: `${amount(row.tce).content as string} tce`, title: row.tce ?? "" } : { content: percent(row.percent), title: row.percent }) },
      { key: "source", head: w("source"), cell: (row) => ({ content: row.source, name: "data" }) },
      { key: "by", head: w("setBy"), cell: (row) => row.by },
    ],
  });
}

function quotas(rows: Quota[], year: number): HTMLElement {
  return table<Quota>({
    id: "quotas",
    caption: w("quotas"),
    empty: w("noQuotas"),
    rows,
    columns: [
      { key: "name", head: word("site"), cell: (row) => ({ content: h("a", { id: `quota-${row.code}`, href: link(`targets/${row.code}`, { year }) }, row.name), title: row.code, name: "site-name" }) },
      { key: "quota", head: w("quota"), unit: "tce", number: true, cell: (row) => amount(row.tce) },
      { key: "used", head: w("used"), unit: "tce", number: true, cell: (row) => amount(row.used) },
      { key: "share", head: w("usedShare"), cell: (row) => progress(row) },
      { key: "left", head: w("left"), unit: "tce", number: true, cell: (row) => amount(row.left) },
      { key: "forecast", head: w("forecast"), unit: "tce", number: true, cell: (row) => amount(row.forecast) },
      { key: "light", head: w("light"), cell: (row) => ({ content: light(row.light) }) },
    ],
  });
}

function progress(row: Quota) {
  if (row.used_percent === null) return null;
  const bar = h("progress", { max: "100", value: Math.min(Number(row.used_percent), 100), "aria-hidden": "true" });
  return { content: [bar, ` ${percent(row.used_percent)}`], title: row.year_percent === null ? "" : `${w("yearShare")} ${percent(row.year_percent)}` };
}

function limits(rows: Limit[]): HTMLElement {
  return table<Limit>({
    id: "limits",
    caption: w("limits"),
    empty: w("noLimits"),
    rows,
    columns: [
      { key: "product", head: w("product"), cell: (row) => ({ content: row.product, name: "data" }) },
      { key: "grade", head: w("level"), cell: (row) => limitGrade(row.grade) },
      { key: "value", head: w("limitValue"), number: true, cell: (row) => ({ content: `${row.kgce_per_unit} kgce/${row.unit}`, name: "exact" }) },
      { key: "region", head: list("region"), cell: (row) => (row.region === "" ? w("national") : row.region) },
      { key: "from", head: word("from"), cell: (row) => row.valid_from },
      { key: "source", head: w("source"), cell: (row) => ({ content: row.source, name: "wrap data" }) },
    ],
  });
}

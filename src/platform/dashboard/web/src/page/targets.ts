// Dual control: targets and lights of regions, and the energy quotas of sites with their forecast.

import { readQuota, readQuotas, readTargets, type Quota, type QuotaProgress, type Target } from "../api/dual";
import { h, type Child } from "../dom";
import { said } from "../language";
import { light } from "../part/badge";
import { today } from "../part/figure";
import { filters } from "../part/filters";
import { amount, decimal, percent } from "../part/number";
import { offsetOf, pager, PAGE_ROWS } from "../part/pager";
import { begun, card } from "../part/part";
import { table } from "../part/table";
import { link } from "../router";
import type { Opened, View } from "../view";
import { word } from "../words/common";
import { kind, w } from "../words/dual";
import { w as list } from "../words/list";
import { page as pageName } from "../words/shell";

export async function open({ place, signal }: View): Promise<Opened> {
  const year = Number(place.query.get("year") ?? today().slice(0, 4));
  const yearField = h("label", {}, h("span", {}, list("year")), " ", h("input", { id: "year", name: "year", type: "number", min: "1970", max: "2199", value: String(year) }));
  const [code] = place.args;
  if (code !== undefined) return one(await readQuota(code, year, signal), yearField);
  const offset = offsetOf(place.query);
  return {
    title: pageName("targets"),
    content: [
      filters(yearField),
      card(w("targets"), h("p", { class: "soft" }, `${w("lights")}: ${w("rules")}`), begun(async () => targets((await readTargets({ year }, signal)).rows))),
      card(w("quotas"), begun(async () => {
        const { rows, total } = await readQuotas({ year, offset, limit: PAGE_ROWS }, signal);
        return [quotas(rows, year), pager(offset, rows.length, total)];
      })),
    ],
  };
}

function targets(rows: Target[]): HTMLElement {
  return table<Target>({
    id: "targets",
    caption: w("targets"),
    empty: w("noTargets"),
    rows,
    columns: [
      { key: "region", head: list("region"), cell: (row) => row.region },
      { key: "kind", head: w("kind"), cell: (row) => kind(row.kind) },
      { key: "percent", head: w("percent"), number: true, cell: (row) => (row.percent === null ? null : percent(row.percent)) },
      { key: "limit", head: w("limit"), unit: "tce", number: true, cell: (row) => amount(row.tce) },
      { key: "source", head: w("source"), cell: (row) => row.source },
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
      { key: "share", head: w("usedShare"), cell: (row) => ({ content: progress(row.used, row.tce) }) },
      { key: "forecast", head: w("forecast"), unit: "tce", number: true, cell: (row) => amount(row.forecast) },
      { key: "light", head: w("light"), cell: (row) => ({ content: light(row.light) }) },
    ],
  });
}

function progress(used: string | null, of: string | null): Child {
  if (used === null || of === null || Number(of) === 0) return h("span", { class: "missing" }, "—");
  const share = (100 * Number(used)) / Number(of);
  return [h("progress", { max: "100", value: Math.min(share, 100), "aria-hidden": "true" }), ` ${percent(String(share))}`];
}

async function one(quota: QuotaProgress, yearField: HTMLElement): Promise<Opened> {
  const [{ Drawing }, { drawMonths }] = await Promise.all([import("../chart/base"), import("../chart/months")]);
  const number = (value: string | null | undefined) => (value === null || value === undefined ? null : Number(value));
  const { months } = quota;
  const band = quota.band === null ? "" : `${decimal(quota.band[0])} – ${decimal(quota.band[1], "tce")}`;
  const facts: [string, Child][] = [
    [w("quota"), decimal(quota.tce, "tce")],
    [w("used"), decimal(quota.used, "tce")],
    [w("forecast"), decimal(quota.forecast, "tce")],
    [w("band"), band === "" ? h("span", { class: "missing" }, "—") : band],
    [w("method"), said(quota.method)],
    [w("error"), quota.error === null ? h("span", { class: "missing" }, "—") : percent(quota.error)],
  ];
  const labels = months.map((month) => String(month.month));
  return {
    title: `${quota.name} · ${w("quotas")}`,
    content: [
      filters(yearField),
      h("p", {}, h("a", { href: link("targets", { year: quota.year }) }, `‹ ${w("back")}`), " · ", h("a", { href: link(`site/${quota.code}`) }, quota.name)),
      h("section", { class: "card" }, h("dl", { class: "facts-list" }, facts.map(([name, value]) => h("div", {}, h("dt", {}, name), h("dd", {}, value))))),
      card(w("months"),
        new Drawing("quota-months", w("months"), (on) => drawMonths(on, labels, ["tce"], [
          { name: w("used"), kind: "bar", colour: "#0072b2", values: months.map((month) => number(month.used)) },
          { name: w("forecast"), kind: "line", colour: "#d55e00", dashed: true, values: months.map((month) => number(month.forecast)) },
        ], { name: w("band"), low: months.map((month) => number(month.low)), high: months.map((month) => number(month.high)) })).place,
        table({
          id: "quota-table",
          caption: w("months"),
          empty: w("none"),
          rows: months,
          columns: [
            { key: "month", head: word("month"), cell: (row) => row.month },
            { key: "used", head: w("used"), unit: "tce", number: true, cell: (row) => amount(row.used) },
            { key: "forecast", head: w("forecast"), unit: "tce", number: true, cell: (row) => amount(row.forecast) },
            { key: "band", head: w("band"), unit: "tce", number: true, cell: (row) => (row.low === null || row.high === null ? null : `${decimal(row.low)} – ${decimal(row.high)}`) },
          ],
        }),
      ),
    ],
  };
}

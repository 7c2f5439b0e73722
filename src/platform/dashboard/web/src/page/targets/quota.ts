// One site's quota: month by month, the forecast to the year's end, how it is made and how far it was off.

import { readQuota, type QuotaWhole } from "../../api/dual";
import { h, type Child } from "../../dom";
import { said } from "../../language";
import { light } from "../../part/badge";
import { MISSING, today } from "../../part/figure";
import { filters } from "../../part/filters";
import { amount, decimal, percent } from "../../part/number";
import { card } from "../../part/part";
import { table } from "../../part/table";
import { link } from "../../router";
import type { Opened, View } from "../../view";
import { word } from "../../words/common";
import { w } from "../../words/dual";
import { yearField } from "./year";

export async function open({ place, signal }: View, code: string): Promise<Opened> {
  const year = Number(place.query.get("year") ?? today().slice(0, 4));
  const quota = await readQuota(code, year, signal);
  const { months } = quota;
  const [{ Drawing }, { drawMonths }] = await Promise.all([import("../../chart/base"), import("../../chart/months")]);
  const number = (value: string | null) => (value === null ? null : Number(value));
  const drawing = new Drawing("quota-months", w("months"), (on) =>
    drawMonths(on, months.map((month) => String(month.month)), ["tce"], [
      { name: w("used"), kind: "bar", colour: "#0072b2", values: months.map((month) => number(month.used)) },
      { name: w("monthForecast"), kind: "line", colour: "#d55e00", dashed: true, values: months.map((month) => number(month.forecast)) },
    ], { name: w("band"), low: months.map((month) => number(month.low)), high: months.map((month) => number(month.high)) }));
  return {
    title: `${quota.name} · ${w("quotas")}`,
    content: [
      filters(yearField(year)),
      h("p", { class: "line" }, h("a", { href: link("targets", { year }) }, `‹ ${w("back")}`), h("a", { href: link(`site/${code}`) }, quota.name)),
      h("section", { class: "card" }, h("dl", { class: "facts-list" }, facts(quota).map(([name, value]) => h("div", {}, h("dt", {}, name), h("dd", {}, value))))),
      card(w("months"), drawing.place, table({
        id: "quota-table",
        caption: w("months"),
        empty: w("none"),
        rows: months,
        columns: [
          { key: "month", head: word("month"), cell: (row) => row.month },
          { key: "used", head: w("used"), unit: "tce", number: true, cell: (row) => amount(row.used) },
          { key: "forecast", head: w("monthForecast"), unit: "tce", number: true, cell: (row) => amount(row.forecast) },
          { key: "band", head: w("band"), unit: "tce", number: true, cell: (row) => (row.low === null || row.high === null ? null : `${decimal(row.low)} – ${decimal(row.high)}`) },
        ],
      })),
    ],
  };
}

function facts(quota: QuotaWhole): [string, Child][] {
  const error = quota.error === null ? MISSING : `${percent(quota.error)} (${quota.held_out_months} ${w("heldOut")}; ${w("errorSum")} ${percent(quota.error_sum_max)})`;
  return [
    [w("light"), light(quota.light)],
    [w("quota"), decimal(quota.tce, "tce")],
    [w("used"), `${decimal(quota.used, "tce")} · ${percent(quota.used_percent)}`],
    [w("yearShare"), percent(quota.year_percent)],
    [w("left"), decimal(quota.left, "tce")],
    [w("forecast"), decimal(quota.forecast, "tce")],
    [w("band"), quota.band === null ? MISSING : `${decimal(quota.band[0])} – ${decimal(quota.band[1], "tce")}`],
    [w("method"), said(quota.method)],
    [w("error"), error],
    [w("source"), h("span", { class: "data" }, quota.source)],
  ];
}

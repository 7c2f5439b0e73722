// Energy intensity by site, industry or region; against the year before.

import { readIntensity, type IntensityRow } from "../api/dual";
import { h } from "../dom";
import { said } from "../language";
import { light } from "../part/badge";
import { downloads } from "../part/download";
import { basis, basisOf, choice, filters, period, periodOf } from "../part/filters";
import { industryName } from "../part/industry";
import { amount, percent } from "../part/number";
import { offsetOf, pager, PAGE_ROWS } from "../part/pager";
import { table } from "../part/table";
import { changed, link } from "../router";
import type { Opened, View } from "../view";
import { by as byName, per as perName, w } from "../words/dual";
import { w as list } from "../words/list";
import { page as pageName } from "../words/shell";

const BY = ["site", "section", "industry", "class", "township", "county", "city", "province"] as const;
const PER = ["value_added", "output_value", "product"] as const;

export async function open({ place, signal }: View): Promise<Opened> {
  const value = (key: string, otherwise = "") => place.query.get(key) ?? otherwise;
  const by = value("by", "county");
  const chosen = periodOf(place.query);
  const question = {
    by,
    per: value("per", "value_added"),
    period: spanned(chosen, value("span")),
    basis: basisOf(place.query),
    region: value("region"),
    industry: value("industry"),
    sort: value("sort"),
    order: value("order"),
  };
  const offset = offsetOf(place.query);
  const { rows, total } = await readIntensity({ ...question, offset, limit: PAGE_ROWS }, signal);
  const unit = rows.find((row) => row.unit !== "")?.unit ?? "";
  return {
    title: pageName("intensity"),
    content: [
      filters(
        period(chosen),
        choice("span", w("span"), [["", w("asChosen")], ["quarter", w("quarter")], ["rolling", w("rolling")]], value("span")),
        basis(question.basis),
        choice("by", w("by"), BY.map((one) => [one, byName(one)] as const), by),
        choice("per", w("per"), PER.map((one) => [one, perName(one)] as const), question.per),
        h("label", {}, h("span", {}, list("region")), " ", h("input", { id: "region", name: "region", type: "text", class: "short", value: question.region, placeholder: "331003", pattern: "[0-9]{2,9}" })),
      ),
      downloads("intensity", question),
      h("section", { class: "card" }, table<IntensityRow>({
        id: "intensity",
        caption: pageName("intensity"),
        empty: w("none"),
        rows,
        sorted: { by: question.sort, order: question.order === "asc" ? "asc" : "desc" },
        columns: [
          { key: "name", head: w("key"), cell: (row) => ({ content: named(by, row), title: row.key, name: "site-name" }) },
          { key: "tce", head: w("energy"), unit: "tce", number: true, sort: "tce", cell: (row) => amount(row.tce, notes(row)) },
          { key: "co2", head: w("carbon"), unit: "t", number: true, sort: "co2_t", cell: (row) => amount(row.co2_t, notes(row)) },
          { key: "denominator", head: perName(question.per), number: true, sort: "denominator", cell: (row) => amount(row.denominator, notes(row)) },
          { key: "intensity", head: w("intensity"), unit, number: true, sort: "intensity", cell: (row) => ({ ...amount(row.intensity, notes(row)), name: row.intensity === null ? "missing" : row.notes.length > 0 ? "uncertain" : "", title: [row.intensity ?? "", notes(row)].filter((text) => text).join("\n") }) },
          { key: "last", head: w("lastYear"), unit, number: true, cell: (row) => amount(row.last_year) },
          { key: "change", head: w("change"), number: true, sort: "change_percent", cell: (row) => (row.change_percent === null ? null : percent(row.change_percent, true)) },
          { key: "light", head: w("light"), cell: (row) => ({ content: light(row.light) }) },
        ],
      }), pager(offset, rows.length, total)),
    ],
  };
}

/** The quarter, or the twelve months, that end with the chosen period's month: `2026-Q4`, `rolling:2026-11`. */
function spanned(chosen: string, span: string): string {
  const [, year, month = "12"] = /^(\d{4})(?:-(\d\d))?(?:-\d\d)?$/.exec(chosen) ?? [];
  if (year === undefined || span === "") return chosen;
  return span === "quarter" ? `${year}-Q${Math.ceil(Number(month) / 3)}` : `rolling:${year}-${month}`;
}

const notes = (row: IntensityRow): string => row.notes.map(said).join("\n");

/** A site leads to its page, a region to what lies below it. */
function named(by: string, row: IntensityRow) {
  if (by === "site") return h("a", { id: `of-${row.key}`, href: link(`site/${row.key}`) }, row.name);
  if (by === "industry") return h("a", { id: `of-${row.key}`, href: changed({ by: "site", industry: row.key, offset: null }) }, industryName(row.key));
  const below: Record<string, string> = { province: "city", city: "county", county: "township", township: "site" };
  return h("a", { id: `of-${row.key}`, href: changed({ by: below[by] ?? "site", region: row.key, offset: null }) }, row.name);
}

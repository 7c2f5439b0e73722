// Energy intensity by site, industry or region; against the year before.

import { readIntensity, type IntensityRow } from "../api/dual";
import { h } from "../dom";
import { said } from "../language";
import { light } from "../part/badge";
import { MISSING } from "../part/figure";
import { basis, basisOf, choice, filters, period, periodOf } from "../part/filters";
import { industryName } from "../part/industry";
import { amount, percent, whole } from "../part/number";
import { offsetOf, pager, PAGE_ROWS } from "../part/pager";
import { table, type Cell } from "../part/table";
import { unitName } from "../part/unit";
import { changed, link } from "../router";
import type { Opened, View } from "../view";
import { by as byName, counting, kind, limit as limitName, per as perName, w } from "../words/dual";
import { w as list } from "../words/list";
import { page as pageName } from "../words/shell";

const BY = ["site", "section", "industry", "class", "township", "county", "city", "province"] as const;
const COUNTINGS = ["", "without_raw_material", "without_both"] as const;
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
    product: value("product"),
    counting: value("counting"),
    sort: value("sort"),
    order: value("order"),
  };
  const offset = offsetOf(place.query);
  const { rows, total } = await readIntensity({ ...question, offset, limit: PAGE_ROWS }, signal);
  const unit = unitName(rows.find((row) => row.unit !== "")?.unit ?? "");
  return {
    title: pageName("intensity"),
    content: [
      filters(
        period(chosen),
        choice("span", w("span"), [["", w("asChosen")], ["quarter", w("quarter")], ["rolling", w("rolling")]], value("span")),
        basis(question.basis),
        choice("by", w("by"), BY.map((one) => [one, byName(one)] as const), by),
        choice("per", w("per"), PER.map((one) => [one, perName(one)] as const), question.per),
        choice("counting", w("counting"), COUNTINGS.map((one) => [one, counting(one)] as const), question.counting),
        question.per === "product" && h("label", {}, h("span", {}, perName("product")), " ", h("input", { id: "product", name: "product", type: "text", class: "short", value: question.product, maxlength: "64" })),
        h("label", {}, h("span", {}, list("region")), " ", h("input", { id: "region", name: "region", type: "text", class: "short", value: question.region, placeholder: "331003", pattern: "[0-9]{6}|[0-9]{9}" })),
      ),
      h("section", { class: "card" }, table<IntensityRow>({
        id: "intensity",
        caption: pageName("intensity"),
        empty: w("none"),
        rows,
        sorted: { by: question.sort, order: question.order === "desc" ? "desc" : "asc" },
        columns: [
          { key: "name", head: w("key"), cell: (row) => ({ content: named(by, row), title: row.key, name: "site-name" }) },
          { key: "known", head: w("known"), number: true, cell: (row) => ({ content: `${whole(row.known)}/${whole(row.sites)}`, title: missing(row), name: row.lower_bound ? "warn" : "" }) },
          { key: "tce", head: w("energy"), unit: "tce", number: true, sort: "tce", cell: (row) => bounded(row, row.tce) },
          { key: "co2", head: w("carbon"), unit: "t", number: true, sort: "co2_t", cell: (row) => bounded(row, row.co2_t) },
          { key: "denominator", head: perName(question.per), number: true, sort: "denominator", cell: (row) => amount(row.denominator, notes(row)) },
          { key: "intensity", head: w("intensity"), unit, number: true, sort: "intensity", cell: (row) => ratio(row) },
          { key: "last", head: w("lastYear"), unit, number: true, cell: (row) => amount(row.last_year, notes(row)) },
          { key: "change", head: w("change"), number: true, sort: "change_percent", cell: (row) => (row.change_percent === null ? null : { content: percent(row.change_percent, true), title: `${row.change_percent} %\n${w("matched")} ${whole(row.matched)}` }) },
          { key: "light", head: w("light"), cell: (row) => ({ content: light(row.light), title: lights(row) }) },
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

/** A sum that leaves sites out is told to be a lower bound. */
function bounded(row: IntensityRow, value: string | null): Cell {
  if (value === null) return amount(value, notes(row));
  return row.lower_bound ? { ...amount(value), content: `≥ ${amount(value).content as string}`, title: `${value}\n${w("lowerBound")}\n${missing(row)}`, name: "uncertain" } : amount(value);
}

function ratio(row: IntensityRow): Cell {
  if (row.intensity === null) return amount(null, notes(row));
  const why = notes(row);
  return { ...amount(row.intensity), title: [row.intensity, why].filter((text) => text !== "").join("\n"), name: why === "" ? "" : "uncertain" };
}

/** Who is in no sum, and what is not known of them. */
function missing(row: IntensityRow): string {
  const each = row.missing.map((one) => `${one.credit_code}: ${[one.energy ? w("noEnergy") : "", one.denominator ? w("noDenominator") : ""].filter((text) => text !== "").join(", ")}`);
  return [...each, ...(row.missing_total > each.length ? ["…"] : [])].join("\n");
}

function lights(row: IntensityRow): string {
  const targets = row.lights.map((one) => `${kind(one.kind)}: ${one.actual ?? MISSING} / ${one.to_date} (${w("wholeYear")} ${one.target})`);
  const limit = row.limit === null ? [] : [`${w("limitValue")} ${row.limit.kgce_per_unit} · ${row.limit.source}${row.limit.reached === null ? "" : ` · ${limitName(row.limit.reached)}`}`];
  return [...targets, ...limit].join("\n");
}

/** A site leads to its page, a region to what lies below it. */
function named(by: string, row: IntensityRow) {
  if (by === "site") return h("a", { id: `of-${row.key}`, href: link(`site/${row.key}`) }, said(row.title));
  if (by === "section" || by === "industry" || by === "class") {
    return h("a", { id: `of-${row.key}`, href: changed({ by: "site", industry: row.key, offset: null }) }, row.key.length === 3 ? industryName(row.key) : said(row.title));
  }
  const below: Record<string, string> = { province: "city", city: "county", county: "township", township: "site" };
  return h("a", { id: `of-${row.key}`, href: changed({ by: below[by] ?? "site", region: row.key, offset: null }) }, said(row.title));
}

// The region at one look: its figures, lights, grades, trend and open warnings. Each part is read by itself.

import { readIntensity, readMonths, readRegions, readWarnings, type IntensityRow, type Month, type Region, type Warning } from "../api/dual";
import { readRanking } from "../api/figures";
import { readEvaluation, readEvaluations } from "../api/rules";
import { h, type Child } from "../dom";
import { said } from "../language";
import { light } from "../part/badge";
import { MISSING, time, titled, weaknesses, shown } from "../part/figure";
import { basis, basisOf, choice, filters, period, periodOf } from "../part/filters";
import { amount, decimal, percent, whole } from "../part/number";
import { begun, card } from "../part/part";
import { levelOf, sixDigits } from "../part/region";
import { RuleNames } from "../part/ruleset";
import { gradeShares } from "../part/shares";
import { unitName } from "../part/unit";
import { table } from "../part/table";
import { link } from "../router";
import { session } from "../session";
import type { Opened, View } from "../view";
import { word } from "../words/common";
import { kind } from "../words/dual";
import { w } from "../words/overview";
import { w as list } from "../words/list";
import { page as pageName } from "../words/shell";

const LIGHTS = ["red", "yellow", "green", "no_target"] as const;
const WARNINGS_SHOWN = 5;
const RANKED_SHOWN = 5;
/** More provinces than there are. */
const ROWS_MAX = 40;

export async function open({ place, signal }: View): Promise<Opened> {
  const [of, on] = [periodOf(place.query), basisOf(place.query)];
  const region = place.query.get("region") ?? homeRegion();
  const year = of.slice(0, 4);
  const below = forked(region, signal);
  const names = begun(async () => regionChoice((await below).rows, region));
  return {
    title: pageName("overview"),
    content: [
      filters(period(of), basis(on), names),
      begun(async () => tiles(await readIntensity({ by: levelOf(region), region, period: of, basis: on, per: "value_added", limit: ROWS_MAX }, signal))),
      h("div", { class: "pair" },
        card(w("lights"), h("p", { class: "soft" }, w("lightsNote")), begun(async () => lights((await below).rows))),
        card(w("grades"), begun(() => grades(year, region, signal))),
      ),
      card(w("trend"), begun(() => trend(year, region, on, signal))),
      h("div", { class: "pair" },
        card(w("warnings"), begun(async () => warnings((await readWarnings({ state: "open", region, limit: WARNINGS_SHOWN }, signal)).rows)), h("p", {}, h("a", { href: link("warnings") }, w("all")))),
        card(w("topRank"), begun(() => ranked(of, on, region, signal)), h("p", {}, h("a", { href: link("ranking") }, w("all")))),
      ),
    ],
  };
}

/** The regions below, from the first of them of which there are several. */
async function forked(region: string, signal: AbortSignal): Promise<{ rows: Region[] }> {
  const found = await readRegions(region, signal);
  const [only, ...others] = found.rows;
  return only !== undefined && others.length === 0 && only.children ? forked(only.code, signal) : found;
}

/** Where the reader sees one region, that; otherwise everything. */
function homeRegion(): string {
  const [only, ...others] = session().regions;
  return only === undefined || others.length > 0 ? "" : sixDigits(only);
}

function regionChoice(rows: Region[], chosen: string): Child {
  return choice("region", list("region"), [["", list("wholeRegion")], ...rows.map((row) => [row.code, said(row.title)] as const)], chosen);
}

/** A row of tiles for each row of the answer: one, but where the reader sees several provinces. */
function tiles({ rows }: { rows: IntensityRow[] }): Child {
  if (rows.length === 0) return h("p", { class: "empty" }, w("noRegions"));
  return rows.map((row) => [rows.length > 1 ? h("h2", {}, said(row.title)) : null, h("div", { class: "tiles" }, tilesOf(row))]);
}

function tilesOf(row: IntensityRow): Child {
  const tile = (name: string, value: string, unit: string, note: string[] = [], title = "") =>
    h("div", { class: "tile" }, h("span", { class: "what" }, name), h("span", { class: `figure ${value === MISSING ? "missing" : ""}`.trim(), title }, value, h("span", { class: "unit" }, value === MISSING ? "" : ` ${unit}`)), note.map((line) => h("span", { class: "soft" }, line)));
  const bound = (value: string | null) => (row.lower_bound && value !== null ? `≥ ${decimal(value)}` : decimal(value));
  const known = row.lower_bound ? [`${w("known")} ${whole(row.known)}/${whole(row.sites)}`] : [];
  const change = row.change_percent === null ? [] : [`${w("change")} ${percent(row.change_percent, true)}`];
  return [
    tile(w("sites"), whole(row.sites), "", row.missing_total > 0 ? [`${w("unknown")} ${whole(row.missing_total)}`] : []),
    tile(w("energy"), bound(row.tce), "tce", known, row.tce ?? ""),
    tile(w("carbon"), bound(row.co2_t), "t", [], row.co2_t ?? ""),
    tile(w("intensity"), decimal(row.intensity), unitName(row.unit), [...change, ...row.notes.map(said)], row.intensity ?? ""),
    h("div", { class: "tile" }, h("span", { class: "what" }, w("lights")), h("span", { class: "figure" }, light(row.light)), row.lights.map((one) => h("span", { class: "soft" }, `${kind(one.kind)} `, light(one.light)))),
  ];
}

function lights(rows: Region[]): Child {
  if (rows.length === 0) return h("p", { class: "empty" }, w("noLights"));
  const of = (name: string) => rows.filter((row) => (row.light ?? "no_target") === name);
  return h("ul", { class: "light-list" }, LIGHTS.map((name) => {
    const found = of(name);
    if (found.length === 0) return null;
    return h("li", {}, light(name), h("strong", {}, ` ${found.length}`), h("span", { class: "soft" }, ` ${found.slice(0, 8).map((row) => said(row.title)).join(", ")}${found.length > 8 ? " …" : ""}`));
  }));
}

async function grades(year: string, code: string, signal: AbortSignal): Promise<Child> {
  const region = sixDigits(code);
  const { rows } = await readEvaluations({ region }, signal);
  const published = rows.filter((run) => run.state === "published" && run.year <= Number(year)).sort((a, b) => b.year - a.year || b.id - a.id)[0];
  if (published === undefined) return h("p", { class: "empty" }, w("noGrades"));
  const { totals } = await readEvaluation(published.id, { region, limit: 1 }, signal);
  return [h("p", { class: "soft" }, h("a", { href: link(`evaluation/${published.id}`) }, `${published.rules} · ${published.year}`)), gradeShares(totals, await RuleNames.of(published.rules, signal))];
}

async function trend(year: string, region: string, on: string, signal: AbortSignal): Promise<Child> {
  const { rows, unit: named } = await readMonths({ region, year, basis: on }, signal);
  const unit = unitName(named);
  if (!rows.some((row) => row.tce !== null)) return h("p", { class: "empty" }, w("noTrend"));
  const [{ Drawing }, { drawMonths }] = await Promise.all([import("../chart/base"), import("../chart/months")]);
  return [
    new Drawing("trend", w("trend"), (on) => drawMonths(on, rows.map((row) => String(row.month)), ["tce", unit], [
      { name: w("energy"), kind: "bar", colour: "#0072b2", values: numbers(rows, "tce") },
      { name: w("intensity"), kind: "line", colour: "#d55e00", right: true, values: numbers(rows, "intensity") },
      { name: `${w("energy")} · ${w("lastYear")}`, kind: "line", colour: "#7f6000", dashed: true, values: numbers(rows, "last_year") },
    ])).place,
    h("details", {}, h("summary", {}, list("table")), table<Month>({
      id: "trend-table",
      caption: w("trend"),
      empty: w("noTrend"),
      rows,
      columns: [
        { key: "month", head: word("month"), cell: (row) => row.month },
        { key: "tce", head: w("energy"), unit: "tce", number: true, cell: (row) => amount(row.tce) },
        { key: "co2", head: w("carbon"), unit: "t", number: true, cell: (row) => amount(row.co2_t) },
        { key: "intensity", head: w("intensity"), unit, number: true, cell: (row) => amount(row.intensity) },
        { key: "last", head: `${w("energy")} · ${w("lastYear")}`, unit: "tce", number: true, cell: (row) => amount(row.last_year) },
      ],
    })),
  ];
}

const numbers = (rows: Month[], key: "tce" | "intensity" | "last_year") => rows.map((row) => (row[key] === null || row[key] === undefined ? null : Number(row[key])));

function warnings(rows: Warning[]): Child {
  if (rows.length === 0) return h("p", { class: "empty" }, w("noWarnings"));
  return h("ul", { class: "plain" }, rows.map((row) => h("li", {}, light(row.level), ` ${said(row.text)} `, h("span", { class: "soft" }, `${row.name} · ${time(row.raised_ms).slice(0, 16)}`))));
}

async function ranked(of: string, on: string, region: string, signal: AbortSignal): Promise<Child> {
  const { sites } = await readRanking({ period: of, basis: on, county: "", industry: "", region, query: "", sort: "tce_per_mu", order: "", offset: 0, limit: RANKED_SHOWN }, signal);
  return table({
    id: "first",
    caption: w("topRank"),
    empty: word("noSites"),
    rows: sites.slice(0, RANKED_SHOWN),
    columns: [
      { key: "rank", head: word("rank"), cell: (site) => site.rank },
      { key: "site", head: word("site"), cell: (site) => ({ content: h("a", { href: link(`site/${site.credit_code}`) }, site.name), name: "site-name" }) },
      { key: "figure", head: titled("tce_per_mu"), number: true, cell: (site) => (site.tce_per_mu === null ? null : { content: shown(site, "tce_per_mu"), title: [site.tce_per_mu, ...weaknesses(site.figures.tce_per_mu)].join("\n"), name: weaknesses(site.figures.tce_per_mu).length > 0 ? "uncertain" : "" }) },
    ],
  });
}


// The ranking: sorted, filtered and paged by the platform; read anew while someone looks.

import { readRanking, type Figure, type Question, type RankedSite, type Ranking } from "../api/figures";
import { Drawing } from "../chart/base";
import { drawBars } from "../chart/bar";
import { h, refresh, replace } from "../dom";
import { said } from "../language";
import { downloads } from "../part/download";
import { duration, FIGURES, MISSING, number, reasons, shown, time, titled, unit, weaknesses } from "../part/figure";
import { basis, basisOf, choice, filters, period, periodOf, search } from "../part/filters";
import { industryName } from "../part/industry";
import { whole } from "../part/number";
import { offsetOf, pager, PAGE_ROWS } from "../part/pager";
import { card } from "../part/part";
import { table, type Cell, type Column } from "../part/table";
import { go, link } from "../router";
import type { Opened, View } from "../view";
import { word } from "../words/common";
import { w as list } from "../words/list";
import { page as pageName } from "../words/shell";

const REFRESH_MS = 2000;
const COLUMNS: readonly Figure[] = ["kwh", "output", "kgce_per_product", "tce_per_wan", "output_value_wan_per_mu", "tce_per_mu", "completeness"];
/** Bars that can be told apart in one picture. */
const BARS_MAX = 25;
/** As the platform ranks by itself. */
const BY: Figure = "tce_per_mu";

export function questionOf(query: URLSearchParams): Question {
  const value = (key: string) => query.get(key) ?? "";
  return {
    period: periodOf(query),
    basis: basisOf(query),
    county: value("county"),
    industry: value("industry"),
    region: value("region"),
    query: value("query"),
    sort: value("sort"),
    order: value("order"),
    offset: offsetOf(query),
    limit: PAGE_ROWS,
  };
}

export async function open({ place, signal, every }: View): Promise<Opened> {
  const question = questionOf(place.query);
  let ranking = await readRanking(question, signal);
  const asof = h("p", { class: "asof", id: "asof" });
  const publication = h("p", { class: "publication", id: "publication", hidden: true });
  const rows = h("div", { id: "ranking-rows" });
  const pages = h("div");
  const chart = new Drawing("bar", titled(ranking.sort), undefined, (code) => go(link(`site/${code}`)));
  const bar = h("div", {}, chart.place);
  const none = h("p", { class: "empty", id: "bar-empty", hidden: true }, word("noFigure"));
  const show = (first: boolean) => {
    (first ? replace : refresh)(rows, rankingTable(ranking));
    (first ? replace : refresh)(pages, pager(question.offset, ranking.sites.length, ranking.total ?? ranking.sites.length));
    refresh(asof, `${ranking.period} · ${whole(ranking.total ?? ranking.sites.length)} ${word("sites")} · ${word("asOf")} ${time(ranking.as_of_ms)}`);
    showPublication(publication, ranking);
    const bars = barsOf(ranking);
    bar.hidden = bars.length === 0;
    none.hidden = bars.length > 0;
    chart.show((on) => drawBars(on, word(ranking.sort), unit(ranking.sort), bars));
  };
  show(true);
  every(REFRESH_MS, async () => {
    ranking = await readRanking(question, signal);
    show(false);
  });
  return {
    title: pageName("ranking"),
    content: [
      filterRow(place.query, ranking, question),
      h("div", { class: "line" }, asof, downloads("ranking", { ...question, offset: null, limit: null })),
      publication,
      h("section", { class: "card", "aria-label": word("ranking") }, rows, pages),
      card(titled(ranking.sort), bar, none),
    ],
  };
}

function filterRow(query: URLSearchParams, ranking: Ranking, question: Question): HTMLElement {
  const all = ["", word("all")] as const;
  return filters(
    period(question.period),
    basis(question.basis),
    choice("county", word("county"), [all, ...ranking.counties.map((code) => [code, code] as const)], question.county),
    choice("industry", word("industry"), [all, ...ranking.industries.map((code) => [code, industryName(code)] as const)], question.industry),
    choice("sort", word("figure"), FIGURES.map((figure) => [figure, titled(figure)] as const), query.get("sort") ?? BY),
    search("query", list("search"), question.query),
  );
}

function rankingTable(ranking: Ranking): HTMLElement {
  const figure = (name: Figure): Column<RankedSite> => ({
    key: name,
    head: word(name),
    unit: name === "completeness" ? "" : unit(name),
    number: true,
    sort: name,
    cell: (site) => figureCell(site, name),
  });
  return table<RankedSite>({
    id: "ranking",
    caption: `${word("ranking")}: ${titled(ranking.sort)}`,
    sorted: { by: ranking.sort, order: ranking.order },
    empty: word("noSites"),
    rows: ranking.sites,
    rowData: (site) => ({ code: site.credit_code }),
    columns: [
      { key: "rank", head: word("rank"), cell: (site) => ({ content: site.rank === null ? MISSING : String(site.rank), title: site.rank === null ? reasons(site.notes) : "", name: "rank" }) },
      { key: "site", head: word("site"), cell: (site) => ({ content: h("a", { id: `site-${site.credit_code}`, href: link(`site/${site.credit_code}`) }, site.name), title: `${site.credit_code} · ${site.county_code}`, name: "site-name" }) },
      { key: "industry", head: word("industry"), cell: (site) => ({ content: industryName(site.industry_code), name: "industry" }) },
      ...COLUMNS.map(figure),
      { key: "backlog", head: word("backlog"), unit: word("unit_records"), number: true, cell: backlog },
    ],
  });
}

/** Rounded in the text, exact in the title, marked where it is not simply good. */
export function figureCell(site: RankedSite, figure: Figure): Cell {
  const exact = site[figure];
  if (exact === null || exact === undefined) return { content: MISSING, title: reasons(site.notes), name: "missing" };
  const weak = weaknesses(site.figures[figure]);
  const low = figure === "completeness" && Number(exact) < 0.9;
  const text = shown(site, figure) + (figure === "output" ? ` ${site.output_unit}` : "");
  return { content: text, title: [exact, ...weak].join("\n"), name: `${low ? "warn " : ""}${weak.length > 0 ? "uncertain" : ""}`.trim() };
}

function backlog(site: RankedSite): Cell {
  const state = site.connected === null ? word("neverSeen") : word(site.connected ? "connected" : "disconnected");
  const lag = site.lag_ms === null ? "" : `\n${word("lag")} ${duration(site.lag_ms)}${word("ago")}`;
  const mark = site.connected === null ? "unknown" : site.connected ? "on" : "off";
  const missing = site.backlog_records === null;
  return { content: missing ? MISSING : whole(site.backlog_records!), title: state + lag, name: `link ${mark}${missing ? " missing" : ""}` };
}

function barsOf(ranking: Ranking) {
  const known = ranking.sites.filter((site) => site[ranking.sort] !== null).slice(0, BARS_MAX);
  return known.map((site) => ({ name: site.name, code: site.credit_code, value: number(site, ranking.sort) ?? 0, weak: weaknesses(site.figures[ranking.sort]) }));
}

function showPublication(on: HTMLElement, { publication }: Ranking): void {
  on.hidden = publication === null;
  if (publication === null) return;
  const since = publication.version > 1 ? word("changedSince") : word("publishedOn");
  refresh(on, `${word("version")} ${publication.version} · ${since} ${time(publication.published_ms).slice(0, 16)} · ${said(publication.reason)}`);
}

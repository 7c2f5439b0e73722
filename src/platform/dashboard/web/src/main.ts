// The page: asks the platform every two seconds while someone looks, and hands the answer to its parts.

import {
  readGaps,
  readQuarters,
  readRanking,
  readSite,
  Refused,
  type Figure,
  type Gap,
  type Listed,
  type Quarter,
  type Question,
  type Ranking,
  type SiteDetail,
} from "./api";
import { chart, drawBar, drawScatter, onClick } from "./charts";
import { FIGURES, time, titled, today } from "./figure";
import { industryName } from "./industry";
import { element, options, write } from "./page";
import { RankingTable } from "./ranking";
import { SitePanel } from "./site";
import { choose, current, said, translate, word } from "./words";
import "./style.css";

const REFRESH_MS = 2000;
/** A site's quarter-hours of a long period are heavy: they are read anew less often. */
const QUARTERS_LIGHT = 3000;
const HEAVY_EVERY = 15;

const kind = element<HTMLSelectElement>("period-kind");
const period = element<HTMLInputElement>("period");
const basis = element<HTMLSelectElement>("basis");
const county = element<HTMLSelectElement>("county");
const industry = element<HTMLSelectElement>("industry");
const sort = element<HTMLSelectElement>("sort");
const banner = element("banner");
const table = new RankingTable(sortBy, select);
const panel = new SitePanel();
const bar = chart(element("bar"));
const scatter = chart(element("scatter"));

let order = "";
let selected = "";
let latest: Ranking | undefined;
let detail: { site: SiteDetail; gaps: Listed<Gap>; quarters: Quarter[]; age: number } | undefined;
/** Counts the questions: an answer to an older one is dropped. */
let asked = 0;
let timer: ReturnType<typeof setTimeout> | undefined;

function question(): Question {
  return { period: period.value.trim(), basis: basis.value, county: county.value, industry: industry.value, sort: sort.value, order };
}

async function refresh(): Promise<void> {
  clearTimeout(timer);
  const mine = ++asked;
  try {
    const query = question();
    const ranking = await readRanking(query);
    const site = selected === "" ? undefined : await readDetail(selected, ranking.period, query.basis);
    if (mine !== asked) return;
    [latest, detail] = [ranking, site];
    banner.hidden = true;
    show();
  } catch (error) {
    if (mine !== asked) return;
    write(banner, error instanceof Refused ? said(error.text) : word("unreachable"), "", "banner");
    banner.hidden = false;
  }
  if (!document.hidden) timer = setTimeout(() => void refresh(), REFRESH_MS);
}

async function readDetail(code: string, of: string, on: string): Promise<typeof detail> {
  const kept = detail?.site.credit_code === code ? detail : undefined;
  const [site, gaps] = await Promise.all([readSite(code, of, on), readGaps(code, of)]);
  if (kept && kept.quarters.length > QUARTERS_LIGHT && kept.age < HEAVY_EVERY) {
    return { site, gaps, quarters: kept.quarters, age: kept.age + 1 };
  }
  return { site, gaps, quarters: await readQuarters(code, of), age: 0 };
}

function show(): void {
  if (latest === undefined) return;
  const { counties, industries } = latest;
  // a filter that matches nothing any more stays visible, so that it can be taken back
  const kept = (codes: string[], chosen: string) => (chosen === "" || codes.includes(chosen) ? codes : [...codes, chosen]);
  const all = ["", word("all")] as const;
  options(county, [all, ...kept(counties, county.value).map((code) => [code, code] as const)]);
  options(industry, [all, ...kept(industries, industry.value).map((code) => [code, industryName(code)] as const)]);
  write(element("asof"), `${latest.period} · ${latest.sites.length} ${word("sites")} · ${word("asOf")} ${time(latest.as_of_ms)}`, "", "asof");
  showPublication(latest);
  table.show(latest);
  write(element("bar-title"), `${titled(latest.sort)}`);
  present("bar", drawBar(bar, latest, latest.sort, selected));
  present("scatter", drawScatter(scatter, latest, selected));
  element("bar").setAttribute("aria-label", titled(latest.sort));
  element("scatter").setAttribute("aria-label", word("scatterTitle"));
  if (detail && detail.site.credit_code === selected) panel.show(detail.site, detail.quarters, detail.gaps);
}

function showPublication({ publication }: Ranking): void {
  const place = element("publication");
  place.hidden = publication === null;
  if (publication === null) return;
  const since = publication.version > 1 ? word("changedSince") : word("publishedOn");
  const text = `${word("version")} ${publication.version} · ${since} ${time(publication.published_ms).slice(0, 16)} · ${said(publication.reason)}`;
  write(place, text, "", "publication");
}

function present(chart: string, drawn: boolean): void {
  element(chart).hidden = !drawn;
  element(`${chart}-empty`).hidden = drawn;
}

function sortBy(figure: Figure): void {
  order = latest?.sort === figure ? (latest.order === "asc" ? "desc" : "asc") : "";
  sort.value = figure;
  void refresh();
}

function select(code: string): void {
  if (code === selected) return deselect();
  selected = code;
  table.select(code);
  void refresh();
}

function deselect(): void {
  const previous = selected;
  [selected, detail] = ["", undefined];
  panel.close();
  table.select("");
  if (previous !== "") table.focus(previous);
  show();
}

function speak(): void {
  translate();
  const other = element("language");
  write(other, current() === "zh" ? "English" : "中文");
  other.lang = current() === "zh" ? "en" : "zh-CN";
  options(sort, FIGURES.map((figure) => [figure, titled(figure)] as const));
  options(county, [["", word("all")]]);
  options(industry, [["", word("all")]]);
  show();
}

function choosePeriod(): void {
  const day = today();
  const [type, value, example] = {
    day: ["date", day, ""],
    month: ["month", day.slice(0, 7), "2026-11"],
    year: ["number", day.slice(0, 4), "2026"],
    custom: ["text", `${day.slice(0, 8)}01..${day}`, "2026-11-01..2026-11-24"],
  }[kind.value as "day" | "month" | "year" | "custom"] as [string, string, string];
  period.type = type;
  period.placeholder = example;
  period.value = value;
}

kind.value = "month";
choosePeriod();
speak();
element("filters").addEventListener("submit", (event) => event.preventDefault());
element("filters").addEventListener("change", (event) => {
  if (event.target === kind) choosePeriod();
  if (event.target === sort) order = "";
  detail = undefined;
  void refresh();
});
element("language").addEventListener("click", () => {
  const [keptCounty, keptIndustry] = [county.value, industry.value];
  choose(current() === "zh" ? "en" : "zh");
  speak();
  [county.value, industry.value] = [keptCounty, keptIndustry];
});
element("close").addEventListener("click", deselect);
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && selected !== "") deselect();
});
document.addEventListener("visibilitychange", () => void (document.hidden ? clearTimeout(timer) : refresh()));
onClick(bar, select);
onClick(scatter, select);
void refresh();

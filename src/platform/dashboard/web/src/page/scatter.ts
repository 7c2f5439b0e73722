// Two figures of many sites against each other, by industry.

import { readRanking, type Figure, type RankedSite, type Ranking } from "../api/figures";
import { Drawing } from "../chart/base";
import { drawScatter, type Dot } from "../chart/scatter";
import { h } from "../dom";
import { FIGURES, number, titled, weaknesses } from "../part/figure";
import { basis, basisOf, choice, filters, period, periodOf } from "../part/filters";
import { division, industryName } from "../part/industry";
import { whole } from "../part/number";
import { go, link } from "../router";
import type { Opened, View } from "../view";
import { word } from "../words/common";
import { w } from "../words/overview";
import { page as pageName } from "../words/shell";

/** A page of the platform's, and how many are read: more dots would only hide each other. */
const LIMIT = 500;
const DOTS_MAX = 1000;
/** Groups that shapes and colours tell apart well. */
const GROUPS_MAX = 8;

export async function open({ place, signal }: View): Promise<Opened> {
  const { query } = place;
  const [x, y] = [(query.get("x") ?? "output_value_wan_per_mu") as Figure, (query.get("y") ?? "tce_per_wan") as Figure];
  const question = { period: periodOf(query), basis: basisOf(query), county: query.get("county") ?? "", industry: query.get("industry") ?? "", region: query.get("region") ?? "", query: "", sort: x, order: "desc" };
  const first = await readRanking({ ...question, offset: 0, limit: LIMIT }, signal);
  const sites = [...first.sites];
  const total = first.total ?? sites.length;
  for (let offset = LIMIT; offset < Math.min(total, DOTS_MAX); offset += LIMIT) {
    sites.push(...(await readRanking({ ...question, offset, limit: LIMIT }, signal)).sites);
  }
  const known = sites.filter((site) => site[x] !== null && site[y] !== null);
  const groups = grouped(known, x, y);
  return {
    title: pageName("scatter"),
    content: [
      controls(question, first, x, y),
      h("section", { class: "card" },
        h("p", { class: "soft", id: "scatter-says" }, `${w("first")} ${whole(sites.length)} ${w("of")} ${whole(total)}${sites.length > known.length ? ` · ${whole(sites.length - known.length)} ${w("notKnown")}` : ""}${groups.length > GROUPS_MAX ? ` · ${w("industries")}` : ""}`),
        known.length === 0 ? h("p", { class: "empty", id: "scatter-empty" }, word("noFigure"))
          : new Drawing("scatter", `${titled(x)} × ${titled(y)}`, (on) => drawScatter(on, titled(x), titled(y), groups), (code) => go(link(`site/${code}`))).tall(),
      ),
    ],
  };
}

function controls(question: { period: string; basis: string; county: string; industry: string }, { counties, industries }: Ranking, x: Figure, y: Figure): HTMLElement {
  const all = ["", word("all")] as const;
  const figures = FIGURES.filter((figure) => figure !== "completeness").map((figure) => [figure, titled(figure)] as const);
  return filters(
    period(question.period),
    basis(question.basis),
    choice("county", word("county"), [all, ...counties.map((code) => [code, code] as const)], question.county),
    choice("industry", word("industry"), [all, ...industries.map((code) => [code, industryName(code)] as const)], question.industry),
    choice("x", w("x"), figures, x),
    choice("y", w("y"), figures, y),
  );
}

function grouped(sites: RankedSite[], x: Figure, y: Figure): [string, Dot[]][] {
  const groups = new Map<string, Dot[]>();
  for (const site of sites) {
    const code = division(site.industry_code);
    const weak = [...new Set([...weaknesses(site.figures[x]), ...weaknesses(site.figures[y])])];
    const dot = { name: site.name, code: site.credit_code, x: number(site, x)!, y: number(site, y)!, weak };
    const group = groups.get(code);
    if (group) group.push(dot);
    else groups.set(code, [dot]);
  }
  const sorted = [...groups].sort(([, a], [, b]) => b.length - a.length);
  const named = sorted.slice(0, GROUPS_MAX).map(([code, dots]): [string, Dot[]] => [industryName(code), dots]);
  const others = sorted.slice(GROUPS_MAX).flatMap(([, dots]) => dots);
  return others.length === 0 ? named : [...named, [w("others"), others]];
}

// The registered sites: found by name or credit code, by region and industry.

import { readSites, type SiteRow } from "../api/registry";
import { h } from "../dom";
import { filters, search } from "../part/filters";
import { industryName } from "../part/industry";
import { amount } from "../part/number";
import { offsetOf, pager, PAGE_ROWS } from "../part/pager";
import { beginning } from "../part/region";
import { table } from "../part/table";
import { link } from "../router";
import type { Opened, View } from "../view";
import { word } from "../words/common";
import { w as list } from "../words/list";
import { page as pageName } from "../words/shell";
import { w } from "../words/site";

export async function open({ place, signal }: View): Promise<Opened> {
  const value = (key: string) => place.query.get(key) ?? "";
  const question = { query: value("query"), region: value("region"), industry: value("industry") };
  const offset = offsetOf(place.query);
  const { rows, total } = await readSites({ ...question, region: beginning(question.region), offset, limit: PAGE_ROWS }, signal);
  const code = (name: "region" | "industry", label: string, example: string) =>
    h("label", {}, h("span", {}, label), " ", h("input", { id: name, name, type: "text", class: "short", value: question[name], placeholder: example, maxlength: "9" }));
  return {
    title: pageName("sites"),
    content: [
      filters(search("query", list("search"), question.query), code("region", list("region"), "331003"), code("industry", word("industry"), "C17")),
      h("section", { class: "card" }, table<SiteRow>({
        id: "sites",
        caption: pageName("sites"),
        empty: word("noSites"),
        rows,
        columns: [
          { key: "site", head: word("site"), cell: (row) => ({ content: h("a", { id: `site-${row.credit_code}`, href: link(`site/${row.credit_code}`) }, row.name), name: "site-name" }) },
          { key: "code", head: w("creditCode"), cell: (row) => row.credit_code },
          { key: "county", head: word("county"), cell: (row) => row.county_code },
          { key: "township", head: w("township"), cell: (row) => row.township_code },
          { key: "industry", head: word("industry"), cell: (row) => ({ content: industryName(row.industry_code), name: "industry" }) },
          { key: "land", head: word("land"), unit: word("mu"), number: true, cell: (row) => amount(row.land_mu) },
          { key: "scale", head: w("aboveScale"), cell: (row) => (row.above_scale === null ? null : w(row.above_scale ? "yes" : "no")) },
        ],
      }), pager(offset, rows.length, total)),
    ],
  };
}

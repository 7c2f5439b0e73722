// Two runs side by side: who moves, from which grade to which, because of what.

import { readCompared, type ComparedPage, type Moved, type Standing } from "../../api/rules";
import { h, type Child } from "../../dom";
import { said } from "../../language";
import { grade } from "../../part/badge";
import { MISSING } from "../../part/figure";
import { decimal, whole } from "../../part/number";
import { offsetOf, pager, PAGE_ROWS } from "../../part/pager";
import { card } from "../../part/part";
import { table } from "../../part/table";
import { link } from "../../router";
import type { Opened, View } from "../../view";
import { state, w } from "../../words/evaluation";

export async function open({ place, signal }: View): Promise<Opened> {
  const offset = offsetOf(place.query);
  const page = await readCompared({ a: place.query.get("a"), b: place.query.get("b"), offset, limit: PAGE_ROWS }, signal);
  return {
    title: `${w("compare")}: № ${page.a.id} · № ${page.b.id}`,
    content: [
      h("p", { class: "line" }, h("a", { href: link("evaluation") }, `‹ ${w("runs")}`), [page.a, page.b].map((run) => h("a", { href: link(`evaluation/${run.id}`) }, `№ ${run.id} ${run.rules} · ${run.year} · ${state(run.state)}`))),
      card(w("moves"), moves(page)),
      card(w("compared"), moved(page), pager(offset, page.rows.length, page.total)),
    ],
  };
}

function moves(page: ComparedPage): Child {
  const counts = [`${w("inBoth")} ${whole(page.sites)}`, `${w("onlyIn")} № ${page.a.id}: ${whole(page.only_in_a)}`, `${w("onlyIn")} № ${page.b.id}: ${whole(page.only_in_b)}`];
  return [
    h("p", { class: "soft" }, counts.join(" · ")),
    table({
      id: "moves",
      caption: w("moves"),
      empty: w("noMoves"),
      rows: page.moves,
      columns: [
        { key: "from", head: `№ ${page.a.id}`, cell: (row) => ({ content: grade(row.from) }) },
        { key: "to", head: `№ ${page.b.id}`, cell: (row) => ({ content: grade(row.to) }) },
        { key: "sites", head: w("site"), number: true, cell: (row) => whole(row.sites) },
      ],
    }),
  ];
}

function moved({ a, b, rows }: ComparedPage): HTMLElement {
  return table<Moved>({
    id: "compared",
    caption: w("compared"),
    empty: w("noneCompared"),
    rows,
    rowName: (row) => (row.a.grade === row.b.grade ? "" : "differs"),
    columns: [
      { key: "site", head: w("site"), cell: (row) => ({ content: h("a", { id: `site-${row.credit_code}`, href: link(`site/${row.credit_code}`) }, row.name), name: "site-name" }) },
      { key: "a", head: `№ ${a.id}`, cell: (row) => ({ content: standing(a.id, row.credit_code, row.a) }) },
      { key: "b", head: `№ ${b.id}`, cell: (row) => ({ content: standing(b.id, row.credit_code, row.b) }) },
      { key: "because", head: w("reasons"), cell: (row) => ({ content: row.because.map((text) => h("div", {}, said(text))), name: "wrap soft" }) },
    ],
  });
}

function standing(id: number, code: string, of: Standing): Child {
  return [h("a", { class: "plain-link", href: link(`evaluation/${id}/site/${code}`) }, grade(of.grade)), ` ${decimal(of.score)} · ${w("rank")} ${of.rank ?? MISSING}`];
}

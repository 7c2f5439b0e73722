// Two runs side by side: whose score or grade differs.

import { readCompared, type Compared } from "../../api/rules";
import { h, type Child } from "../../dom";
import { grade } from "../../part/badge";
import { decimal } from "../../part/number";
import { offsetOf, pager, PAGE_ROWS } from "../../part/pager";
import { table } from "../../part/table";
import { link } from "../../router";
import type { Opened, View } from "../../view";
import { w } from "../../words/evaluation";

export async function open({ place, signal }: View): Promise<Opened> {
  const [a, b] = [place.query.get("a") ?? "", place.query.get("b") ?? ""];
  const offset = offsetOf(place.query);
  const { rows, total } = await readCompared({ a, b, offset, limit: PAGE_ROWS }, signal);
  return {
    title: `${w("compare")}: № ${a} · № ${b}`,
    content: [
      h("p", {}, h("a", { href: link("evaluation") }, `‹ ${w("runs")}`)),
      h("section", { class: "card" }, table<Compared>({
        id: "compared",
        caption: w("compared"),
        empty: w("noneCompared"),
        rows,
        rowName: (row) => (row.a?.grade === row.b?.grade ? "" : "differs"),
        columns: [
          { key: "site", head: w("site"), cell: (row) => ({ content: h("a", { id: `site-${row.credit_code}`, href: link(`site/${row.credit_code}`) }, row.name), name: "site-name" }) },
          { key: "a", head: `№ ${a}`, cell: (row) => ({ content: one(a, row.credit_code, row.a) }) },
          { key: "b", head: `№ ${b}`, cell: (row) => ({ content: one(b, row.credit_code, row.b) }) },
          { key: "change", head: w("score"), number: true, cell: (row) => (row.a?.score == null || row.b?.score == null ? null : signed(Number(row.b.score) - Number(row.a.score))) },
        ],
      }), pager(offset, rows.length, total ?? rows.length)),
    ],
  };
}

function one(id: string, code: string, side: Compared["a"]): Child {
  if (side === null) return h("span", { class: "missing" }, "—");
  return [h("a", { class: "plain-link", href: link(`evaluation/${id}/site/${code}`) }, grade(side.grade)), ` ${decimal(side.score)} · ${w("rank")} ${side.rank ?? "—"}`];
}

const signed = (value: number): string => `${value > 0 ? "+" : ""}${decimal(String(value))}`;

// A site's grade, its figures and how sure they are.

import type { Figure, SiteDetail } from "../../api/figures";
import { readGrades, type GradeOfRun } from "../../api/rules";
import { h, type Child } from "../../dom";
import { said } from "../../language";
import { grade } from "../../part/badge";
import { doubted, FIGURES, MISSING, reasons, rounded, titled, weaknesses } from "../../part/figure";
import { amount } from "../../part/number";
import { begun, card } from "../../part/part";
import { table } from "../../part/table";
import { link } from "../../router";
import { word, wordOr } from "../../words/common";
import { state as runState } from "../../words/evaluation";
import { w } from "../../words/site";

export function summary(site: SiteDetail): Child {
  return [
    card(w("grades"), begun(async () => grades(site.credit_code, await readGrades(site.credit_code)))),
    card(word("figures"), h("ul", { class: "notes", id: "site-notes" }, site.notes.map((note) => h("li", {}, said(note)))), figures(site)),
  ];
}

function grades(code: string, rows: GradeOfRun[]): HTMLElement {
  return table<GradeOfRun>({
    id: "grades",
    caption: w("grades"),
    empty: w("noGrades"),
    rows,
    columns: [
      { key: "year", head: w("year"), cell: (row) => String(row.year) },
      { key: "grade", head: w("grade"), cell: (row) => ({ content: grade(row.grade), title: row.reasons.map(said).join("\n") }) },
      { key: "score", head: w("score"), number: true, cell: (row) => amount(row.score) },
      { key: "rank", head: word("rank"), number: true, cell: (row) => row.rank },
      { key: "rules", head: w("rules"), cell: (row) => row.rules },
      { key: "state", head: word("state"), cell: (row) => runState(row.state) },
      { key: "why", head: "", cell: (row) => ({ content: h("a", { id: `why-${row.evaluation}`, class: "button", href: link(`evaluation/${row.evaluation}/site/${code}`) }, w("whyGrade")) }) },
    ],
  });
}

function figures(site: SiteDetail): HTMLElement {
  const wanted = FIGURES.filter((figure) => figure !== "completeness");
  return table<Figure>({
    id: "figures",
    caption: word("figures"),
    empty: word("noFigure"),
    rows: wanted,
    columns: [
      { key: "indicator", head: word("indicator"), cell: (figure) => ({ content: h("a", { id: `explain-${figure}`, href: link(`explain/${site.credit_code}`, { figure }), title: w("figureWorkings") }, titled(figure)) }) },
      {
        key: "value",
        head: word("value"),
        number: true,
        cell: (figure) => {
          const value = site[figure];
          const weak = weaknesses(site.figures[figure]).join("\n");
          return value === null ? { content: MISSING, title: reasons(site.notes), name: "exact missing" } : { content: value, title: weak, name: `exact ${weak === "" ? "" : "uncertain"}`.trim() };
        },
      },
      { key: "quality", head: word("quality"), cell: (figure) => ({ content: word(site.figures[figure].quality), title: weaknesses(site.figures[figure]).join("\n"), name: site.figures[figure].quality === "good" ? "" : "warn" }) },
      { key: "completeness", head: word("completeness"), cell: (figure) => share(site, figure) },
      { key: "sources", head: word("sources"), cell: (figure) => ({ content: site.figures[figure].sources.map((source) => wordOr(`source_${source}`)).join("\n"), name: "exact" }) },
      { key: "doubts", head: word("doubts"), cell: (figure) => ({ content: doubted(site.figures[figure].doubts).join("\n"), name: "exact" }) },
    ],
  });
}

function share(site: SiteDetail, figure: Figure) {
  const { completeness, incomplete } = site.figures[figure];
  if (completeness === null) return null;
  return { content: `${rounded(Math.floor(Number(completeness) * 1000) / 10)} %`, name: incomplete ? "warn" : "" };
}

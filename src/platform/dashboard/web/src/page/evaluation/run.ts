// One run: the grades of its groups, and its sites; sorted, filtered and paged by the platform.

import { publish, readEvaluation, type EvaluationPage, type Graded } from "../../api/rules";
import { h } from "../../dom";
import { said } from "../../language";
import { grade } from "../../part/badge";
import { ask } from "../../part/dialog";
import { downloads } from "../../part/download";
import { time } from "../../part/figure";
import { choice, filters } from "../../part/filters";
import { amount } from "../../part/number";
import { offsetOf, pager, PAGE_ROWS } from "../../part/pager";
import { card } from "../../part/part";
import { gradeShares } from "../../part/shares";
import { table } from "../../part/table";
import { changed, go, link } from "../../router";
import { may } from "../../session";
import type { Opened, View } from "../../view";
import { indicator, state, w } from "../../words/evaluation";
import { page as pageName } from "../../words/shell";

export async function open({ place, signal }: View, id: string): Promise<Opened> {
  const value = (key: string) => place.query.get(key) ?? "";
  const question = { group: value("group"), grade: value("grade"), region: value("region"), sort: value("sort"), order: value("order") };
  const offset = offsetOf(place.query);
  const page = await readEvaluation(id, { ...question, offset, limit: PAGE_ROWS }, signal);
  const { evaluation: run, totals, rows, total } = page;
  const distinct = (values: (string | null)[]) => [...new Set(values.filter((one): one is string => one !== null))].sort();
  return {
    title: `${pageName("evaluation")} · ${run.rules} · ${run.year}`,
    content: [
      h("p", { class: "line" }, h("a", { href: link("evaluation") }, `‹ ${w("runs")}`), h("span", { class: "asof" }, `№ ${run.id} · ${state(run.state)} · ${run.by} · ${time(run.made_ms).slice(0, 16)}`),
        run.state === "trial" && may("administrator") && h("button", { id: "publish", type: "button", onclick: () => confirm(run.id) }, w("publish"))),
      card(w("totals"), gradeShares(totals)),
      filters(
        choice("group", w("group"), [["", w("anyGroup")], ...distinct(totals.map((one) => one.group)).map((one) => [one, one] as const)], question.group),
        choice("grade", w("grade"), [["", w("anyGrade")], ...distinct(totals.map((one) => one.grade)).map((one) => [one, one] as const)], question.grade),
      ),
      downloads("evaluation", { id, ...question }),
      h("section", { class: "card" }, siteTable(id, page, question), pager(offset, rows.length, total)),
    ],
  };
}

function siteTable(id: string, { rows }: EvaluationPage, question: { sort: string; order: string }): HTMLElement {
  const names = [...new Set(rows.flatMap((row) => row.indicators.map((one) => one.name)))];
  return table<Graded>({
    id: "graded",
    caption: w("totals"),
    empty: w("none"),
    rows,
    sorted: { by: question.sort || "rank", order: question.order === "desc" ? "desc" : "asc" },
    columns: [
      { key: "rank", head: w("rank"), sort: "rank", cell: (row) => row.rank },
      { key: "site", head: w("site"), cell: (row) => ({ content: h("a", { id: `site-${row.credit_code}`, href: link(`site/${row.credit_code}`) }, row.name), title: row.credit_code, name: "site-name" }) },
      { key: "group", head: w("group"), cell: (row) => row.group },
      { key: "grade", head: w("grade"), cell: (row) => ({ content: h("a", { id: `grade-${row.credit_code}`, class: "plain-link", "aria-label": `${w("workings")}: ${row.grade ?? ""} ${row.name}`, href: link(`evaluation/${id}/site/${row.credit_code}`) }, grade(row.grade)), title: row.reasons.map(said).join("\n") }) },
      { key: "score", head: w("score"), number: true, sort: "score", cell: (row) => amount(row.score) },
      ...names.map((name) => ({
        key: name,
        head: indicator(name),
        number: true,
        cell: (row: Graded) => {
          const found = row.indicators.find((one) => one.name === name);
          return found === undefined ? null : { ...amount(found.points), title: `${w("figure")} ${found.value ?? "—"}\n${w("points")} ${found.points ?? "—"}` };
        },
      })),
      { key: "reasons", head: w("reasons"), cell: (row) => ({ content: row.reasons.map(said).join("; "), name: "wrap soft" }) },
    ],
  });
}

function confirm(id: number): void {
  ask(w("publish"), h("p", {}, w("publishSure")), w("publish"), async () => {
    await publish(id);
    go(changed({}));
  });
}

// One run: the grades of its groups, and its sites; sorted, filtered and paged by the platform.

import { publish, readEvaluation, type EvaluationPage, type Graded } from "../../api/rules";
import { h, type Child } from "../../dom";
import { said } from "../../language";
import { grade } from "../../part/badge";
import { ask } from "../../part/dialog";
import { MISSING, time } from "../../part/figure";
import { choice, filters } from "../../part/filters";
import { amount } from "../../part/number";
import { offsetOf, pager, PAGE_ROWS } from "../../part/pager";
import { card } from "../../part/part";
import { RuleNames } from "../../part/ruleset";
import { gradeShares } from "../../part/shares";
import { table } from "../../part/table";
import { changed, go, link } from "../../router";
import { may } from "../../session";
import type { Opened, View } from "../../view";
import { filled, item, state, w } from "../../words/evaluation";
import { page as pageName } from "../../words/shell";

/** As the API asks for those without a grade. */
const UNGRADED = "-";

export async function open({ place, signal }: View, id: string): Promise<Opened> {
  const value = (key: string) => place.query.get(key) ?? "";
  const question = { group: value("group"), grade: value("grade"), region: value("region"), sort: value("sort"), order: value("order") };
  const offset = offsetOf(place.query);
  const page = await readEvaluation(id, { ...question, offset, limit: PAGE_ROWS }, signal);
  const { evaluation: run, totals, rows, total } = page;
  const names = await RuleNames.of(run.rules, signal);
  const distinct = (values: (string | null)[]) => [...new Set(values.filter((one): one is string => one !== null))].sort();
  return {
    title: `${pageName("evaluation")} · ${names.set(run.rules)} · ${run.year}`,
    content: [
      h("p", { class: "line" }, h("a", { href: link("evaluation") }, `‹ ${w("runs")}`), h("span", { class: "asof" }, `№ ${run.id} · ${state(run.state)} · ${run.by} · ${time(run.made_ms).slice(0, 16)}`),
        run.state === "trial" && may("administrator") && h("button", { id: "publish", type: "button", onclick: () => confirm(run.id) }, w("publish"))),
      corrected(page),
      card(w("totals"), gradeShares(totals, names)),
      filters(
        choice("group", w("group"), [["", w("anyGroup")], ...distinct(totals.map((one) => one.group)).map((one) => [one, names.group(one)] as const)], question.group),
        choice("grade", w("grade"), [["", w("anyGrade")], ...distinct(totals.map((one) => one.grade)).map((one) => [one, one] as const), [UNGRADED, w("ungraded")]], question.grade),
      ),
      h("section", { class: "card" }, siteTable(id, rows, question, names), pager(offset, rows.length, total)),
    ],
  };
}

/** What an objection changed, and on which evidence. */
function corrected({ evaluation: { objection: one } }: EvaluationPage): HTMLElement {
  if (one === null) return h("span");
  const text = `${w("corrects")} № ${one.corrects}: ${item(one.item)} ${one.value_before ?? MISSING} → ${one.value} · ${w("evidence")}: ${one.evidence} · ${w("reason")}: ${one.reason}`;
  return h("p", { class: "asof" }, h("a", { href: link(`site/${one.credit_code}`) }, one.credit_code), ` ${text}`);
}

function siteTable(id: string, rows: Graded[], question: { sort: string; order: string }, names: RuleNames): HTMLElement {
  const indicators = [...new Set(rows.flatMap((row) => row.indicators.map((one) => one.name)))];
  const by = question.sort || "score";
  return table<Graded>({
    id: "graded",
    caption: w("totals"),
    empty: w("none"),
    rows,
    sorted: { by, order: question.order === "asc" || (question.order === "" && by !== "score") ? "asc" : "desc" },
    columns: [
      { key: "rank", head: w("rank"), sort: "rank", cell: (row) => row.rank },
      { key: "site", head: w("site"), sort: "name", cell: (row) => ({ content: h("a", { id: `site-${row.credit_code}`, href: link(`site/${row.credit_code}`) }, row.name), title: row.credit_code, name: "site-name" }) },
      { key: "group", head: w("group"), cell: (row) => ({ content: names.group(row.group), name: row.group === null ? "missing data" : "data" }) },
      { key: "grade", head: w("grade"), sort: "grade", cell: (row) => ({ content: gradeLink(id, row), title: row.reasons.map(said).join("\n") }) },
      { key: "score", head: w("score"), number: true, sort: "score", cell: (row) => amount(row.score) },
      ...indicators.map((name) => ({ key: name, head: names.indicator(name), number: true, cell: (row: Graded) => points(row, name) })),
      { key: "reasons", head: w("reasons"), cell: (row) => ({ content: row.reasons.map(said).join("; "), name: "wrap soft" }) },
    ],
  });
}

function gradeLink(id: string, row: Graded): Child {
  return h("a", { id: `grade-${row.credit_code}`, class: "plain-link", "aria-label": `${w("workings")}: ${row.grade ?? w("ungraded")} ${row.name}`, href: link(`evaluation/${id}/site/${row.credit_code}`) }, grade(row.grade));
}

/** Points; the value in the title, and a mark where something else stands in for it. */
function points(row: Graded, name: string) {
  const found = row.indicators.find((one) => one.name === name);
  if (found === undefined) return null;
  const instead = found.filled === null ? "" : filled(found.filled);
  return { ...amount(found.points, instead), title: [`${w("figure")} ${found.value ?? MISSING}`, `${w("points")} ${found.points ?? MISSING}`, instead].filter((line) => line !== "").join("\n"), name: found.points === null ? "missing" : instead === "" ? "" : "uncertain" };
}

function confirm(id: number): void {
  ask(w("publish"), h("p", {}, w("publishSure")), w("publish"), async () => {
    await publish(id);
    go(changed({}));
  });
}

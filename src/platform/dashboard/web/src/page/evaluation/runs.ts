// The runs of rule sets, and starting another.

import { readEvaluations, readRules, runTrial, type Evaluation } from "../../api/rules";
import { h } from "../../dom";
import { said } from "../../language";
import { ask, field } from "../../part/dialog";
import { time, today } from "../../part/figure";
import { filters } from "../../part/filters";
import { table } from "../../part/table";
import { go, link } from "../../router";
import { may } from "../../session";
import type { Opened, View } from "../../view";
import { state, w } from "../../words/evaluation";
import { page as pageName } from "../../words/shell";

export async function open({ place, signal }: View): Promise<Opened> {
  const year = place.query.get("year") ?? "";
  const { rows } = await readEvaluations({ year }, signal);
  const compare = h("form", { class: "line" },
    [["a", w("first")] as const, ["b", w("second")] as const].map(([name, label]) => h("label", {}, `${label} `, h("select", { name }, rows.map((run) => h("option", { value: String(run.id) }, `${run.id} · ${run.rules} · ${run.year} · ${state(run.state)}`))), " ")),
    h("button", { type: "submit" }, w("compare")),
  );
  compare.addEventListener("submit", (event) => {
    event.preventDefault();
    const form = new FormData(compare);
    go(link("evaluation/compare", { a: String(form.get("a")), b: String(form.get("b")) }));
  });
  return {
    title: pageName("evaluation"),
    content: [
      filters(h("label", {}, h("span", {}, w("year")), " ", h("input", { id: "year", name: "year", type: "number", min: "1970", max: "2199", value: year })), h("span", { class: "grow" }),
        may("operator") && h("button", { id: "new-trial", type: "button", onclick: () => void start(signal) }, w("newTrial")), h("a", { class: "button", href: link("whatif") }, w("whatif"))),
      h("section", { class: "card" }, table<Evaluation>({
        id: "runs",
        caption: w("runs"),
        empty: w("noRuns"),
        rows,
        columns: [
          { key: "id", head: "№", cell: (run) => ({ content: h("a", { id: `run-${run.id}`, href: link(`evaluation/${run.id}`) }, String(run.id)) }) },
          { key: "rules", head: w("rules"), cell: (run) => ({ content: h("a", { href: link(`evaluation/${run.id}`) }, run.rules) }) },
          { key: "year", head: w("year"), cell: (run) => String(run.year) },
          { key: "state", head: w("state"), cell: (run) => state(run.state) },
          { key: "made", head: w("made"), cell: (run) => time(run.made_ms).slice(0, 16) },
          { key: "by", head: w("by"), cell: (run) => run.by },
        ],
      })),
      rows.length < 2 ? h("span") : h("section", { class: "card" }, h("h2", {}, w("compare")), compare),
    ],
  };
}

async function start(signal: AbortSignal): Promise<void> {
  const { rows } = await readRules(signal);
  const rules = h("select", { name: "rules", required: true }, rows.map((set) => h("option", { value: set.id }, `${said(set.title)} (${set.id})`)));
  const year = h("input", { name: "year", type: "number", min: "1970", max: "2199", required: true, value: String(Number(today().slice(0, 4)) - 1) });
  ask(w("newTrial"), [field(w("rules"), rules), field(w("year"), year)], w("run"), async (form) => {
    const { id } = await runTrial(String(form.get("rules")), Number(form.get("year")));
    go(link(`evaluation/${id}`));
  });
}

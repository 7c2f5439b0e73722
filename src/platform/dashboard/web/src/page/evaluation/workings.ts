// Why a site has its grade: indicators, their terms down to registers, and below each register its readings.

import type { Term } from "../../api/figures";
import { object, readWorkings, type Workings } from "../../api/rules";
import { h, type Child } from "../../dom";
import { said } from "../../language";
import { grade } from "../../part/badge";
import { ask, field } from "../../part/dialog";
import { MISSING } from "../../part/figure";
import { decimal } from "../../part/number";
import { card } from "../../part/part";
import { tree } from "../../part/tree";
import type { Subject } from "../../part/readings";
import { changed, go, link } from "../../router";
import { may } from "../../session";
import type { Opened, View } from "../../view";
import { indicator, item, w } from "../../words/evaluation";

const ITEMS = ["tce", "kwh", "tax_wan", "value_added_wan", "revenue_wan", "research_wan", "staff", "land_mu"] as const;

export async function open({ signal }: View, id: string, code: string): Promise<Opened> {
  const workings = await readWorkings(id, code, signal);
  const { site, evaluation: run } = workings;
  const subject = { code, period: String(run.year), basis: run.basis };
  return {
    title: `${site.name} · ${w("workings")}`,
    content: [
      h("p", { class: "line" },
        h("a", { href: link(`evaluation/${id}`) }, `‹ ${w("back")} № ${id}`), h("a", { href: link(`site/${code}`) }, site.name),
        h("a", { href: link("whatif", { rules: run.rules, year: run.year, site: code }) }, w("whatif")),
        may("operator") && h("button", { id: "object", type: "button", onclick: () => objection(id, code) }, w("object"))),
      h("section", { class: "card verdict" },
        grade(site.grade),
        h("dl", { class: "facts-list" }, facts(workings)),
        site.reasons.length === 0 ? null : h("ul", { class: "notes" }, site.reasons.map((reason) => h("li", {}, said(reason)))),
      ),
      ...(workings.term === null ? [] : [
        card(w("indicators"), h("p", { class: "soft" }, w("clickOn")), indicators(workings.term, subject)),
        card(w("sum"), tree(workings.term, subject, false)),
      ]),
    ],
  };
}

function facts({ site, evaluation: run }: Workings): Child {
  const lines: [string, string][] = [
    [w("score"), decimal(site.score)],
    [w("rank"), site.rank === null ? MISSING : String(site.rank)],
    [w("group"), site.group],
    [w("rules"), run.rules],
    [w("year"), String(run.year)],
  ];
  return lines.map(([name, value]) => h("div", {}, h("dt", {}, name), h("dd", {}, value)));
}

/** The score's tree by indicators: each with its points, value, weight and base value in one line, and its terms below. */
function indicators(score: Term, subject: Subject): Child {
  return indicatorsOf(score).map((one) => {
    const part = (name: string) => one.terms?.find((term) => term.name === name);
    const value = part(one.name);
    const facts = [["points", one.value] as const, ["weight", part("weight")?.value] as const, ["base", part("base")?.value] as const];
    const told = facts.filter(([, of]) => of !== undefined).map(([name, of]) => `${w(name)} ${decimal(of)}`).join(" · ");
    return h("details", { class: "indicator", "data-indicator": one.name },
      h("summary", {},
        h("span", { class: "term-name" }, indicator(one.name)), " ",
        h("span", { class: value?.value == null ? "term-value missing" : "term-value" }, value?.value == null ? MISSING : `${decimal(value.value)} ${value.unit}`), " ",
        h("span", { class: "soft" }, told)),
      tree(one, subject),
    );
  });
}

/** The terms of the sum of points, wherever in the tree it stands. */
function indicatorsOf(term: Term): Term[] {
  const terms = term.terms ?? [];
  if (term.name === "indicators" && term.how === "sum") return terms;
  for (const one of terms) {
    const found = indicatorsOf(one);
    if (found.length > 0) return found;
  }
  return [];
}

function objection(id: string, code: string): void {
  const text = (name: string) => h("textarea", { name, rows: "2", required: true, maxlength: "1000" });
  const fields = [
    h("p", { class: "soft" }, w("objectNote")),
    field(w("item"), h("select", { name: "item" }, ITEMS.map((one) => h("option", { value: one }, item(one))))),
    field(w("value"), h("input", { name: "value", required: true, inputmode: "decimal", pattern: "-?[0-9]+(\\.[0-9]+)?" })),
    field(w("evidence"), text("evidence")),
    field(w("reason"), text("reason")),
  ];
  ask(w("object"), fields, w("object"), async (form) => {
    const value = (name: string) => String(form.get(name) ?? "");
    await object(id, { site: code, item: value("item"), value: value("value"), evidence: value("evidence"), reason: value("reason") });
    go(changed({}));
  });
}

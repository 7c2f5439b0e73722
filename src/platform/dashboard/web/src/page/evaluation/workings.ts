// Why a site has its grade: indicators, their terms down to registers, and below each register its readings.

import { object, readWorkings, type Workings } from "../../api/rules";
import { h, type Child } from "../../dom";
import { said } from "../../language";
import { grade } from "../../part/badge";
import { ask, field } from "../../part/dialog";
import { MISSING } from "../../part/figure";
import { decimal } from "../../part/number";
import { card } from "../../part/part";
import { unitName } from "../../part/unit";
import { tree } from "../../part/tree";
import type { Subject } from "../../part/readings";
import { RuleNames } from "../../part/ruleset";
import { go, link } from "../../router";
import { may } from "../../session";
import type { Opened, View } from "../../view";
import { item, w } from "../../words/evaluation";

const ITEMS = ["tce", "kwh", "tax_wan", "value_added_wan", "revenue_wan", "research_wan", "staff", "land_mu"] as const;

export async function open({ signal }: View, id: string, code: string): Promise<Opened> {
  const workings = await readWorkings(id, code, signal);
  const { site, evaluation: run } = workings;
  const subject = { code, period: workings.period, basis: workings.basis };
  const names = await RuleNames.of(run.rules, signal);
  return {
    title: `${site.name} · ${w("workings")}`,
    content: [
      h("p", { class: "line" },
        h("a", { href: link(`evaluation/${id}`) }, `‹ ${w("back")} № ${id}`), h("a", { href: link(`site/${code}`) }, site.name),
        h("a", { href: link("whatif", { rules: run.rules, year: run.year, site: code }) }, w("whatif")),
        may("operator") && h("button", { id: "object", type: "button", onclick: () => objection(id, code) }, w("object"))),
      h("section", { class: "card verdict" },
        grade(site.grade),
        h("dl", { class: "facts-list" }, facts(workings, names)),
        site.reasons.length === 0 ? null : h("ul", { class: "notes" }, site.reasons.map((reason) => h("li", {}, said(reason)))),
      ),
      card(w("indicators"), h("p", { class: "soft" }, w("clickOn")), indicators(workings, subject)),
      workings.score === null ? h("span") : card(w("sum"), h("p", { class: workings.holds ? "good" : "trouble", id: "holds" }, workings.holds ? `✓ ${w("holds")}` : `≠ ${w("notHolds")}`), tree(workings.score, subject, false)),
    ],
  };
}

function facts({ site, evaluation: run }: Workings, names: RuleNames): Child {
  const lines: [string, string][] = [
    [w("score"), decimal(site.score)],
    [w("rank"), site.rank === null ? MISSING : String(site.rank)],
    [w("group"), names.group(site.group)],
    [w("rules"), names.set(run.rules)],
    [w("year"), String(run.year)],
  ];
  return lines.map(([name, value]) => h("div", {}, h("dt", {}, name), h("dd", {}, value)));
}

function indicators({ indicators: all }: Workings, subject: Subject): Child {
  return all.map((one) => {
    const value = one.term.terms?.find((term) => term.name === one.name);
    const facts = [["points", one.points], ["weight", one.weight], ["base", one.base]] as const;
    const told = facts.filter(([, of]) => of !== null).map(([name, of]) => `${w(name)} ${decimal(of)}`).join(" · ");
    return h("details", { class: "indicator", "data-indicator": one.name },
      h("summary", {},
        h("span", { class: "term-name" }, said(one.title)), " ",
        h("span", { class: value?.value == null ? "term-value missing" : "term-value" }, value?.value == null ? MISSING : `${decimal(value.value)} ${unitName(value.unit)}`), " ",
        h("span", { class: "soft" }, told)),
      tree(one.term, subject),
    );
  });
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
    const made = await object(id, { site: code, item: value("item"), value: value("value"), evidence: value("evidence"), reason: value("reason") });
    go(link(`evaluation/${made.id}/site/${code}`));
  });
}

// What would the grade be, if? One term of one site is changed; nothing is kept.

import { askWhatIf, readRules, type Graded, type WhatIf } from "../api/rules";
import { h, replace, type Child } from "../dom";
import { said } from "../language";
import { grade } from "../part/badge";
import { today } from "../part/figure";
import { field } from "../part/dialog";
import { amount, decimal } from "../part/number";
import { card, trouble } from "../part/part";
import { RuleNames } from "../part/ruleset";
import { table } from "../part/table";
import type { Opened, View } from "../view";
import { item, w } from "../words/evaluation";
import { page as pageName } from "../words/shell";

const ITEMS = ["kwh", "tce", "tax_wan", "value_added_wan", "revenue_wan", "research_wan", "staff", "land_mu"] as const;

export async function open({ place, signal }: View): Promise<Opened> {
  const { rows } = await readRules(signal);
  const asked = (key: string, otherwise: string) => place.query.get(key) ?? otherwise;
  const result = h("div", { id: "whatif-result", "aria-live": "polite" });
  const form = h("form", { id: "whatif", class: "card form" },
    h("p", { class: "soft" }, w("whatifNote")),
    field(w("rules"), h("select", { name: "rules", value: asked("rules", rows[0]?.id ?? "") }, rows.map((set) => h("option", { value: set.id }, said(set.title))))),
    field(w("year"), h("input", { name: "year", type: "number", min: "1970", max: "2199", required: true, value: asked("year", String(Number(today().slice(0, 4)) - 1)) })),
    field(w("code"), h("input", { name: "site", required: true, pattern: "[0-9A-Z]{18}", maxlength: "18", value: asked("site", "") })),
    field(w("item"), h("select", { name: "item" }, ITEMS.map((one) => h("option", { value: one }, item(one))))),
    field(w("how"), h("select", { name: "how" }, h("option", { value: "factor" }, w("factor")), h("option", { value: "value" }, w("value")))),
    field(w("amount"), h("input", { name: "amount", required: true, inputmode: "decimal", pattern: "-?[0-9]+(\\.[0-9]+)?", value: "0.92" })),
    h("div", { class: "buttons" }, h("button", { type: "submit", class: "primary" }, w("ask"))),
  );
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    void compute(new FormData(form), result, signal);
  });
  return { title: pageName("whatif"), content: [form, result] };
}

async function compute(form: FormData, place: HTMLElement, signal: AbortSignal): Promise<void> {
  const value = (name: string) => String(form.get(name) ?? "");
  place.setAttribute("aria-busy", "true");
  try {
    const change = { item: value("item"), [value("how")]: value("amount") };
    const [found, names] = await Promise.all([askWhatIf(value("rules"), Number(value("year")), value("site"), [change]), RuleNames.of(value("rules"), signal)]);
    replace(place, shown(found, names));
  } catch (error) {
    replace(place, trouble(error));
  } finally {
    place.removeAttribute("aria-busy");
  }
}

function shown({ before, after, because }: WhatIf, names: RuleNames): Child {
  const side = (name: string, of: Graded) => h("div", { class: "tile" }, h("span", { class: "what" }, name), h("span", { class: "figure" }, grade(of.grade), ` ${decimal(of.score)}`), h("span", { class: "soft" }, `${w("rank")} ${of.rank ?? "—"} · ${names.group(of.group)}`));
  return card(before.name,
    h("div", { class: "tiles" }, side(w("before"), before), side(w("after"), after)),
    because.length === 0 ? null : [h("h3", {}, w("because")), h("ul", { class: "notes" }, because.map((text) => h("li", {}, said(text))))],
    table({
      id: "whatif-table",
      caption: w("indicators"),
      empty: w("none"),
      rows: after.indicators,
      columns: [
        { key: "name", head: w("indicator"), cell: (one) => names.indicator(one.name) },
        { key: "before", head: `${w("before")} · ${w("figure")}`, number: true, cell: (one) => amount(was(before, one.name)?.value) },
        { key: "after", head: `${w("after")} · ${w("figure")}`, number: true, cell: (one) => amount(one.value) },
        { key: "points-before", head: `${w("before")} · ${w("points")}`, number: true, cell: (one) => amount(was(before, one.name)?.points) },
        { key: "points-after", head: `${w("after")} · ${w("points")}`, number: true, cell: (one) => amount(one.points) },
      ],
    }),
  );
}

const was = (before: Graded, name: string) => before.indicators.find((one) => one.name === name);

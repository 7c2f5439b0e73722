// A figure as the tree of what it is made of, down to registers, each of which leads to its readings.

import type { Term } from "../api/figures";
import { h, type Child } from "../dom";
import { said } from "../language";
import { FIGURES as ALL, doubted, MISSING, time } from "./figure";
import { counted } from "./number";
import { showReadings, type Subject } from "./readings";
import { unitName } from "./unit";
import { word, wordOr } from "../words/common";
import { how, item, term as named, w } from "../words/site";

const SIGNS: Record<string, string> = { product: "×", quotient: "÷" };

/** `open`: whether the first level stands open; what is below always does, so that one click shows all. */
export function tree(term: Term, subject: Subject, open = true): HTMLElement {
  return h("div", { class: "tree" }, node(term, subject, null, "", open));
}

export function termName(name: string): string {
  const first = named(name);
  if (first !== name) return first;
  const second = wordOr(name);
  return second === name ? item(name) : second;
}

function node(term: Term, subject: Subject, figure: string | null, sign: string, open: boolean): HTMLElement {
  const below = isFigure(term.name) ? term.name : figure;
  const line = h("span", { class: "term" },
    sign === "" ? null : h("span", { class: "sign", "aria-label": sign === "−" ? w("minus") : undefined }, sign),
    h("span", { class: "term-name" }, termName(term.name)), " ",
    h("span", { class: "how" }, how(term.how)), " ",
    value(term),
  );
  const facts = h("div", { class: "term-facts" }, details(term));
  if (term.how === "register") return h("div", { class: "leaf register" }, line, facts, opener(term, subject, below));
  const terms = term.terms ?? [];
  if (terms.length === 0) return h("div", { class: "leaf" }, line, facts);
  const children = terms.map((part, i) => h("li", {}, node(part, subject, below, signOf(term, part, i), true)));
  return h("details", { open }, h("summary", {}, line), facts, h("ul", {}, children));
}

const isFigure = (name: string): boolean => (ALL as readonly string[]).includes(name);

function signOf(parent: Term, part: Term, at: number): string {
  if (part.minus) return "−";
  if (at === 0) return "";
  return parent.how === "sum" ? "+" : (SIGNS[parent.how] ?? "");
}

function value(term: Term): HTMLElement {
  const weak = term.quality === "good" ? "" : `${word(term.quality)}${term.doubts?.length ? `: ${doubted(term.doubts).join(", ")}` : ""}`;
  const missing = term.value === null;
  return h("span", { class: `term-value ${missing ? "missing" : ""} ${!missing && weak !== "" ? "uncertain" : ""}`.trim(), title: weak }, missing ? MISSING : `${term.value} ${unitName(term.unit)}`.trim());
}

function details(term: Term): Child {
  const lines: string[] = [];
  if (term.quality !== "good") lines.push([word(term.quality), ...doubted(term.doubts ?? [])].join(" · "));
  if (term.source) lines.push([term.source, term.valid_from, term.place].filter((text) => text).join(" · "));
  if (term.field) lines.push(term.field);
  if (term.statistic) lines.push(`${how(term.statistic)} · ${term.group ?? MISSING} · ${term.of ?? MISSING}`);
  if (term.counts !== undefined && term.per_count !== undefined) {
    lines.push(`${term.counts} × ${term.per_count} ${unitName(term.unit)} · ${wordOr(term.counted_as ?? "")} · ${term.slots_received ?? 0}/${term.slots_expected ?? 0}`);
    const at = (read: { time_ms: number; count: number } | null | undefined) => (read ? `${counted(read.count, term.per_count!)} (${time(read.time_ms)})` : MISSING);
    lines.push(`${word("first")} ${at(term.first)} → ${word("last")} ${at(term.last)}`);
  }
  for (const note of term.notes ?? []) lines.push(said(note));
  return lines.map((line) => h("div", {}, line));
}

function opener(term: Term, subject: Subject, figure: string | null): Child {
  const place = h("div", { hidden: true });
  const button = h("button", { type: "button", class: "reading-button", "aria-expanded": "false", "data-register": term.name }, w("showReadings"));
  button.addEventListener("click", () => {
    place.hidden = !place.hidden;
    button.setAttribute("aria-expanded", String(!place.hidden));
    if (!place.hidden && place.childElementCount === 0) void showReadings(place, subject, term.name, figure);
  });
  return [button, place];
}

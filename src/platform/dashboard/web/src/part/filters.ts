// Filters: what is chosen goes into the address, from where the page reads it.

import { h, type Child } from "../dom";
import { changed, go } from "../router";
import { word } from "../words/common";
import { w } from "../words/list";
import { today } from "./figure";

export type Options = readonly (readonly [value: string, text: string])[];

export function choice(name: string, label: string, options: Options, chosen: string, shown = true): HTMLElement {
  // what is chosen stays visible, also where nothing matches it any more
  const all = options.some(([value]) => value === chosen) ? options : [...options, [chosen, chosen] as const];
  const select = h("select", { id: name, name, value: chosen }, all.map(([value, text]) => h("option", { value }, text)));
  return h("label", {}, h("span", { class: shown ? undefined : "visually-hidden" }, label), " ", select);
}

export function search(name: string, label: string, value: string): HTMLElement {
  return h("label", { class: "grow" }, h("span", { class: "visually-hidden" }, label),
    h("input", { id: name, name, type: "search", value, placeholder: label, maxlength: "64", autocomplete: "off" }));
}

/** Every change leads to the page with these values; keys that are empty leave the address. */
export function filters(...controls: Child[]): HTMLElement {
  const form = h("form", { class: "filters", id: "filters", role: "search", "aria-label": w("filters") }, controls);
  const apply = () => {
    const values: Record<string, string | null> = { offset: null, after: null };
    for (const [name, value] of new FormData(form)) if (!name.startsWith("-")) values[name] = String(value).trim() || null;
    go(changed(values));
  };
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    apply();
  });
  form.addEventListener("change", apply);
  return form;
}

const KINDS = ["day", "month", "year", "custom"] as const;

type Kind = (typeof KINDS)[number];

/** Of a period as the API writes it. */
function kindOf(period: string): Kind {
  if (/^\d{4}$/.test(period)) return "year";
  if (/^\d{4}-\d\d$/.test(period)) return "month";
  return /^\d{4}-\d\d-\d\d$/.test(period) ? "day" : "custom";
}

const TYPES: Record<Kind, string> = { day: "date", month: "month", year: "number", custom: "text" };

function firstOf(kind: Kind): string {
  const day = today();
  return { day, month: day.slice(0, 7), year: day.slice(0, 4), custom: `${day.slice(0, 8)}01..${day}` }[kind];
}

export const periodOf = (query: URLSearchParams): string => query.get("period") ?? today().slice(0, 7);

export const basisOf = (query: URLSearchParams): string => query.get("basis") ?? "calorific";

/** What kind of period, and which. */
export function period(chosen: string): Child {
  const kind = kindOf(chosen);
  const input = h("input", { id: "period", name: "period", type: TYPES[kind], value: chosen, required: true, autocomplete: "off", min: kind === "year" ? "1970" : undefined, max: kind === "year" ? "2199" : undefined });
  const kinds = h("select", { id: "period-kind", name: "-kind", value: kind }, KINDS.map((one) => h("option", { value: one }, word(one))));
  kinds.addEventListener("change", () => {
    input.type = TYPES[kinds.value as Kind];
    input.value = firstOf(kinds.value as Kind);
  });
  return [h("label", {}, h("span", {}, word("period")), " ", kinds), h("label", { class: "bare" }, h("span", { class: "visually-hidden" }, word("period")), input)];
}

export const basis = (chosen: string): HTMLElement =>
  choice("basis", word("basis"), [["calorific", word("calorific")], ["equivalent", word("equivalent")]], chosen);

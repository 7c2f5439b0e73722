// Every change by a person: who, when, what, why.

import { readChanges, type Change } from "../api/session";
import { h } from "../dom";
import { time } from "../part/figure";
import { filters } from "../part/filters";
import { onwards, PAGE_ROWS } from "../part/pager";
import { table } from "../part/table";
import type { Opened, View } from "../view";
import { w } from "../words/desk";
import { page as pageName } from "../words/shell";

export async function open({ place, signal }: View): Promise<Opened> {
  const value = (key: string) => place.query.get(key) ?? "";
  const question = { area: value("area"), by: value("by"), after: value("after"), limit: PAGE_ROWS };
  const { rows, next } = await readChanges(question, signal);
  const text = (name: string, label: string) => h("label", {}, h("span", {}, label), " ", h("input", { id: name, name, type: "text", class: "short", maxlength: "64", value: value(name) }));
  return {
    title: pageName("audit"),
    content: [
      filters(text("area", w("area")), text("by", w("by"))),
      h("section", { class: "card" }, table<Change>({
        id: "changes",
        caption: pageName("audit"),
        empty: w("noChanges"),
        rows,
        columns: [
          { key: "at", head: w("at"), cell: (row) => time(row.noted_ms) },
          { key: "by", head: w("by"), cell: (row) => row.by },
          { key: "area", head: w("area"), cell: (row) => row.area },
          { key: "action", head: w("action"), cell: (row) => row.action },
          { key: "subject", head: w("subject"), cell: (row) => row.subject },
          { key: "detail", head: w("detail"), cell: (row) => ({ content: row.detail, name: "wrap" }) },
        ],
      }), onwards(question.after || null, next)),
    ],
  };
}

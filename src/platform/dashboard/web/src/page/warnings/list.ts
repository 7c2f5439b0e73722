// The warnings, the newest first.

import { readWarnings, type Warning } from "../../api/dual";
import { h, replace, type Child } from "../../dom";
import { said } from "../../language";
import { light, lightName } from "../../part/badge";
import { time } from "../../part/figure";
import { choice, filters } from "../../part/filters";
import { onwards, PAGE_ROWS } from "../../part/pager";
import { table } from "../../part/table";
import { link } from "../../router";
import { may } from "../../session";
import type { Opened, View } from "../../view";
import { state, w } from "../../words/dual";
import { page as pageName } from "../../words/shell";
import { note } from "./note";

const STATES = ["open", "acknowledged", "cleared"] as const;
const LEVELS = ["red", "yellow"] as const;
const REFRESH_MS = 10_000;

export async function open({ place, signal, every }: View): Promise<Opened> {
  const value = (key: string) => place.query.get(key) ?? "";
  const question = { state: value("state"), level: value("level"), region: value("region"), site: value("site"), after: value("after"), limit: PAGE_ROWS };
  const rows = h("div");
  const show = async () => {
    const listed = await readWarnings(question, signal);
    replace(rows, warningTable(listed.rows), onwards(question.after || null, listed.next));
  };
  await show();
  every(REFRESH_MS, show);
  return {
    title: pageName("warnings"),
    content: [
      filters(
        choice("state", w("state"), [["", w("any")], ...STATES.map((one) => [one, state(one)] as const)], question.state),
        choice("level", w("level"), [["", w("any")], ...LEVELS.map((one) => [one, lightName(one)] as const)], question.level),
      ),
      h("section", { class: "card" }, rows),
    ],
  };
}

function warningTable(rows: Warning[]): HTMLElement {
  return table<Warning>({
    id: "warnings",
    caption: pageName("warnings"),
    empty: w("noWarnings"),
    rows,
    columns: [
      { key: "level", head: w("level"), cell: (row) => ({ content: light(row.level) }) },
      { key: "raised", head: w("raised"), cell: (row) => time(row.raised_ms).slice(0, 16) },
      { key: "of", head: w("whose"), cell: (row) => ({ content: row.credit_code === null ? row.name : h("a", { id: `of-${row.id}`, href: link(`site/${row.credit_code}`) }, row.name), name: "site-name" }) },
      { key: "what", head: w("what"), cell: (row) => ({ content: h("a", { id: `warning-${row.id}`, href: link(`warnings/${row.id}`) }, said(row.text)), name: "wrap" }) },
      { key: "rule", head: w("rule"), cell: (row) => ({ content: said(row.rule), name: "wrap soft" }) },
      { key: "state", head: w("state"), cell: (row) => ({ content: state(row.state), title: taken(row) }) },
      { key: "do", head: "", cell: (row) => ({ content: button(row) }) },
    ],
  });
}

const taken = ({ acknowledged: one }: Warning): string => (one === null ? "" : `${one.by} · ${time(one.at_ms)}\n${one.note}`);

function button(row: Warning): Child {
  return row.state === "open" && may("operator") ? h("button", { id: `ack-${row.id}`, type: "button", onclick: () => note(row) }, w("acknowledge")) : "";
}

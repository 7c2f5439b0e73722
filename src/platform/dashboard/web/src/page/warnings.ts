// Warnings: what was raised, by which rule, and who has taken note.

import { acknowledge, readWarnings, type Warning } from "../api/dual";
import { h, replace } from "../dom";
import { said } from "../language";
import { light } from "../part/badge";
import { ask, field } from "../part/dialog";
import { time } from "../part/figure";
import { choice, filters } from "../part/filters";
import { onwards } from "../part/pager";
import { table } from "../part/table";
import { changed, go, link } from "../router";
import { may } from "../session";
import type { Opened, View } from "../view";
import { state, w } from "../words/dual";
import { lightName } from "../part/badge";
import { page as pageName } from "../words/shell";

const STATES = ["open", "acknowledged", "closed"] as const;
const LEVELS = ["red", "yellow"] as const;
const REFRESH_MS = 10_000;
const ROWS = 50;

export async function open({ place, signal, every }: View): Promise<Opened> {
  const value = (key: string, otherwise = "") => place.query.get(key) ?? otherwise;
  const question = { state: value("state"), level: value("level"), region: value("region"), after: value("after"), limit: ROWS };
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
      { key: "what", head: w("what"), cell: (row) => ({ content: said(row.text), name: "wrap" }) },
      { key: "rule", head: w("rule"), cell: (row) => ({ content: said(row.rule), name: "wrap soft" }) },
      { key: "state", head: w("state"), cell: (row) => ({ content: state(row.state), title: row.acknowledged === null ? "" : `${row.acknowledged.by} · ${time(row.acknowledged.at_ms)}\n${row.acknowledged.note}` }) },
      { key: "do", head: "", cell: (row) => ({ content: row.state === "open" && may("operator") ? h("button", { id: `ack-${row.id}`, type: "button", onclick: () => note(row) }, w("acknowledge")) : "" }) },
    ],
  });
}

function note(row: Warning): void {
  const text = h("textarea", { name: "note", rows: "3", required: true, maxlength: "1000" });
  ask(w("acknowledge"), [h("p", {}, said(row.text)), field(w("note"), text)], w("acknowledge"), async (form) => {
    await acknowledge(row.id, String(form.get("note")));
    go(changed({}));
  });
}

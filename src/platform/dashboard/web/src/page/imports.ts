// Importing a file: first what it would do and what is wrong with it, then, on a second word, for good.

import { readVersions, sendImport, type Import, type Problem, type Version } from "../api/registry";
import { h, replace, type Child } from "../dom";
import { said } from "../language";
import { field } from "../part/dialog";
import { time } from "../part/figure";
import { whole } from "../part/number";
import { begun, card, trouble } from "../part/part";
import { table } from "../part/table";
import type { Opened, View } from "../view";
import { importKind, level, w } from "../words/desk";
import { page as pageName } from "../words/shell";

const KINDS = ["sites", "profiles", "parcels", "economy", "gateways", "products", "boundary", "calorific", "stock", "virtual_points"] as const;
/** The platform lists every problem; a page that shows them all would not open. */
const PROBLEMS_SHOWN = 500;

export async function open({ signal }: View): Promise<Opened> {
  const result = h("div", { id: "import-result", "aria-live": "polite" });
  const file = h("input", { id: "file", name: "file", type: "file", accept: ".csv,.xlsx,text/csv", required: true });
  const kind = h("select", { id: "kind", name: "kind" }, KINDS.map((one) => h("option", { value: one }, importKind(one))));
  const form = h("form", { id: "import", class: "card form" }, field(w("importKind"), kind), field(w("file"), file), h("div", { class: "buttons" }, h("button", { type: "submit", class: "primary" }, w("check"))));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const chosen = file.files?.[0];
    if (chosen) void check(kind.value, chosen, result);
  });
  // what was checked is not what is chosen now
  form.addEventListener("change", () => replace(result));
  return {
    title: pageName("imports"),
    content: [form, result, card(w("versions"), begun(async () => versions((await readVersions(signal)).rows)))],
  };
}

async function check(kind: string, file: File, place: HTMLElement): Promise<void> {
  await shown(place, async () => {
    const found = await sendImport(kind, file, true);
    const errors = found.problems.filter((problem) => problem.level === "error").length;
    const confirm = h("button", { id: "confirm", type: "button", class: "primary", onclick: () => void write(kind, file, place) }, `${w("confirm")}: ${file.name}`);
    return card(`${importKind(kind)} · ${file.name}`, counts(found), h("p", { class: errors > 0 ? "trouble" : "good" }, errors > 0 ? w("stopped") : w("noProblems")), problems(found.problems), errors > 0 ? null : h("p", { class: "buttons" }, confirm));
  });
}

async function write(kind: string, file: File, place: HTMLElement): Promise<void> {
  await shown(place, async () => {
    const done = await sendImport(kind, file, false);
    return card(`${importKind(kind)} · ${file.name}`, done.version === null ? null : h("p", { class: "good", id: "imported" }, `✓ ${w("imported")} ${done.version}`), counts(done), problems(done.problems));
  });
}

async function shown(place: HTMLElement, make: () => Promise<Child>): Promise<void> {
  place.setAttribute("aria-busy", "true");
  try {
    replace(place, await make());
  } catch (error) {
    replace(place, trouble(error));
  } finally {
    place.removeAttribute("aria-busy");
  }
}

function counts(found: Import): Child {
  const lines = [[found.rows, w("rows")], [found.added, w("added")], [found.changed, w("changed")], [found.removed, w("removed")], [found.unchanged, w("unchanged")]] as const;
  return h("dl", { class: "facts-list" }, lines.map(([count, name]) => h("div", {}, h("dt", {}, name), h("dd", {}, whole(count)))));
}

function problems(rows: Problem[]): Child {
  if (rows.length === 0) return null;
  return [
    h("h3", {}, `${w("problems")}: ${whole(rows.length)}${rows.length > PROBLEMS_SHOWN ? ` (1–${PROBLEMS_SHOWN})` : ""}`),
    table<Problem>({
      id: "problems",
      caption: w("problems"),
      empty: "",
      rows: rows.slice(0, PROBLEMS_SHOWN),
      columns: [
        { key: "row", head: w("row"), number: true, cell: (row) => row.row },
        { key: "column", head: w("column"), cell: (row) => row.column },
        { key: "level", head: w("level"), cell: (row) => ({ content: level(row.level), name: row.level === "error" ? "warn" : "" }) },
        { key: "found", head: w("found"), cell: (row) => ({ content: said(row.found), name: "wrap" }) },
        { key: "expected", head: w("expected"), cell: (row) => ({ content: said(row.expected), name: "wrap" }) },
        { key: "fix", head: w("fix"), cell: (row) => ({ content: said(row.fix), name: "wrap" }) },
      ],
    }),
  ];
}

function versions(rows: Version[]): HTMLElement {
  return table<Version>({
    id: "versions",
    caption: w("versions"),
    empty: w("noVersions"),
    rows,
    columns: [
      { key: "version", head: w("version"), cell: (row) => row.version },
      { key: "kind", head: w("importKind"), cell: (row) => importKind(row.kind) },
      { key: "by", head: w("by"), cell: (row) => row.by },
      { key: "at", head: w("at"), cell: (row) => time(row.at_ms).slice(0, 16) },
      { key: "rows", head: w("rows"), number: true, cell: (row) => whole(row.rows) },
    ],
  });
}

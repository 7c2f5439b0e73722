// Importing a file: first what it would do and what is wrong with it, then, on a second word, for good.

import { readVersions, sendImport, type Import, type ImportAsked, type Problem } from "../api/registry";
import { h, replace, type Child } from "../dom";
import { said } from "../language";
import { field } from "../part/dialog";
import { whole } from "../part/number";
import { card, part, trouble } from "../part/part";
import { table } from "../part/table";
import { versionTable } from "../part/version";
import type { Opened, View } from "../view";
import { word } from "../words/common";
import { importKind, level, w } from "../words/desk";
import { page as pageName } from "../words/shell";

const KINDS = ["sites", "profiles", "parcels", "economy", "gateways", "products", "boundary", "calorific", "stock", "virtual_points"] as const;
/** The platform lists every problem; a page that shows them all would not open. */
const PROBLEMS_SHOWN = 500;

export async function open({ signal }: View): Promise<Opened> {
  const result = h("div", { id: "import-result", "aria-live": "polite" });
  const history = part(async () => versionTable((await readVersions(signal)).rows));
  const file = h("input", { id: "file", name: "file", type: "file", accept: ".csv,.xlsx,text/csv", required: true });
  const form = h("form", { id: "import", class: "card form" },
    field(w("importKind"), h("select", { id: "kind", name: "kind" }, KINDS.map((one) => h("option", { value: one }, importKind(one))))),
    field(w("file"), file),
    field(w("sheet"), h("input", { name: "sheet", maxlength: "64", autocomplete: "off" })),
    field(w("reason"), h("input", { name: "reason", maxlength: "200", autocomplete: "off" })),
    h("label", { class: "check" }, h("input", { name: "replace", type: "checkbox" }), ` ${w("replace")}`),
    h("div", { class: "buttons" }, h("button", { type: "submit", class: "primary" }, w("check"))),
  );
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const chosen = file.files?.[0];
    const given = new FormData(form);
    const value = (name: string) => String(given.get(name) ?? "");
    if (chosen === undefined) return;
    const asked = { kind: value("kind"), replace: given.has("replace"), sheet: value("sheet"), file: chosen.name.slice(0, 200), reason: value("reason") };
    void check(chosen, asked, result, () => void history.renew());
  });
  // what was checked is not what is chosen now
  form.addEventListener("change", () => replace(result));
  void history.renew();
  return { title: pageName("imports"), content: [form, result, card(w("versions"), history.place)] };
}

async function check(file: File, asked: ImportAsked, place: HTMLElement, done: () => void): Promise<void> {
  await shown(place, async () => {
    const found = await sendImport(file, asked, true);
    const errors = found.problems.some((problem) => problem.level === "error");
    const confirm = h("button", { id: "confirm", type: "button", class: "primary", onclick: () => void write(file, asked, place, done) }, `${w("confirm")}: ${file.name}`);
    return card(`${importKind(asked.kind)} · ${file.name}`, counts(found), h("p", { class: errors ? "trouble" : "good" }, errors ? w("stopped") : w("noProblems")), problems(found), changes(found), errors ? null : h("p", { class: "buttons" }, confirm));
  });
}

async function write(file: File, asked: ImportAsked, place: HTMLElement, done: () => void): Promise<void> {
  await shown(place, async () => {
    const made = await sendImport(file, asked, false);
    done();
    return card(`${importKind(asked.kind)} · ${file.name}`, h("p", { class: made.version === null ? "trouble" : "good", id: "imported" }, made.version === null ? w("notImported") : `✓ ${w("imported")} ${made.version}`), counts(made), problems(made));
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

function problems({ problems: rows, problems_unlisted: unlisted }: Import): Child {
  if (rows.length === 0) return null;
  const all = rows.length + unlisted;
  return [
    h("h3", {}, `${w("problems")}: ${whole(all)}${all > PROBLEMS_SHOWN ? ` (1–${PROBLEMS_SHOWN})` : ""}`),
    table<Problem>({
      id: "problems",
      caption: w("problems"),
      empty: "",
      rows: rows.slice(0, PROBLEMS_SHOWN),
      columns: [
        { key: "file", head: w("table"), cell: (row) => ({ content: row.file, name: "data" }) },
        { key: "row", head: w("row"), number: true, cell: (row) => row.row },
        { key: "column", head: w("column"), cell: (row) => row.column },
        { key: "level", head: w("level"), cell: (row) => ({ content: level(row.level), name: row.level === "error" ? "warn" : "" }) },
        { key: "found", head: w("found"), cell: (row) => ({ content: said(row.found), name: "wrap data" }) },
        { key: "expected", head: w("expected"), cell: (row) => ({ content: said(row.expected), name: "wrap" }) },
        { key: "fix", head: w("fix"), cell: (row) => ({ content: said(row.fix), name: "wrap" }) },
      ],
    }),
  ];
}

function changes({ changes: rows }: Import): Child {
  if (rows.length === 0) return null;
  const side = (fields: string[] | null) => (fields === null ? null : { content: fields.join(", "), name: "wrap data" });
  return h("details", {}, h("summary", {}, `${w("changes")}: ${whole(rows.length)}`), table({
    id: "changed-rows",
    caption: w("changes"),
    empty: "",
    rows,
    columns: [
      { key: "before", head: word("before"), cell: (row) => side(row.before) },
      { key: "after", head: word("after"), cell: (row) => side(row.after) },
    ],
  }));
}

// Versions of the registered tables: who changed what, when, by which file and why.

import type { Version } from "../api/registry";
import { importKind, w } from "../words/desk";
import { time } from "./figure";
import { whole } from "./number";
import { table } from "./table";

export function versionTable(rows: Version[]): HTMLElement {
  return table<Version>({
    id: "versions",
    caption: w("versions"),
    empty: w("noVersions"),
    rows,
    columns: [
      { key: "kind", head: w("importKind"), cell: (row) => importKind(row.kind) },
      { key: "version", head: w("version"), number: true, cell: (row) => row.version },
      { key: "at", head: w("at"), cell: (row) => time(row.at_ms).slice(0, 16) },
      { key: "by", head: w("by"), cell: (row) => row.by },
      { key: "file", head: w("fileName"), cell: (row) => ({ content: row.file === "" ? w("byHand") : row.file, name: "data" }) },
      { key: "reason", head: w("reason"), cell: (row) => ({ content: row.reason, name: "wrap data" }) },
      { key: "changes", head: w("changes"), cell: (row) => `+${whole(row.added)} ~${whole(row.changed)} −${whole(row.removed)}` },
    ],
  });
}

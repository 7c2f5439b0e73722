// Links to the same list as a file.

import { address, type Asked } from "../api/http";
import { h } from "../dom";
import { current } from "../language";
import { w } from "../words/list";

const FORMATS = ["csv", "xlsx", "parquet"] as const;

export type Exported = "ranking" | "intervals" | "gaps" | "ledger";

export function downloads(what: Exported, query: Asked): HTMLElement {
  return h("p", { class: "downloads" }, `${w("download")} `, FORMATS.map((format) => [h("a", { href: address(`exports/${what}.${format}`, { ...query, lang: current() }), download: true }, format.toUpperCase()), " "]));
}

// The lists as files.

import { h } from "../dom";
import { downloads } from "../part/download";
import { basis, basisOf, filters, period, periodOf } from "../part/filters";
import { table } from "../part/table";
import type { Opened, View } from "../view";
import { exported, w } from "../words/desk";
import { page as pageName } from "../words/shell";

/** Lists that need no more than a period and a basis. */
const LISTS = ["ranking", "gaps", "ledger"] as const;

export async function open({ place }: View): Promise<Opened> {
  const [of, on] = [periodOf(place.query), basisOf(place.query)];
  const query = (list: (typeof LISTS)[number]) => ({ ranking: { period: of, basis: on }, gaps: { period: of }, ledger: {} })[list];
  return {
    title: pageName("downloads"),
    content: [
      filters(period(of), basis(on)),
      h("section", { class: "card" }, h("p", { class: "soft" }, w("downloadsNote")), table({
        id: "downloads",
        caption: pageName("downloads"),
        empty: "",
        rows: LISTS,
        columns: [
          { key: "list", head: w("list"), cell: (list) => exported(list) },
          { key: "period", head: w("period"), cell: (list) => (list === "ledger" ? w("allTime") : of) },
          { key: "files", head: pageName("downloads"), cell: (list) => ({ content: downloads(list, query(list)) }) },
        ],
      })),
    ],
  };
}

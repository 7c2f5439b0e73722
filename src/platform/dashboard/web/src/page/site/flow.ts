// A site's energy flow, as a picture and as a table.

import { readExplanation, type SiteDetail } from "../../api/figures";
import { Drawing } from "../../chart/base";
import { drawFlow } from "../../chart/flow";
import { h, type Child } from "../../dom";
import { rounded } from "../../part/figure";
import { flowOf, type Link } from "../../part/flow";
import { card } from "../../part/part";
import { table } from "../../part/table";
import { termName } from "../../part/tree";
import { w as list } from "../../words/list";
import { wordOr } from "../../words/common";
import { w } from "../../words/site";

/** More flows than these need a higher picture. */
const LINKS_LOW = 10;

export async function flow(site: SiteDetail, period: string, basis: string, signal: AbortSignal): Promise<Child> {
  const { term } = await readExplanation(site.credit_code, { period, basis, figure: "kgce", intervals: 0 }, signal);
  const found = flowOf(term, w("whole"), w("outside"));
  if (found.links.length === 0) return card(w("flow"), h("p", { class: "empty" }, w("noFlow")));
  const drawing = new Drawing("flow", `${site.name}: ${w("flow")}`, (on) => drawFlow(on, found, "kgce"));
  if (found.links.length > LINKS_LOW) drawing.tall();
  return card(
    w("flow"),
    h("p", { class: "soft" }, w("flowNote")),
    drawing.place,
    found.left.length === 0 ? null : h("p", { class: "warn" }, `${w("flowLeft")}: ${found.left.map((one) => termName(one.name)).join(", ")}`),
    h("details", {}, h("summary", {}, list("table")), table<Link>({
      id: "flow-table",
      caption: w("flow"),
      empty: w("noFlow"),
      rows: found.links,
      columns: [
        { key: "from", head: w("from"), cell: (link) => link.source },
        { key: "to", head: w("to"), cell: (link) => link.target },
        { key: "carrier", head: wordOr("carrier"), cell: (link) => termName(link.carrier) },
        { key: "amount", head: w("amount"), unit: "kgce", number: true, cell: (link) => rounded(link.value) },
      ],
    })),
  );
}

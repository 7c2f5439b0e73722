// What is missing of a site's or a gateway's data, and why.

import type { Gap } from "../api/figures";
import { said } from "../language";
import { word, wordOr } from "../words/common";
import { MISSING, time } from "./figure";
import { table } from "./table";

const instant = (ms: number | null) => (ms === null ? { content: MISSING, name: "missing" } : time(ms));

export function gapTable(rows: Gap[]): HTMLElement {
  return table<Gap>({
    id: "gaps",
    caption: word("gaps"),
    empty: word("noGaps"),
    rows,
    columns: [
      { key: "gateway", head: word("gateway"), cell: (gap) => ({ content: gap.gateway_id, title: gap.detail }) },
      { key: "cause", head: word("cause"), cell: (gap) => ({ content: wordOr(gap.cause), title: said(gap.text) }) },
      { key: "from", head: word("from"), cell: (gap) => instant(gap.start_ms) },
      { key: "until", head: word("until"), cell: (gap) => instant(gap.end_ms) },
      { key: "concerns", head: word("concerns"), cell: (gap) => ({ content: concerned(gap), title: gap.series.join("\n") }) },
      { key: "state", head: word("state"), cell: (gap) => ({ content: state(gap), name: closed(gap) ? "" : "warn" }) },
    ],
  });
}

function concerned(gap: Gap): string {
  if (gap.series_count === 0) return word("allPoints");
  return gap.series_count === 1 ? (gap.series[0] ?? MISSING) : `${gap.series_count} ${word("points")}`;
}

/** A cause that the gateway stated is an explanation; a hole is closed when its archive gave every quarter-hour. */
function closed(gap: Gap): boolean {
  return gap.cause !== "hole" || (gap.quarters !== null && gap.quarters_recalled === gap.quarters);
}

function state(gap: Gap): string {
  if (gap.cause !== "hole") return word("explained");
  const share = gap.quarters === null ? "" : ` ${gap.quarters_recalled}/${gap.quarters}`;
  return `${word(closed(gap) ? "recalled" : "recalling")}${share}`;
}

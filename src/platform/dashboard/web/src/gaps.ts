// What is missing of a site's data in the period, and why.

import type { Gap, Listed } from "./api";
import { MISSING, time } from "./figure";
import { element, make, write } from "./page";
import { said, word, wordOr, type Word } from "./words";

const HEADINGS: readonly Word[] = ["gateway", "cause", "from", "until", "concerns", "state"];

export function showGaps(gaps: Listed<Gap>): void {
  const table = element<HTMLTableElement>("gaps");
  const none = gaps.rows.length === 0;
  element("gaps-scroll").hidden = none;
  element("no-gaps").hidden = !none;
  element("more-gaps").hidden = gaps.next === null;
  const headings = table.tHead!.rows[0] ?? table.tHead!.insertRow();
  HEADINGS.forEach((name, i) => {
    let cell = headings.cells[i];
    if (!cell) {
      cell = make("th");
      cell.scope = "col";
      headings.append(cell);
    }
    write(cell, word(name));
  });
  const body = table.tBodies[0]!;
  while (body.rows.length > gaps.rows.length) body.deleteRow(-1);
  gaps.rows.forEach((gap, at) => {
    const row = body.rows[at] ?? body.insertRow();
    const instant = (ms: number | null) => (ms === null ? MISSING : time(ms));
    const cells: [string, string][] = [
      [gap.gateway_id, gap.detail],
      [wordOr(gap.cause), said(gap.text)],
      [instant(gap.start_ms), ""],
      [instant(gap.end_ms), ""],
      [concerned(gap), gap.series.join("\n")],
      [state(gap), ""],
    ];
    cells.forEach(([text, title], i) => {
      const open = i === cells.length - 1 && !closed(gap);
      write(row.cells[i] ?? row.insertCell(), text, title, open ? "warn" : "");
    });
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

// Which part of a long list is shown, and the way to the others. Each page of a list has an address.

import { h } from "../dom";
import { changed } from "../router";
import { w } from "../words/list";
import { whole } from "./number";

export const PAGE_ROWS = 50;

/** From the address: the first row of the page. */
export function offsetOf(query: URLSearchParams): number {
  const offset = Number(query.get("offset") ?? 0);
  return Number.isSafeInteger(offset) && offset > 0 ? offset : 0;
}

export function pager(offset: number, shown: number, total: number, rows = PAGE_ROWS): HTMLElement {
  const last = Math.max(0, Math.floor((total - 1) / rows) * rows);
  const to = (id: string, text: string, where: number) =>
    where === offset || where < 0 || where > last
      ? h("span", { class: "off", "aria-hidden": "true" }, text)
      : h("a", { id: `page-${id}`, href: changed({ offset: where === 0 ? null : where }) }, text);
  const range = shown === 0 ? "0" : `${whole(offset + 1)}–${whole(offset + shown)}`;
  return h("nav", { class: "pager", "aria-label": w("pages") },
    to("first", `« ${w("first")}`, 0),
    to("previous", `‹ ${w("previous")}`, Math.max(offset - rows, offset === 0 ? -1 : 0)),
    h("span", { class: "range", id: "range", role: "status" }, `${range} / ${whole(total)}`),
    to("next", `${w("next")} ›`, offset + rows),
    to("last", `${w("last")} »`, last),
  );
}

/** Lists that know only their next page go forwards, and back by the browser. */
export function onwards(after: string | null, next: number | null): HTMLElement {
  return h("nav", { class: "pager", "aria-label": w("pages") },
    after === null ? null : h("a", { id: "page-first", href: changed({ after: null }) }, `« ${w("first")}`),
    next === null ? null : h("a", { id: "page-next", href: changed({ after: next }) }, `${w("next")} ›`),
  );
}

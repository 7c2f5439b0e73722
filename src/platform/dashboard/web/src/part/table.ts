// Tables: headings that sort, cells that say how sure they are, rows that the arrow keys walk.

import { h, type Child } from "../dom";
import { MISSING } from "./figure";
import { changed } from "../router";

export interface Cell {
  content: Child;
  title?: string;
  name?: string;
}

export interface Column<R> {
  key: string;
  head: string;
  unit?: string;
  /** Set right, digits under digits. */
  number?: boolean;
  /** The platform can sort by it, under this name. */
  sort?: string;
  cell: (row: R) => Cell | string | number | null | undefined;
}

export interface Sorted {
  by: string;
  order: "asc" | "desc";
}

export interface TableOptions<R> {
  id: string;
  caption: string;
  columns: readonly Column<R>[];
  rows: readonly R[];
  sorted?: Sorted;
  empty: string;
  /** Marks a row. */
  rowName?: (row: R) => string;
  /** `data-` attributes of a row. */
  rowData?: (row: R) => Record<string, string>;
}

export function table<R>(options: TableOptions<R>): HTMLElement {
  const { id, caption, columns, rows, sorted } = options;
  if (rows.length === 0) return h("p", { class: "empty", id: `${id}-empty` }, options.empty);
  const body = h("tbody", {}, rows.map((row) => {
    const cells = columns.map((column) => {
      const { content, title, name } = cellOf(column.cell(row));
      return h("td", { class: [column.number ? "number" : "", name ?? ""].join(" ").trim(), title }, content);
    });
    const data = Object.entries(options.rowData?.(row) ?? {}).map(([key, value]) => [`data-${key}`, value] as const);
    return h("tr", { class: options.rowName?.(row), ...Object.fromEntries(data) }, cells);
  }));
  const made = h("table", { id }, h("caption", { class: "visually-hidden" }, caption), h("thead", {}, h("tr", {}, columns.map((column) => heading(id, column, sorted)))), body);
  made.addEventListener("keydown", walk);
  const scroll = h("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": caption }, made);
  if (sorted !== undefined) reveal(scroll);
  return scroll;
}

/** Where the table is wider than its place, the column that sorts is scrolled into it, once. */
function reveal(scroll: HTMLElement): void {
  const placed = new ResizeObserver(() => {
    const column = scroll.querySelector<HTMLElement>('th:is([aria-sort="ascending"], [aria-sort="descending"])');
    if (scroll.clientWidth === 0) return;
    placed.disconnect();
    if (column !== null) scroll.scrollTo({ left: column.offsetLeft + column.offsetWidth - scroll.clientWidth });
  });
  placed.observe(scroll);
}

function cellOf(value: Cell | string | number | null | undefined): Cell {
  if (value === null || value === undefined) return { content: MISSING, name: "missing" };
  if (typeof value === "object") return value;
  // a time is read at one glance
  return { content: value, name: /^\d{4}-\d\d-\d\d/.test(String(value)) ? "when" : "" };
}

function heading<R>(table: string, column: Column<R>, sorted: Sorted | undefined): HTMLElement {
  const words = [h("span", { class: "what" }, column.head), column.unit ? h("span", { class: "unit" }, column.unit) : null];
  if (column.sort === undefined) return h("th", { scope: "col", class: column.number ? "number" : undefined }, words);
  const by = sorted?.by === column.sort;
  const state = !by ? "none" : sorted?.order === "asc" ? "ascending" : "descending";
  const order = by ? (sorted?.order === "asc" ? "desc" : "asc") : null;
  const to = h("a", { id: `${table}-by-${column.sort}`, class: "sort", href: changed({ sort: column.sort, order, offset: null }) }, words);
  return h("th", { scope: "col", class: column.number ? "number" : undefined, "aria-sort": state }, to);
}

/** Up and down go to the same column's link or button of the next row. */
function walk(event: KeyboardEvent): void {
  if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
  const at = event.target as HTMLElement;
  const [cell, row] = [at.closest("td"), at.closest("tr")];
  if (cell === null || row === null || at.matches("input, select, textarea")) return;
  let next = event.key === "ArrowDown" ? row.nextElementSibling : row.previousElementSibling;
  while (next instanceof HTMLTableRowElement) {
    const found = next.cells[cell.cellIndex]?.querySelector<HTMLElement>("a, button");
    if (found) {
      found.focus();
      event.preventDefault();
      return;
    }
    next = event.key === "ArrowDown" ? next.nextElementSibling : next.previousElementSibling;
  }
}

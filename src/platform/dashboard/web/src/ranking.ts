// The ranking table. Rows are kept from one refresh to the next, so focus, selection and scrolling stay.

import type { Figure, RankedSite, Ranking } from "./api";
import { duration, MISSING, reasons, shown, unit, weaknesses } from "./figure";
import { industryName } from "./industry";
import { element, make, write } from "./page";
import { word } from "./words";

const COLUMNS: readonly Figure[] = [
  "kwh",
  "output",
  "kgce_per_product",
  "tce_per_wan",
  "output_value_wan_per_mu",
  "tce_per_mu",
  "completeness",
];

export class RankingTable {
  private readonly table = element<HTMLTableElement>("ranking");
  private readonly head = this.table.tHead!;
  private readonly body = this.table.tBodies[0]!;
  private readonly rows = new Map<string, HTMLTableRowElement>();
  private selected = "";
  private sorted: Figure | undefined;

  constructor(
    private readonly onSort: (figure: Figure) => void,
    private readonly onSelect: (code: string) => void,
  ) {}

  select(code: string): void {
    this.selected = code;
    for (const [key, row] of this.rows) row.setAttribute("aria-selected", String(key === code));
  }

  focus(code: string): void {
    this.rows.get(code)?.focus();
  }

  show(ranking: Ranking): void {
    this.showHead(ranking);
    const codes = ranking.sites.map((site) => site.credit_code);
    for (const site of ranking.sites) this.fill(this.row(site.credit_code), site);
    const shownCodes = [...this.body.rows].map((row) => row.dataset.code);
    if (codes.join() !== shownCodes.join()) {
      const focused = document.activeElement;
      this.body.replaceChildren(...codes.map((code) => this.row(code)));
      for (const code of [...this.rows.keys()]) if (!codes.includes(code)) this.rows.delete(code);
      if (focused instanceof HTMLTableRowElement && focused.isConnected) focused.focus({ preventScroll: true });
    }
    this.select(this.selected);
    element("empty").hidden = codes.length > 0;
  }

  private showHead(ranking: Ranking): void {
    const row = this.head.rows[0] ?? this.makeHead();
    const plain = [word("rank"), word("site"), word("industry")];
    const cells = [...row.cells];
    plain.forEach((text, i) => write(cells[i]!, text));
    COLUMNS.forEach((figure, i) => {
      const cell = cells[plain.length + i]!;
      const sorted = ranking.sort === figure;
      cell.setAttribute("aria-sort", !sorted ? "none" : ranking.order === "asc" ? "ascending" : "descending");
      if (sorted && this.sorted !== figure) this.reveal(cell);
      if (sorted) this.sorted = figure;
      const button = cell.querySelector("button")!;
      write(button.children[0] as HTMLElement, word(figure), "", "what");
      write(button.children[1] as HTMLElement, figure === "completeness" ? "" : unit(figure), "", "unit");
    });
    write(cells.at(-1)!, word("backlog"), word("unit_records"), "number");
  }

  /** Where the table is wider than its place, the figure that ranks is scrolled into it. */
  private reveal(cell: HTMLElement): void {
    const place = this.table.parentElement!;
    // the rows are not written yet
    requestAnimationFrame(() => place.scrollTo({ left: cell.offsetLeft + cell.offsetWidth - place.clientWidth }));
  }

  private makeHead(): HTMLTableRowElement {
    const row = this.head.insertRow();
    const heading = (name = "") => {
      const cell = make("th", "", name);
      cell.scope = "col";
      row.append(cell);
      return cell;
    };
    for (let i = 0; i < 3; i++) heading();
    for (const figure of COLUMNS) {
      const button = make("button");
      button.type = "button";
      button.append(make("span"), make("span"));
      button.addEventListener("click", () => this.onSort(figure));
      heading("number").append(button);
    }
    heading("number");
    return row;
  }

  private row(code: string): HTMLTableRowElement {
    const kept = this.rows.get(code);
    if (kept) return kept;
    const row = make("tr");
    row.tabIndex = 0;
    row.dataset.code = code;
    for (let i = 0; i < COLUMNS.length + 4; i++) row.append(make("td"));
    row.addEventListener("click", () => this.onSelect(code));
    row.addEventListener("keydown", (event) => {
      const next = { ArrowDown: row.nextElementSibling, ArrowUp: row.previousElementSibling }[event.key];
      if (event.key === "Enter" || event.key === " ") this.onSelect(code);
      else if (next instanceof HTMLElement) next.focus();
      else return;
      event.preventDefault();
    });
    this.rows.set(code, row);
    return row;
  }

  private fill(row: HTMLTableRowElement, site: RankedSite): void {
    const cells = [...row.cells];
    write(cells[0]!, site.rank === null ? MISSING : String(site.rank), site.rank === null ? reasons(site.notes) : "", "rank");
    write(cells[1]!, site.name, `${site.credit_code} · ${site.county_code}`, "site-name");
    write(cells[2]!, industryName(site.industry_code), "", "industry");
    COLUMNS.forEach((figure, i) => {
      const exact = site[figure];
      const missing = exact === null;
      const low = figure === "completeness" && !missing && Number(exact) < 0.9;
      const text = shown(site, figure) + (figure === "output" && !missing ? ` ${site.output_unit}` : "");
      const weak = missing ? [] : weaknesses(site.figures[figure]);
      const title = missing ? reasons(site.notes) : [exact, ...weak].join("\n");
      write(cells[3 + i]!, text, title, `number${missing ? " missing" : ""}${low ? " warn" : ""}${weak.length > 0 ? " uncertain" : ""}`);
    });
    const known = site.backlog_records !== null;
    const state = site.connected === null ? word("neverSeen") : word(site.connected ? "connected" : "disconnected");
    const lag = site.lag_ms === null ? "" : `\n${word("lag")} ${duration(site.lag_ms)}${word("ago")}`;
    const mark = site.connected === null ? "unknown" : site.connected ? "on" : "off";
    const text = known ? site.backlog_records!.toLocaleString("en-GB") : MISSING;
    write(cells.at(-1)!, text, state + lag, `number link ${mark}${known ? "" : " missing"}`);
  }
}

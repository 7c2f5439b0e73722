// One site: its quarter-hours, what is missing of them, and the terms its figures are made of.

import type { Figure, Gap, LedgerTerm, Listed, Quarter, SiteDetail } from "./api";
import { base, chart, FAINT, INK, PALETTE, type Chart } from "./charts";
import { doubted, FIGURES, MISSING, reasons, rounded, time, titled, weaknesses } from "./figure";
import { showGaps } from "./gaps";
import { industryName } from "./industry";
import { element, make, write } from "./page";
import { said, word, wordOr, type Word } from "./words";

const HEADINGS: readonly Word[] = ["gateway", "meter", "point", "role", "first", "last", "amount", "completeness", "breaks", "doubts"];
const NUMBERS_FROM = 4;
const NUMBERS_UNTIL = 9;
const FIGURE_HEADINGS: readonly Word[] = ["figure", "value", "quality", "completeness", "sources", "doubts"];
const EPOCH_HEADINGS: readonly Word[] = ["gateway", "meter", "point", "time", "cause", "before", "after"];
const QUARTER_MS = 15 * 60_000;
/** So many quarter-hours are seen at once without a slider. */
const ZOOMED_FROM = 8;

export class SitePanel {
  private readonly panel = element("site");
  private readonly table = element<HTMLTableElement>("ledger");
  private drawn: Chart | undefined;

  close(): void {
    this.panel.hidden = true;
  }

  show(site: SiteDetail, quarters: Quarter[], gaps: Listed<Gap>): void {
    const appears = this.panel.hidden;
    this.panel.hidden = false;
    write(element("site-title"), site.name);
    write(
      element("site-facts"),
      [site.credit_code, industryName(site.industry_code), site.county_code, `${word("land")} ${site.land_mu} ${word("mu")}`].join(" · "),
      "",
      "facts",
    );
    const notes = element("site-notes");
    const texts = site.notes.map(said);
    if ([...notes.children].map((note) => note.textContent).join("\n") !== texts.join("\n")) {
      notes.replaceChildren(...texts.map((text) => make("li", text)));
    }
    showGaps(gaps);
    this.showFigures(site);
    this.showLedger(site.ledger);
    this.showEpochs(site.ledger);
    this.showQuarters(site, quarters);
    if (appears) this.panel.scrollIntoView({ block: "nearest" });
  }

  private showFigures(site: SiteDetail): void {
    const rows = FIGURES.filter((figure) => figure !== "completeness").map((figure: Figure): Cell[] => {
      const state = site.figures[figure];
      const value = site[figure];
      const share = state.completeness === null ? MISSING : `${rounded(Math.floor(Number(state.completeness) * 1000) / 10)} %`;
      const weak = weaknesses(state).join("\n");
      return [
        [titled(figure), "", ""],
        [value ?? MISSING, value === null ? reasons(site.notes) : weak, value === null ? "number exact missing" : "number exact"],
        [word(state.quality), weak, state.quality === "good" ? "" : "warn"],
        [share, "", state.incomplete ? "warn" : ""],
        [state.sources.map((source) => wordOr(`source_${source}`)).join("\n"), "", "exact"],
        [doubted(state.doubts).join("\n"), "", "exact"],
      ];
    });
    fill(element<HTMLTableElement>("figures"), FIGURE_HEADINGS, [1], rows);
  }

  private showEpochs(terms: LedgerTerm[]): void {
    const reading = (one: { time_ms: number; value: string | null }) => `${one.value ?? MISSING}\n${time(one.time_ms)}`;
    const rows = terms.flatMap((term) =>
      term.epochs.map((epoch): Cell[] => [
        [term.gateway_id, "", ""],
        [term.meter, "", ""],
        [term.point, "", ""],
        [time(epoch.time_ms), "", ""],
        [wordOr(epoch.cause), "", "warn"],
        [reading(epoch.before), "", "number exact"],
        [reading(epoch.after), "", "number exact"],
      ]),
    );
    element("epochs-part").hidden = rows.length === 0;
    fill(element<HTMLTableElement>("epochs"), EPOCH_HEADINGS, [5, 6], rows);
  }

  private showLedger(terms: LedgerTerm[]): void {
    const body = this.table.tBodies[0]!;
    fillHead(this.table, HEADINGS, [4, 5, 6, 7, 8]);
    while (body.rows.length > terms.length) body.deleteRow(-1);
    terms.forEach((term, at) => {
      const row = body.rows[at] ?? body.insertRow();
      const reading = (one: LedgerTerm["first"]) => (one === null ? MISSING : `${one.value ?? MISSING}\n${time(one.time_ms)}`);
      const share = term.slots_expected === 0 ? MISSING : `${term.slots_received}/${term.slots_expected}`;
      const amount = term.amount === null ? MISSING : `${term.amount} ${term.unit}`;
      const texts = [term.gateway_id, term.meter, term.point, wordOr(term.role), reading(term.first), reading(term.last), amount, share, String(term.breaks), doubted(term.doubts).join("\n")];
      texts.forEach((text, i) => {
        const cell = row.cells[i] ?? row.insertCell();
        const warn = i === NUMBERS_UNTIL - 1 && term.breaks > 0 ? " warn" : "";
        write(cell, text, "", i >= NUMBERS_UNTIL ? "exact" : i >= NUMBERS_FROM ? `number exact${warn}` : "");
      });
    });
  }

  private showQuarters(site: SiteDetail, quarters: Quarter[]): void {
    const place = element("quarters");
    place.hidden = quarters.length === 0;
    element("no-quarters").hidden = quarters.length > 0;
    const [first, last] = [quarters[0]?.start_ms, quarters.at(-1)?.start_ms];
    if (first === undefined || last === undefined) return;
    this.drawn ??= chart(place);
    place.setAttribute("aria-label", `${site.name}: ${word("quarters")}`);
    const carriers = [...new Set(quarters.flatMap((quarter) => Object.keys(quarter.energy)))];
    // the API gives electricity in kWh, and other carriers in the unit of their meters
    const unit = carriers[0] === "electricity" ? "kWh" : (site.ledger.find((term) => term.carrier === carriers[0])?.unit ?? "");
    const columns = carriers.map((carrier, i) => ({
      type: "bar" as const,
      name: wordOr(carrier),
      barMaxWidth: 26,
      itemStyle: { color: PALETTE[(i * 2) % PALETTE.length] },
      data: quarters.map((quarter) => ({
        value: [quarter.start_ms, quarter.energy[carrier] ?? null],
        // what no reading stands behind is pale
        itemStyle: quarter.readings_present ? {} : { opacity: 0.35 },
      })),
    }));
    const line = {
      type: "line" as const,
      name: word("output"),
      yAxisIndex: 1,
      step: "end" as const,
      symbol: quarters.length < 200 ? "circle" : "none",
      symbolSize: 5,
      lineStyle: { width: 2 },
      itemStyle: { color: "#d55e00" },
      data: quarters.map((quarter) => [quarter.start_ms, quarter.output]),
    };
    const value = (name: string, lines: boolean) => ({
      type: "value" as const,
      name,
      nameTextStyle: { color: INK },
      axisLabel: { color: INK, formatter: rounded },
      splitLine: { show: lines, lineStyle: { color: FAINT } },
    });
    const long = quarters.length > ZOOMED_FROM;
    this.drawn.setOption(
      {
        ...base(),
        grid: { ...base().grid, top: 56, bottom: long ? 44 : 12 },
        legend: { top: 0, textStyle: { color: INK } },
        tooltip: {
          ...base().tooltip,
          trigger: "axis",
          formatter: (items: { seriesName: string; value: [number, string | null]; dataIndex: number }[]) => {
            const quarter = quarters[items[0]?.dataIndex ?? 0];
            if (quarter === undefined) return "";
            const lines = items.map((item) => `${item.seriesName} ${item.value[1] ?? MISSING}`);
            const each = quarter.kwh_per_piece === null ? [] : [`${word("perPiece")} ${quarter.kwh_per_piece}`];
            const doubts = new Set([...Object.values(quarter.energy_doubts).flat(), ...quarter.output_doubts]);
            const weak = [...doubted([...doubts]), ...(quarter.readings_present ? [] : [word("share")])];
            return [time(quarter.start_ms).slice(0, 16), ...lines, ...each, ...weak].join("\n");
          },
        },
        xAxis: {
          type: "time",
          min: first - QUARTER_MS,
          max: last + 2 * QUARTER_MS,
          minInterval: QUARTER_MS,
          axisLabel: { color: INK, formatter: (ms: number) => label(ms, last - first), hideOverlap: true },
        },
        yAxis: [value(carriers.length === 1 ? unit : "", true), value(site.output_unit, false)],
        dataZoom: [{ type: "inside", zoomOnMouseWheel: "ctrl" }, { type: "slider", show: long, height: 18, bottom: 8, showDetail: false }],
        series: [...columns, line],
      } as Parameters<Chart["setOption"]>[0],
      // keeps the reader's zoom
      { notMerge: false, replaceMerge: ["series"] },
    );
  }
}

/** Text, title and class. */
type Cell = readonly [string, string, string];

function fillHead(table: HTMLTableElement, headings: readonly Word[], numbers: readonly number[]): void {
  const row = table.tHead!.rows[0] ?? table.tHead!.insertRow();
  headings.forEach((name, i) => {
    let cell = row.cells[i];
    if (!cell) {
      cell = make("th");
      cell.scope = "col";
      row.append(cell);
    }
    write(cell, word(name), "", numbers.includes(i) ? "number" : "");
  });
}

function fill(table: HTMLTableElement, headings: readonly Word[], numbers: readonly number[], rows: Cell[][]): void {
  fillHead(table, headings, numbers);
  const body = table.tBodies[0]!;
  while (body.rows.length > rows.length) body.deleteRow(-1);
  rows.forEach((cells, at) => {
    const row = body.rows[at] ?? body.insertRow();
    cells.forEach(([text, title, name], i) => write(row.cells[i] ?? row.insertCell(), text, title, name));
  });
}

function label(ms: number, span: number): string {
  const text = time(ms);
  if (span <= 36 * 3_600_000) return text.slice(11, 16);
  return span <= 5 * 86_400_000 ? text.slice(5, 16) : text.slice(5, 10);
}

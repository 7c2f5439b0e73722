// One site: its quarter-hours, what is missing of them, and the terms its figures are made of.

import type { Gap, LedgerTerm, Listed, Quarter, SiteDetail } from "./api";
import { base, chart, FAINT, INK, PALETTE, type Chart } from "./charts";
import { MISSING, rounded, time } from "./figure";
import { showGaps } from "./gaps";
import { industryName } from "./industry";
import { element, make, write } from "./page";
import { said, word, wordOr, type Word } from "./words";

const HEADINGS: readonly Word[] = ["gateway", "meter", "point", "role", "first", "last", "amount", "completeness", "breaks"];
const NUMBERS_FROM = 4;

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
    this.showLedger(site.ledger);
    this.showQuarters(site, quarters);
    if (appears) this.panel.scrollIntoView({ block: "nearest" });
  }

  private showLedger(terms: LedgerTerm[]): void {
    const head = this.table.tHead!;
    const body = this.table.tBodies[0]!;
    const headings = head.rows[0] ?? head.insertRow();
    HEADINGS.forEach((name, i) => {
      let cell = headings.cells[i];
      if (!cell) {
        cell = make("th");
        cell.scope = "col";
        headings.append(cell);
      }
      write(cell, word(name), "", i >= NUMBERS_FROM ? "number" : "");
    });
    while (body.rows.length > terms.length) body.deleteRow(-1);
    terms.forEach((term, at) => {
      const row = body.rows[at] ?? body.insertRow();
      const reading = (one: LedgerTerm["first"]) => (one === null ? MISSING : `${one.value ?? MISSING}\n${time(one.time_ms)}`);
      const share = term.slots_expected === 0 ? MISSING : `${term.slots_received}/${term.slots_expected}`;
      const amount = term.amount === null ? MISSING : `${term.amount} ${term.unit}`;
      const texts = [term.gateway_id, term.meter, term.point, wordOr(term.role), reading(term.first), reading(term.last), amount, share, String(term.breaks)];
      texts.forEach((text, i) => {
        const cell = row.cells[i] ?? row.insertCell();
        const warn = i === HEADINGS.length - 1 && term.breaks > 0 ? " warn" : "";
        write(cell, text, "", i >= NUMBERS_FROM ? `number exact${warn}` : "");
      });
    });
  }

  private showQuarters(site: SiteDetail, quarters: Quarter[]): void {
    const place = element("quarters");
    place.hidden = quarters.length === 0;
    element("no-quarters").hidden = quarters.length > 0;
    if (quarters.length === 0) return;
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
    this.drawn.setOption(
      {
        ...base(),
        grid: { ...base().grid, top: 56, bottom: 44 },
        legend: { top: 0, textStyle: { color: INK } },
        tooltip: {
          ...base().tooltip,
          trigger: "axis",
          formatter: (items: { seriesName: string; value: [number, string | null]; dataIndex: number }[]) => {
            const quarter = quarters[items[0]?.dataIndex ?? 0];
            if (quarter === undefined) return "";
            const lines = items.map((item) => `${item.seriesName} ${item.value[1] ?? MISSING}`);
            return [time(quarter.start_ms).slice(0, 16), ...lines, ...(quarter.readings_present ? [] : [word("share")])].join("\n");
          },
        },
        xAxis: {
          type: "time",
          axisLabel: { color: INK, formatter: (ms: number) => label(ms, quarters), hideOverlap: true },
        },
        yAxis: [value(carriers.length === 1 ? unit : "", true), value(site.output_unit, false)],
        dataZoom: [{ type: "inside", zoomOnMouseWheel: "ctrl" }, { type: "slider", height: 18, bottom: 8, showDetail: false }],
        series: [...columns, line],
      } as Parameters<Chart["setOption"]>[0],
      // keeps the reader's zoom
      { notMerge: false, replaceMerge: ["series"] },
    );
  }
}

function label(ms: number, quarters: Quarter[]): string {
  const span = (quarters.at(-1)?.start_ms ?? 0) - (quarters[0]?.start_ms ?? 0);
  const text = time(ms);
  if (span <= 36 * 3_600_000) return text.slice(11, 16);
  return span <= 5 * 86_400_000 ? text.slice(5, 16) : text.slice(5, 10);
}

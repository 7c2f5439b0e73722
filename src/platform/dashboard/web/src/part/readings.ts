// The last step of every figure: a register's quarter-hours, and the readings that gave them.

import { readExplanation, type Source, type TracedInterval, type TracedRegister } from "../api/figures";
import { h, replace, type Child } from "../dom";
import { word, wordOr } from "../words/common";
import { w } from "../words/site";
import { doubted, MISSING, time } from "./figure";
import { counted, whole } from "./number";
import { trouble } from "./part";
import { table, type Cell } from "./table";

/** What is explained, and of whom. */
export interface Subject {
  code: string;
  period: string;
  basis: string;
}

/** A day of quarter-hours first, then about a month. */
const FIRST = 96;
const MORE = 3000;
/** Figures below which a register is looked for, in this order. */
const FIGURES = ["kgce", "kwh", "output", "co2_t"];

/** Fills `place` with the readings of `register` (`gateway/meter/point`). */
export async function showReadings(place: HTMLElement, subject: Subject, register: string, figure: string | null, intervals = FIRST): Promise<void> {
  place.setAttribute("aria-busy", "true");
  try {
    const found = await lookFor(subject, register, figure, intervals);
    const again = () => void showReadings(place, subject, register, figure, MORE);
    replace(place, found === undefined ? h("p", { class: "trouble" }, w("notTraced")) : readings(found, intervals === FIRST ? again : undefined));
  } catch (error) {
    replace(place, trouble(error));
  } finally {
    place.removeAttribute("aria-busy");
  }
}

async function lookFor(subject: Subject, register: string, figure: string | null, intervals: number): Promise<TracedRegister | undefined> {
  const { code, period, basis } = subject;
  for (const one of new Set(figure === null ? FIGURES : [figure, ...FIGURES])) {
    const { registers } = await readExplanation(code, { period, basis, figure: one, intervals });
    const found = registers.find((traced) => traced.name === register);
    if (found) return found;
  }
  return undefined;
}

export function readings(register: TracedRegister, more?: () => void): Child {
  const { name, unit, per_count: per, counts_all: all, counts_traced: traced } = register;
  const same = traced !== null && traced === all;
  return h("div", { class: "readings", "data-register": name },
    h("p", {}, traced === null ? w("notTraced") : `${w("traced")}: ${counted(traced, per)} ${unit} ${same ? "✓" : "≠"} ${counted(all, per)} ${unit}`),
    table<TracedInterval>({
      id: `readings-${name.replaceAll(/[^\w-]/g, "_")}`,
      caption: `${name}: ${w("readings")}`,
      empty: w("none"),
      rows: register.intervals,
      columns: [
        { key: "quarter", head: w("quarter"), cell: (row) => time(row.start_ms).slice(0, 16) },
        { key: "amount", head: w("amount"), unit, number: true, cell: (row) => ({ content: counted(row.counts, per), name: "exact" }) },
        { key: "first", head: w("firstReading"), number: true, cell: (row) => reading(row.first, per) },
        { key: "last", head: w("lastReading"), number: true, cell: (row) => reading(row.last, per) },
        { key: "record", head: w("record"), cell: (row) => record(row.last ?? row.first) },
        { key: "doubts", head: word("doubts"), cell: (row) => ({ content: doubted(row.doubts).join("\n"), name: "exact" }) },
      ],
    }),
    register.set_aside.length === 0 ? null : h("p", { class: "warn" }, `${w("setAside")}: ${register.set_aside.map((one) => `${counted(one.count, per)} (${time(one.time_ms)})`).join(", ")}`),
    register.epochs.length === 0 ? null : h("p", { class: "warn" }, register.epochs.map((epoch) => `${time(epoch.time_ms)} ${wordOr(epoch.cause)}: ${counted(epoch.before.count, per)} → ${counted(epoch.after.count, per)}`).join("; ")),
    register.intervals_left_out === 0 ? null : h("p", { class: "soft" }, `${whole(register.intervals_left_out)} ${w("leftOut")} `, more && h("button", { type: "button", onclick: more }, w("more"))),
  );
}

function reading(source: Source | null, per: string): Cell {
  if (source === null) return { content: MISSING, name: "missing" };
  return { content: [counted(source.count, per), h("br"), h("span", { class: "soft" }, time(source.time_ms))], name: "exact" };
}

function record(source: Source | null): Cell | null {
  if (source === null) return null;
  if (source.declared) return { content: w("declared") };
  return { content: `${source.gateway_id} · ${source.seq ?? MISSING}`, title: source.gen_id ?? "", name: "soft" };
}

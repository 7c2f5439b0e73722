// A site's registers, the ends of their epochs, and what is missing.

import type { Gap, LedgerTerm, SiteDetail } from "../../api/figures";
import type { Listed } from "../../api/http";
import { h, type Child } from "../../dom";
import { downloads } from "../../part/download";
import { doubted, MISSING, time } from "../../part/figure";
import { gapTable } from "../../part/gaps";
import { card } from "../../part/part";
import { table } from "../../part/table";
import { word, wordOr } from "../../words/common";

type Read = { time_ms: number; value: string | null } | null;

export function data(site: SiteDetail, gaps: Listed<Gap>, period: string): Child {
  const epochs = site.ledger.flatMap((term) => term.epochs.map((epoch) => ({ term, epoch })));
  return [
    card(word("ledger"), ledger(site.ledger)),
    epochs.length === 0 ? null : card(word("epochs"), table({
      id: "epochs",
      caption: word("epochs"),
      empty: "",
      rows: epochs,
      columns: [
        { key: "gateway", head: word("gateway"), cell: ({ term }) => term.gateway_id },
        { key: "meter", head: word("meter"), cell: ({ term }) => term.meter },
        { key: "point", head: word("point"), cell: ({ term }) => term.point },
        { key: "time", head: word("time"), cell: ({ epoch }) => time(epoch.time_ms) },
        { key: "cause", head: word("cause"), cell: ({ epoch }) => ({ content: wordOr(epoch.cause), name: "warn" }) },
        { key: "before", head: word("before"), number: true, cell: ({ epoch }) => reading(epoch.before) },
        { key: "after", head: word("after"), number: true, cell: ({ epoch }) => reading(epoch.after) },
      ],
    })),
    card(word("gaps"), downloads("gaps", { site: site.credit_code, period }), gapTable(gaps.rows), gaps.next === null ? null : h("p", { class: "empty" }, word("moreGaps"))),
  ];
}

function ledger(terms: LedgerTerm[]): HTMLElement {
  return table<LedgerTerm>({
    id: "ledger",
    caption: word("ledger"),
    empty: word("noFigure"),
    rows: terms,
    columns: [
      { key: "gateway", head: word("gateway"), cell: (term) => term.gateway_id },
      { key: "meter", head: word("meter"), cell: (term) => term.meter },
      { key: "point", head: word("point"), cell: (term) => term.point },
      { key: "role", head: word("role"), cell: (term) => wordOr(term.role) },
      { key: "first", head: word("first"), number: true, cell: (term) => reading(term.first) },
      { key: "last", head: word("last"), number: true, cell: (term) => reading(term.last) },
      { key: "amount", head: word("amount"), number: true, cell: (term) => (term.amount === null ? null : { content: `${term.amount} ${term.unit}`, name: `exact ${term.quality === "good" ? "" : "uncertain"}`.trim() }) },
      { key: "completeness", head: word("completeness"), number: true, cell: (term) => (term.slots_expected === 0 ? null : `${term.slots_received}/${term.slots_expected}`) },
      { key: "breaks", head: word("breaks"), number: true, cell: (term) => ({ content: term.breaks, name: term.breaks > 0 ? "warn" : "" }) },
      { key: "doubts", head: word("doubts"), cell: (term) => ({ content: doubted(term.doubts).join("\n"), name: "exact" }) },
    ],
  });
}

function reading(one: Read) {
  if (one === null) return null;
  return { content: [one.value ?? MISSING, h("br"), h("span", { class: "soft" }, time(one.time_ms))], name: "exact" };
}

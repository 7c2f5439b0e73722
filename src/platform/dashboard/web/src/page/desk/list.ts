// Gateways, meters, events and gaps of the data quality desk.

import { readAllGaps, readEvents, readGateways, readMeters, type DeskEvent, type GatewayRow, type MeterRow } from "../../api/desk";
import { h, replace } from "../../dom";
import { said } from "../../language";
import { downloads } from "../../part/download";
import { doubted, duration, time } from "../../part/figure";
import { choice, filters, search } from "../../part/filters";
import { gapTable } from "../../part/gaps";
import { whole } from "../../part/number";
import { offsetOf, onwards, pager, PAGE_ROWS } from "../../part/pager";
import { table } from "../../part/table";
import { link } from "../../router";
import { may } from "../../session";
import type { View } from "../../view";
import { word, wordOr } from "../../words/common";
import { gatewayState, w } from "../../words/desk";
import { w as list } from "../../words/list";
import { askRecall } from "./recall";

const REFRESH_MS = 5000;
const STATES = ["connected", "disconnected", "never_seen"] as const;

const share = (value: string | null) => (value === null ? null : { content: `${(Math.floor(Number(value) * 1000) / 10).toFixed(1)} %`, title: value, name: Number(value) < 0.9 ? "warn" : "" });
const age = (ms: number | null) => (ms === null ? null : duration(ms));
const moment = (ms: number | null) => (ms === null ? null : time(ms).slice(0, 16));

export async function gateways({ place, signal, every }: View): Promise<HTMLElement[]> {
  const [state, query] = [place.query.get("state") ?? "", place.query.get("query") ?? ""];
  const offset = offsetOf(place.query);
  const rows = h("section", { class: "card" });
  const show = async () => {
    const page = await readGateways({ state, query, offset, limit: PAGE_ROWS }, signal);
    replace(rows, gatewayTable(page.rows), pager(offset, page.rows.length, page.total));
  };
  await show();
  every(REFRESH_MS, show);
  return [filters(choice("state", w("state"), [["", w("any")], ...STATES.map((one) => [one, gatewayState(one)] as const)], state), search("query", list("search"), query)), rows];
}

function gatewayTable(rows: GatewayRow[]): HTMLElement {
  return table<GatewayRow>({
    id: "gateways",
    caption: w("gateways"),
    empty: w("noGateways"),
    rows,
    columns: [
      { key: "gateway", head: word("gateway"), cell: (row) => row.gateway_id },
      { key: "site", head: word("site"), cell: (row) => ({ content: h("a", { id: `of-${row.gateway_id}`, href: link(`site/${row.credit_code}/data`) }, row.name), name: "site-name" }) },
      { key: "state", head: w("state"), cell: (row) => ({ content: gatewayState(row.state), name: `link ${row.connected ? "on" : "off"}` }) },
      { key: "seen", head: w("lastSeen"), cell: (row) => moment(row.last_seen_ms) },
      { key: "lag", head: w("lag"), number: true, cell: (row) => age(row.lag_ms) },
      { key: "backlog", head: word("backlog"), unit: word("unit_records"), number: true, cell: (row) => (row.backlog_records === null ? null : whole(row.backlog_records)) },
      { key: "complete", head: word("completeness"), number: true, cell: (row) => share(row.completeness) },
      { key: "clock", head: w("clock"), number: true, cell: (row) => (row.clock_offset_ms === null ? null : `${row.clock_offset_ms} ms`) },
      { key: "recall", head: "", cell: (row) => ({ content: may("operator") ? h("button", { id: `recall-${row.gateway_id}`, type: "button", onclick: () => askRecall(row.gateway_id) }, w("recall")) : "" }) },
    ],
  });
}

export async function meters({ place, signal }: View): Promise<HTMLElement[]> {
  const query = place.query.get("query") ?? "";
  const offset = offsetOf(place.query);
  const { rows, total } = await readMeters({ query, offset, limit: PAGE_ROWS }, signal);
  const made = table<MeterRow>({
    id: "meters",
    caption: w("meters"),
    empty: w("noMeters"),
    rows,
    columns: [
      { key: "gateway", head: word("gateway"), cell: (row) => ({ content: h("a", { id: `of-${row.gateway_id}-${row.meter}-${row.point}`, href: link(`site/${row.credit_code}/data`) }, row.gateway_id) }) },
      { key: "meter", head: word("meter"), cell: (row) => row.meter },
      { key: "point", head: word("point"), cell: (row) => row.point },
      { key: "carrier", head: word("carrier"), cell: (row) => wordOr(row.carrier) },
      { key: "state", head: w("state"), cell: (row) => gatewayState(row.state) },
      { key: "last", head: word("last"), cell: (row) => moment(row.last_ms) },
      { key: "lag", head: w("lag"), number: true, cell: (row) => age(row.lag_ms) },
      { key: "complete", head: word("completeness"), number: true, cell: (row) => share(row.completeness) },
      { key: "calibration", head: w("calibration"), cell: (row) => row.calibration_due },
      { key: "doubts", head: word("doubts"), cell: (row) => ({ content: doubted(row.doubts).join("\n"), name: "exact" }) },
    ],
  });
  return [filters(search("query", list("search"), query)), h("section", { class: "card" }, made, pager(offset, rows.length, total))];
}

export async function events({ place, signal }: View): Promise<HTMLElement[]> {
  const after = place.query.get("after") ?? "";
  const { rows, next } = await readEvents({ after, limit: PAGE_ROWS }, signal);
  const made = table<DeskEvent>({
    id: "events",
    caption: w("events"),
    empty: w("noEvents"),
    rows,
    columns: [
      { key: "at", head: w("at"), cell: (row) => time(row.at_ms).slice(0, 16) },
      { key: "gateway", head: word("gateway"), cell: (row) => row.gateway_id },
      { key: "meter", head: word("meter"), cell: (row) => row.meter },
      { key: "kind", head: w("kind"), cell: (row) => wordOr(row.kind) },
      { key: "what", head: w("what"), cell: (row) => ({ content: said(row.text), title: row.detail, name: "wrap" }) },
    ],
  });
  return [h("section", { class: "card" }, made, onwards(after || null, next))];
}

export async function gapList({ place, signal }: View): Promise<HTMLElement[]> {
  const after = place.query.get("after") ?? "";
  const { rows, next } = await readAllGaps({ after, limit: PAGE_ROWS }, signal);
  return [downloads("gaps", {}), h("section", { class: "card" }, gapTable(rows), onwards(after || null, next))];
}

// Gateways, registers, alarms and gaps of the data quality desk.

import { readAlarms, readAllGaps, readGateways, readRegisters, type Alarm, type GatewayRow, type RegisterRow } from "../../api/desk";
import { h, replace } from "../../dom";
import { said } from "../../language";
import { downloads } from "../../part/download";
import { duration, time } from "../../part/figure";
import { choice, filters, search } from "../../part/filters";
import { gapTable } from "../../part/gaps";
import { amount, whole } from "../../part/number";
import { offsetOf, onwards, pager, PAGE_ROWS } from "../../part/pager";
import { table } from "../../part/table";
import { link } from "../../router";
import type { View } from "../../view";
import { word, wordOr } from "../../words/common";
import { gatewayState, w } from "../../words/desk";

const REFRESH_MS = 5000;
const STATES = ["connected", "disconnected", "never_seen"] as const;

const moment = (ms: number | null) => (ms === null ? null : time(ms).slice(0, 16));
const stateOf = (row: GatewayRow): string => (row.connected ? "connected" : row.last_seen_ms === null ? "never_seen" : "disconnected");
const has = (text: string, ...names: string[]) => names.some((name) => name.toLowerCase().includes(text.toLowerCase()));

export async function gateways({ place, signal, every }: View): Promise<HTMLElement[]> {
  const [state, query] = [place.query.get("state") ?? "", place.query.get("query") ?? ""];
  const offset = offsetOf(place.query);
  const rows = h("section", { class: "card" });
  const show = async () => {
    const all = (await readGateways(signal)).filter((row) => (state === "" || stateOf(row) === state) && has(query, row.gateway_id, row.credit_code));
    const page = all.slice(offset, offset + PAGE_ROWS);
    replace(rows, gatewayTable(page), pager(offset, page.length, all.length));
  };
  await show();
  every(REFRESH_MS, show);
  return [filters(choice("state", w("state"), [["", w("any")], ...STATES.map((one) => [one, gatewayState(one)] as const)], state), search("query", w("searchGateway"), query)), rows];
}

function gatewayTable(rows: GatewayRow[]): HTMLElement {
  return table<GatewayRow>({
    id: "gateways",
    caption: w("gateways"),
    empty: w("noGateways"),
    rows,
    columns: [
      { key: "gateway", head: word("gateway"), cell: (row) => row.gateway_id },
      { key: "site", head: word("site"), cell: (row) => ({ content: h("a", { id: `of-${row.gateway_id}`, href: link(`site/${row.credit_code}/data`) }, row.credit_code) }) },
      { key: "state", head: w("state"), cell: (row) => ({ content: gatewayState(stateOf(row)), name: `link ${row.connected ? "on" : row.last_seen_ms === null ? "unknown" : "off"}` }) },
      { key: "seen", head: w("lastSeen"), cell: (row) => moment(row.last_seen_ms) },
      { key: "backlog", head: word("backlog"), unit: word("unit_records"), number: true, cell: (row) => (row.backlog_records === null ? null : whole(row.backlog_records)) },
      { key: "age", head: w("backlogAge"), number: true, cell: (row) => (row.backlog_age_ms === null ? null : duration(row.backlog_age_ms)) },
      { key: "clock", head: w("clock"), number: true, cell: (row) => (row.clock_offset_ms === null ? null : `${whole(row.clock_offset_ms)} ms`) },
      { key: "spool", head: w("spool"), number: true, cell: (row) => spool(row) },
      { key: "refused", head: w("refused"), number: true, cell: (row) => ({ content: whole(row.refused_kept), name: row.refused_kept > 0 ? "warn" : "" }) },
    ],
  });
}

/** How full a gateway's disk budget is. */
function spool({ spool_bytes: used, spool_bytes_max: most }: GatewayRow) {
  if (used === null || most === null || most === 0) return null;
  const share = (100 * used) / most;
  return { content: `${share.toFixed(1)} %`, title: `${whole(used)} / ${whole(most)} B`, name: share > 80 ? "warn" : "" };
}

export async function meters({ place, signal }: View): Promise<HTMLElement[]> {
  const query = place.query.get("query") ?? "";
  const offset = offsetOf(place.query);
  const all = (await readRegisters(signal)).filter((row) => has(query, row.gateway_id, row.meter, row.point));
  const rows = all.slice(offset, offset + PAGE_ROWS);
  const made = table<RegisterRow>({
    id: "meters",
    caption: w("meters"),
    empty: w("noMeters"),
    rows,
    columns: [
      { key: "gateway", head: word("gateway"), cell: (row) => row.gateway_id },
      { key: "meter", head: word("meter"), cell: (row) => row.meter },
      { key: "point", head: word("point"), cell: (row) => row.point },
      { key: "role", head: word("role"), cell: (row) => wordOr(row.role) },
      { key: "carrier", head: word("carrier"), cell: (row) => wordOr(row.carrier) },
      { key: "last", head: word("last"), number: true, cell: (row) => (row.last === null ? null : { content: `${row.last} ${row.unit}`, name: "exact" }) },
      { key: "at", head: w("lastAt"), cell: (row) => moment(row.last_ms) },
      { key: "total", head: w("total"), number: true, cell: (row) => amount(row.total) },
      { key: "breaks", head: word("breaks"), number: true, cell: (row) => ({ content: whole(row.breaks), name: row.breaks > 0 ? "warn" : "" }) },
    ],
  });
  return [filters(search("query", w("searchMeter"), query)), h("section", { class: "card" }, made, pager(offset, rows.length, all.length))];
}

export async function events({ place, signal }: View): Promise<HTMLElement[]> {
  const after = place.query.get("after") ?? "";
  const { rows, next } = await readAlarms({ after, limit: PAGE_ROWS }, signal);
  const made = table<Alarm>({
    id: "events",
    caption: w("events"),
    empty: w("noEvents"),
    rows,
    columns: [
      { key: "last", head: w("lastTime"), cell: (row) => moment(row.last_ms) },
      { key: "first", head: w("firstTime"), cell: (row) => moment(row.first_ms) },
      { key: "gateway", head: word("gateway"), cell: (row) => ({ content: h("a", { href: link(`site/${row.credit_code}/data`) }, row.gateway_id) }) },
      { key: "what", head: w("what"), cell: (row) => ({ content: said(row.text), title: row.kind, name: "wrap" }) },
      { key: "count", head: w("count"), number: true, cell: (row) => whole(row.count) },
      { key: "detail", head: w("detail"), cell: (row) => ({ content: row.detail, name: "wrap data" }) },
    ],
  });
  return [h("section", { class: "card" }, made, onwards(after || null, next))];
}

export async function gapList({ place, signal }: View): Promise<HTMLElement[]> {
  const after = place.query.get("after") ?? "";
  const { rows, next } = await readAllGaps({ after, limit: PAGE_ROWS }, signal);
  return [downloads("gaps", {}), h("section", { class: "card" }, gapTable(rows), onwards(after || null, next))];
}

// Data quality: gateways, registers, alarms, records that were refused, gaps.

import type { Text } from "../language";
import type { Gap } from "./figures";
import { read, type Asked, type Decimal, type Listed } from "./http";

export interface GatewayRow {
  gateway_id: string;
  credit_code: string;
  connected: boolean;
  last_seen_ms: number | null;
  backlog_records: number | null;
  /** Age of the oldest record of the backlog. */
  backlog_age_ms: number | null;
  clock_offset_ms: number | null;
  spool_bytes: number | null;
  spool_bytes_max: number | null;
  refused_kept: number;
}

export interface RegisterRow {
  gateway_id: string;
  meter: string;
  point: string;
  role: string;
  carrier: string;
  unit: string;
  last_ms: number | null;
  last: Decimal;
  total: Decimal;
  breaks: number;
}

/** What a person should know of a gateway. */
export interface Alarm {
  gateway_id: string;
  credit_code: string;
  kind: string;
  text: Text;
  first_ms: number;
  last_ms: number;
  count: number;
  detail: string;
}

export const readGateways = (signal?: AbortSignal) => read<GatewayRow[]>("gateways", {}, signal);
export const readRegisters = (signal?: AbortSignal) => read<RegisterRow[]>("ledger", {}, signal);
export const readAlarms = (query: Asked, signal?: AbortSignal) => read<Listed<Alarm>>("alarms", query, signal);
export const readAllGaps = (query: Asked, signal?: AbortSignal) => read<Listed<Gap>>("gaps", query, signal);

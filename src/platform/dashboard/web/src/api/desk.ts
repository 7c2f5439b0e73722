// The data quality desk: gateways, meters, events, and asking a gateway again.

import type { Text } from "../language";
import type { Gap } from "./figures";
import { read, send, type Asked, type Decimal, type Listed, type Paged } from "./http";

export interface GatewayRow {
  gateway_id: string;
  credit_code: string;
  name: string;
  county_code: string;
  state: string;
  connected: boolean;
  last_seen_ms: number | null;
  lag_ms: number | null;
  backlog_records: number | null;
  completeness: Decimal;
  clock_offset_ms: number | null;
}

export interface MeterRow {
  gateway_id: string;
  credit_code: string;
  meter: string;
  point: string;
  carrier: string;
  unit: string;
  state: string;
  last_ms: number | null;
  lag_ms: number | null;
  completeness: Decimal;
  calibration_due: string | null;
  doubts: string[];
}

export interface DeskEvent {
  id: number;
  at_ms: number;
  gateway_id: string;
  meter: string | null;
  kind: string;
  text: Text;
  detail: string;
}

export const readGateways = (query: Asked, signal?: AbortSignal) => read<Paged<GatewayRow>>("desk/gateways", query, signal);
export const readMeters = (query: Asked, signal?: AbortSignal) => read<Paged<MeterRow>>("desk/meters", query, signal);
export const readEvents = (query: Asked, signal?: AbortSignal) => read<Listed<DeskEvent>>("desk/events", query, signal);
export const readAllGaps = (query: Asked, signal?: AbortSignal) => read<Listed<Gap>>("gaps", query, signal);
export const recall = (gateway_id: string, from_ms: number, until_ms: number) => send<unknown>("POST", "desk/recall", { gateway_id, from_ms, until_ms });

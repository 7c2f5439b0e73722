// Energy intensity and dual control: regions, lights, targets, quotas, warnings.

import type { Text } from "../language";
import { read, send, type Asked, type Decimal, type Listed, type Paged } from "./http";

export interface IntensityRow {
  key: string;
  name: string;
  tce: Decimal;
  co2_t: Decimal;
  denominator: Decimal;
  unit: string;
  intensity: Decimal;
  last_year: Decimal;
  change_percent: Decimal;
  light: string | null;
  notes: Text[];
}

export interface Month {
  month: number;
  tce: Decimal;
  co2_t: Decimal;
  denominator: Decimal;
  intensity: Decimal;
  last_year: Decimal;
}

export interface Region {
  code: string;
  name: string;
  sites: number;
  tce: Decimal;
  light: string | null;
  /** Whether there are regions below. */
  children: boolean;
}

export interface Target {
  region: string;
  year: number;
  kind: string;
  percent: Decimal;
  tce: Decimal;
  source: string;
}

export interface Quota {
  code: string;
  name: string;
  year: number;
  tce: Decimal;
  used: Decimal;
  forecast: Decimal;
  light: string | null;
}

export interface QuotaProgress {
  code: string;
  name: string;
  year: number;
  tce: Decimal;
  months: { month: number; used: Decimal; forecast: Decimal; low: Decimal; high: Decimal }[];
  used: Decimal;
  forecast: Decimal;
  band: [Decimal, Decimal] | null;
  method: Text;
  error: Decimal;
}

export interface Warning {
  id: number;
  raised_ms: number;
  level: string;
  region: string;
  credit_code: string | null;
  name: string;
  text: Text;
  rule: Text;
  state: string;
  acknowledged: { by: string; at_ms: number; note: string } | null;
}

export const readIntensity = (query: Asked, signal?: AbortSignal) => read<Paged<IntensityRow>>("intensity", query, signal);
export const readMonths = (query: Asked, signal?: AbortSignal) => read<{ rows: Month[]; unit: string }>("intensity/series", query, signal);
export const readRegions = (parent: string, signal?: AbortSignal) => read<{ rows: Region[] }>("regions", { parent }, signal);
export const readTargets = (query: Asked, signal?: AbortSignal) => read<{ rows: Target[] }>("targets", query, signal);
export const readQuotas = (query: Asked, signal?: AbortSignal) => read<Paged<Quota>>("quotas", query, signal);
export const readQuota = (code: string, year: number, signal?: AbortSignal) => read<QuotaProgress>(`quotas/${encodeURIComponent(code)}`, { year }, signal);
export const readWarnings = (query: Asked, signal?: AbortSignal) => read<Listed<Warning>>("warnings", query, signal);
export const acknowledge = (id: number, note: string) => send<void>("POST", `warnings/${id}/acknowledge`, { note });

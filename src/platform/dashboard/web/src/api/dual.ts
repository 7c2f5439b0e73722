// Energy intensity and dual control: regions, lights, targets, quotas, warnings.

import type { Text } from "../language";
import { read, send, type Asked, type Decimal, type Listed, type Paged } from "./http";

/** One target of a region, what falls of it on the months that are over, and what came of it. */
export interface TargetLight {
  kind: string;
  target: string;
  to_date: string;
  actual: Decimal;
  light: string | null;
}

export interface IntensityRow {
  key: string;
  title: Text;
  /** A lower bound where `known` is less than `sites`. */
  tce: Decimal;
  co2_t: Decimal;
  denominator: Decimal;
  unit: string;
  intensity: Decimal;
  /** At comparable prices, over the sites that are known in both years. */
  last_year: Decimal;
  change_percent: Decimal;
  /** Of a region's targets the gravest, of a product its limit value. */
  light: string | null;
  lights: TargetLight[];
  limit: { kgce_per_unit: string; region: string; source: string; reached: string | null } | null;
  sites: number;
  known: number;
  complete: number;
  matched: number;
  lower_bound: boolean;
  missing: { credit_code: string; energy: boolean; denominator: boolean }[];
  missing_total: number;
  notes: Text[];
}

export interface Month {
  month: number;
  tce: Decimal;
  co2_t: Decimal;
  denominator: Decimal;
  intensity: Decimal;
  /** tce of the same month a year before. */
  last_year: Decimal;
  lower_bound: boolean;
}

export interface Region {
  code: string;
  title: Text;
  sites: number;
  tce: Decimal;
  lower_bound: boolean;
  light: string | null;
  /** Whether there are regions below. */
  children: boolean;
}

export interface Target {
  region: string;
  year: number;
  /** `intensity`, `total` or `carbon_intensity`. */
  kind: string;
  percent: Decimal;
  /** Of `total` alone: the most. */
  tce: Decimal;
  source: string;
  by: string;
}

/** The most energy that a unit of a product may take. */
export interface Limit {
  product: string;
  /** Empty: a national standard. */
  region: string;
  grade: string;
  valid_from: string;
  kgce_per_unit: string;
  unit: string;
  source: string;
}

export interface Quota {
  code: string;
  name: string;
  year: number;
  tce: string;
  used: Decimal;
  /** Of the quota, and of the year's days. */
  used_percent: Decimal;
  year_percent: Decimal;
  left: Decimal;
  forecast: Decimal;
  light: string | null;
  source: string;
  by: string;
}

export interface QuotaWhole extends Quota {
  months: { month: number; used: Decimal; forecast: Decimal; low: Decimal; high: Decimal }[];
  band: [string, string] | null;
  method: Text;
  /** Of single held-out months the mean, %; of a sum of them the most. */
  error: Decimal;
  error_sum_max: Decimal;
  held_out_months: number;
}

export interface Warning {
  id: number;
  raised_ms: number;
  seen_ms: number;
  cleared_ms: number | null;
  level: string;
  region: string;
  /** Null: of a region. */
  credit_code: string | null;
  name: string;
  object: string;
  text: Text;
  rule: Text;
  /** The figures that raised it. */
  grounds: { name: string; value: Decimal; unit: string }[];
  state: "open" | "acknowledged" | "cleared";
  acknowledged: { by: string; at_ms: number; note: string } | null;
}

export interface WarningWhole extends Warning {
  deliveries: { channel: string; key: string; made_ms: number; tries: number; state: string; failure: string }[];
}

export const readIntensity = (query: Asked, signal?: AbortSignal) => read<Paged<IntensityRow>>("intensity", query, signal);
/** Months that have begun. */
export const readMonths = (query: Asked, signal?: AbortSignal) => read<{ rows: Month[]; unit: string }>("intensity/series", query, signal);
export const readRegions = (parent: string, signal?: AbortSignal) => read<{ rows: Region[] }>("regions", { parent }, signal);
export const readTargets = (query: Asked, signal?: AbortSignal) => read<{ rows: Target[] }>("targets", query, signal);
export const putTarget = (target: Omit<Target, "by">) => send<void>("PUT", "targets", [target]);
export const readLimits = (signal?: AbortSignal) => read<{ rows: Limit[] }>("limits", {}, signal);
export const putQuota = (quota: { code: string; year: number; tce: string; source: string }) => send<void>("PUT", "quotas", [{ ...quota, kwh: null }]);
export const readQuotas = (query: Asked, signal?: AbortSignal) => read<Paged<Quota>>("quotas", query, signal);
export const readQuota = (code: string, year: number, signal?: AbortSignal) => read<QuotaWhole>(`quotas/${encodeURIComponent(code)}`, { year }, signal);
export const readWarnings = (query: Asked, signal?: AbortSignal) => read<Listed<Warning>>("warnings", query, signal);
export const readWarning = (id: string, signal?: AbortSignal) => read<WarningWhole>(`warnings/${encodeURIComponent(id)}`, {}, signal);
export const acknowledge = (id: number, note: string) => send<void>("POST", `warnings/${id}/acknowledge`, { note });

// Figures of sites: rankings, one site, its quarter-hours, gaps and explanations.

import type { Text } from "../language";
import { read, type Asked, type Decimal, type Listed } from "./http";

export type Figure =
  | "kwh"
  | "kgce"
  | "kgce_without_raw_material"
  | "kgce_without_renewable"
  | "co2_t"
  | "output"
  | "output_value_wan"
  | "kgce_per_product"
  | "tce_per_wan"
  | "output_value_wan_per_mu"
  | "tce_per_mu"
  | "tax_wan_per_mu"
  | "value_added_wan_per_mu"
  | "completeness";

export type Quality = "good" | "uncertain" | "bad";

/** How sure one figure is. */
export interface State {
  quality: Quality;
  doubts: string[];
  sources: string[];
  estimated_share: Decimal;
  completeness: Decimal;
  /** Below the 90 % that the national rule asks for. */
  incomplete: boolean;
}

/** One published version of a period. */
export interface Publication {
  version: number;
  published_ms: number;
  reason: Text;
}

export interface Site extends Record<Figure, Decimal> {
  credit_code: string;
  name: string;
  county_code: string;
  industry_code: string;
  land_mu: string;
  output_unit: string;
  figures: Record<Figure, State>;
  notes: Text[];
}

export interface RankedSite extends Site {
  rank: number | null;
  backlog_records: number | null;
  lag_ms: number | null;
  connected: boolean | null;
}

export interface Ranking {
  period: string;
  as_of_ms: number;
  basis: string;
  sort: Figure;
  order: "asc" | "desc";
  counties: string[];
  industries: string[];
  publication: Publication | null;
  sites: RankedSite[];
  /** Of all pages. */
  total: number;
}

export interface Reading {
  time_ms: number;
  value: Decimal;
}

export interface LedgerTerm {
  gateway_id: string;
  meter: string;
  point: string;
  role: string;
  carrier: string;
  unit: string;
  amount: Decimal;
  first: Reading | null;
  last: Reading | null;
  slots_expected: number;
  slots_received: number;
  quality: Quality;
  doubts: string[];
  set_aside: number;
  breaks: number;
  epochs: Epoch[];
}

/** One epoch of a register ends and another begins. */
export interface Epoch {
  time_ms: number;
  cause: string;
  before: Reading;
  after: Reading;
}

export interface SiteDetail extends Site {
  period: string;
  as_of_ms: number;
  ledger: LedgerTerm[];
}

export interface Quarter {
  start_ms: number;
  energy: Record<string, string>;
  energy_doubts: Record<string, string[]>;
  output: Decimal;
  output_doubts: string[];
  kwh_per_piece: Decimal;
  readings_present: boolean;
}

/** A stretch of which there is nothing, and why. */
export interface Gap {
  gateway_id: string;
  cause: string;
  text: Text;
  start_ms: number | null;
  end_ms: number | null;
  /** 0: all of the gateway's. */
  series_count: number;
  series: string[];
  detail: string;
  quarters: number | null;
  quarters_recalled: number | null;
}

/** Where a term's value comes from, and what it is computed of. */
export interface Term {
  name: string;
  value: Decimal;
  unit: string;
  how: string;
  quality: Quality;
  doubts?: string[];
  notes?: Text[];
  terms?: Term[];
  /** Subtracted in a sum. */
  minus?: boolean;
  decimals?: number;
  valid_from?: string;
  source?: string;
  place?: string;
  field?: string;
  /** A number of a whole group of an evaluation: of which, and of how many candidates. */
  statistic?: string;
  group?: string;
  of?: number;
  gateway_id?: string;
  meter?: string;
  point?: string;
  counted_as?: string;
  counts?: number;
  per_count?: string;
  first?: { time_ms: number; count: number } | null;
  last?: { time_ms: number; count: number } | null;
  slots_expected?: number;
  slots_received?: number;
}

/** A reading and the record that brought it. */
export interface Source {
  time_ms: number;
  count: number;
  gateway_id: string;
  gen_id: string | null;
  seq: number | null;
  declared: boolean;
}

export interface TracedInterval {
  start_ms: number;
  counts: number;
  doubts: string[];
  first: Source | null;
  last: Source | null;
}

export interface TracedRegister {
  name: string;
  unit: string;
  per_count: string;
  counts: number;
  counts_all: number;
  counts_traced: number | null;
  epochs: { time_ms: number; cause: string; before: { time_ms: number; count: number }; after: { time_ms: number; count: number } }[];
  intervals: TracedInterval[];
  intervals_left_out: number;
  set_aside: Source[];
}

export interface Explanation {
  credit_code: string;
  name: string;
  period: string;
  as_of_ms: number;
  basis: string;
  figure: Figure;
  state: State;
  recomputed_same: boolean;
  term: Term;
  registers: TracedRegister[];
  registers_left_out: number;
  rules: string;
}

/** Of a ranking; the platform sorts, filters and pages. */
export interface Question extends Asked {
  period: string;
  basis: string;
  county: string;
  industry: string;
  /** A province, city or county and all in it. */
  region: string;
  /** A part of the name or of the credit code. */
  query: string;
  sort: string;
  order: string;
  offset: number;
  limit: number;
}

export const readRanking = (question: Question, signal?: AbortSignal) => read<Ranking>("ranking", question, signal);

const site = (code: string) => `sites/${encodeURIComponent(code)}`;

export const readSite = (code: string, period: string, basis: string, signal?: AbortSignal) =>
  read<SiteDetail>(site(code), { period, basis }, signal);

export const readQuarters = (code: string, period: string, signal?: AbortSignal) =>
  read<Quarter[]>(`${site(code)}/intervals`, { period }, signal);

export const readExplanation = (code: string, query: { period: string; basis: string; figure: string; intervals: number }, signal?: AbortSignal) =>
  read<Explanation>(`${site(code)}/explain`, query, signal);

const GAPS_SHOWN = 30;

export const readGaps = (code: string, period: string, signal?: AbortSignal) =>
  read<Listed<Gap>>("gaps", { site: code, period, limit: GAPS_SHOWN }, signal);

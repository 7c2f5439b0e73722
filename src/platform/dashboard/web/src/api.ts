// The JSON API as types, and reading it with a deadline. Decimals come as strings; null is "not known".

import type { Text } from "./words";

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

export type Decimal = string | null;

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

/** The first page of a list; `next` says that there are more. */
export interface Listed<T> {
  rows: T[];
  next: number | null;
}

/** The platform answered that the question is wrong. */
export class Refused extends Error {
  constructor(readonly text: Text) {
    super(text.en);
  }
}

const DEADLINE_MS = 10_000;

async function read<T>(path: string, query: Record<string, string>): Promise<T> {
  const filled = Object.entries(query).filter(([, value]) => value !== "");
  const response = await fetch(`${path}?${new URLSearchParams(filled)}`, {
    signal: AbortSignal.timeout(DEADLINE_MS),
    headers: { accept: "application/json" },
  });
  const body = await response.json();
  if (response.ok) return body as T;
  if (typeof body?.error?.zh === "string") throw new Refused(body.error as Text);
  throw new Error(`status ${response.status}`);
}

export interface Question {
  period: string;
  basis: string;
  county: string;
  industry: string;
  sort: string;
  order: string;
}

export const readRanking = (question: Question) => read<Ranking>("api/v1/ranking", { ...question });

const site = (code: string) => `api/v1/sites/${encodeURIComponent(code)}`;

export const readSite = (code: string, period: string, basis: string) => read<SiteDetail>(site(code), { period, basis });

export const readQuarters = (code: string, period: string) => read<Quarter[]>(`${site(code)}/intervals`, { period });

const GAPS_SHOWN = "30";

export const readGaps = (code: string, period: string) =>
  read<Listed<Gap>>("api/v1/gaps", { site: code, period, limit: GAPS_SHOWN });

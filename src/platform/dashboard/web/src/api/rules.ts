// Evaluations by rule sets: runs, grades, workings, what-if and comparison.

import type { Text } from "../language";
import type { Term } from "./figures";
import { read, send, type Asked, type Decimal, type Paged } from "./http";

export interface RuleSet {
  id: string;
  title: Text;
  authority: string;
  /** The last evaluated year; null where the source names none. */
  year: number | null;
  basis: string;
  basis_note: string;
  source: string;
  confidence: string;
}

export interface RuleGroup {
  id: string;
  title: Text;
  exempt: Text | null;
  indicators: { name: string; title: Text; unit: string; weight: Decimal; base: Decimal; cap: Decimal }[];
  bands: { grade: string; by: "percent" | "score"; from: Decimal; to: Decimal }[];
  vetoes: Text[];
  /** What the source leaves out, and what that means. */
  not_given: Text[];
}

export interface RuleSetWhole extends RuleSet {
  groups: RuleGroup[];
}

export interface Evaluation {
  id: number;
  rules: string;
  regions: string[];
  year: number;
  basis: string;
  state: "trial" | "published";
  made_ms: number;
  by: string;
  published_ms: number | null;
  published_by: string | null;
  objection: Objection | null;
}

/** In what a run differs from the one that it corrects. */
export interface Objection {
  corrects: number;
  credit_code: string;
  item: string;
  value_before: string | null;
  value: string;
  evidence: string;
  reason: string;
}

export interface Indicator {
  name: string;
  value: Decimal;
  points: Decimal;
  /** What stands in for a value that is missing. */
  filled: "zero" | "group_mean" | "left_out" | null;
}

export interface Graded {
  credit_code: string;
  name: string;
  group: string | null;
  score: Decimal;
  rank: number | null;
  grade: string | null;
  indicators: Indicator[];
  reasons: (Text & { kind: string })[];
}

export interface Total {
  group: string | null;
  grade: string | null;
  count: number;
}

export interface EvaluationPage extends Paged<Graded> {
  evaluation: Evaluation;
  totals: Total[];
}

export interface Workings {
  evaluation: Evaluation;
  site: Graded;
  period: string;
  basis: string;
  indicators: { name: string; title: Text; weight: Decimal; base: Decimal; points: Decimal; term: Term }[];
  score: Term | null;
  /** The tree gives the stored score again, to the last digit. */
  holds: boolean;
}

export interface GradeOfRun extends Graded {
  evaluation: number;
  rules: string;
  year: number;
  state: "trial" | "published";
  made_ms: number;
}

export interface Change {
  item: string;
  factor?: string;
  value?: string;
}

export interface WhatIf {
  before: Graded;
  after: Graded;
  because: Text[];
}

export interface Standing {
  group: string | null;
  score: Decimal;
  rank: number | null;
  grade: string | null;
}

export interface Moved {
  credit_code: string;
  name: string;
  a: Standing;
  b: Standing;
  because: Text[];
}

export interface ComparedPage extends Paged<Moved> {
  a: Evaluation;
  b: Evaluation;
  /** In both runs. */
  sites: number;
  only_in_a: number;
  only_in_b: number;
  moves: { from: string | null; to: string | null; sites: number }[];
}

export const readRules = (signal?: AbortSignal) => read<{ rows: RuleSet[] }>("rules", {}, signal);
export const readRuleSet = (id: string, signal?: AbortSignal) => read<RuleSetWhole>(`rules/${encodeURIComponent(id)}`, {}, signal);
export const readEvaluations = (query: Asked, signal?: AbortSignal) => read<{ rows: Evaluation[] }>("evaluations", query, signal);
export const readEvaluation = (id: string | number, query: Asked, signal?: AbortSignal) =>
  read<EvaluationPage>(`evaluations/${encodeURIComponent(id)}`, query, signal);
export const readWorkings = (id: string, code: string, signal?: AbortSignal) =>
  read<Workings>(`evaluations/${encodeURIComponent(id)}/sites/${encodeURIComponent(code)}`, {}, signal);
export const readCompared = (query: Asked, signal?: AbortSignal) => read<ComparedPage>("evaluations/compare", query, signal);
export const runTrial = (rules: string, year: number) => send<{ id: number }>("POST", "evaluations", { rules, year });
export const publish = (id: number) => send<{ id: number }>("POST", `evaluations/${id}/publish`);
export const askWhatIf = (rules: string, year: number, site: string, changes: Change[]) =>
  send<WhatIf>("POST", "evaluations/what-if", { rules, year, site, changes });
/** Gives the number of the new version. */
export const object = (id: string, objection: { site: string; item: string; value: string; evidence: string; reason: string }) =>
  send<{ id: number }>("POST", `evaluations/${encodeURIComponent(id)}/objections`, objection);
export const readGrades = async (code: string, signal?: AbortSignal): Promise<GradeOfRun[]> =>
  (await read<{ rows: GradeOfRun[] }>(`sites/${encodeURIComponent(code)}/grades`, {}, signal)).rows;

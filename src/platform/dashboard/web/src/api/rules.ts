// Evaluations by rule sets: runs, grades, workings, what-if and comparison.

import type { Text } from "../language";
import type { Term } from "./figures";
import { read, send, type Asked, type Decimal, type Paged } from "./http";

export interface RuleSet {
  id: string;
  title: Text;
  authority: string;
  year: number;
}

export interface Evaluation {
  id: number;
  rules: string;
  year: number;
  state: string;
  made_ms: number;
  by: string;
}

export interface Indicator {
  name: string;
  value: Decimal;
  points: Decimal;
}

export interface Graded {
  credit_code: string;
  name: string;
  group: string;
  score: Decimal;
  rank: number | null;
  grade: string | null;
  indicators: Indicator[];
  reasons: Text[];
}

export interface Total {
  group: string;
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
}

export interface GradeOfYear {
  year: number;
  evaluation: number;
  rules: string;
  state: string;
  group: string;
  score: Decimal;
  rank: number | null;
  grade: string | null;
  reasons?: Text[];
}

export interface Change {
  item: string;
  factor?: string;
  value?: string;
}

export interface WhatIf {
  before: Graded;
  after: Graded;
}

export interface Compared {
  credit_code: string;
  name: string;
  a: { score: Decimal; rank: number | null; grade: string | null } | null;
  b: { score: Decimal; rank: number | null; grade: string | null } | null;
}

export const readRules = (signal?: AbortSignal) => read<{ rows: RuleSet[] }>("rules", {}, signal);
export const readEvaluations = (query: Asked, signal?: AbortSignal) => read<{ rows: Evaluation[] }>("evaluations", query, signal);
export const readEvaluation = (id: string | number, query: Asked, signal?: AbortSignal) => read<EvaluationPage>(`evaluations/${id}`, query, signal);
export const readWorkings = (id: string, code: string, signal?: AbortSignal) => read<Workings>(`evaluations/${id}/sites/${encodeURIComponent(code)}`, {}, signal);
export const readCompared = (query: Asked, signal?: AbortSignal) => read<Paged<Compared>>("evaluations/compare", query, signal);
export const runTrial = (rules: string, year: number) => send<{ id: number }>("POST", "evaluations", { rules, year });
export const publish = (id: number) => send<void>("POST", `evaluations/${id}/publish`);
export const askWhatIf = (rules: string, year: number, site: string, changes: Change[]) => send<WhatIf>("POST", "evaluations/what-if", { rules, year, site, changes });
export const object = (id: string, objection: { site: string; item: string; value: string; evidence: string; reason: string }) =>
  send<void>("POST", `evaluations/${id}/objections`, objection);
export const readGrades = async (code: string, signal?: AbortSignal): Promise<GradeOfYear[]> =>
  (await read<{ rows: GradeOfYear[] }>(`sites/${encodeURIComponent(code)}/grades`, {}, signal)).rows;

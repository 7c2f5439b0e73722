// Asking the platform, with a deadline. Decimals come as strings; null is "not known".

import type { Text } from "../language";

export type Decimal = string | null;

/** The platform answered that the question is wrong or not for this reader. */
export class Refused extends Error {
  constructor(
    readonly status: number,
    readonly text: Text,
  ) {
    super(text.en);
  }
}

/** One page of a list; `next` is the `after` of the next one. */
export interface Listed<T> {
  rows: T[];
  next: number | null;
}

/** One page of a sorted list. */
export interface Paged<T> {
  rows: T[];
  total: number;
}

export type Asked = Record<string, string | number | boolean | null | undefined>;

const DEADLINE_MS = 25_000;
/** A file of 60,000 rows is read and checked before it is answered. */
const UPLOAD_DEADLINE_MS = 180_000;
const ROOT = "api/v1/";

export function address(path: string, query: Asked = {}): string {
  const filled = Object.entries(query).filter(([, value]) => value !== "" && value !== null && value !== undefined);
  const text = new URLSearchParams(filled.map(([key, value]) => [key, String(value)])).toString();
  return text === "" ? ROOT + path : `${ROOT}${path}?${text}`;
}

export const read = <T>(path: string, query: Asked = {}, signal?: AbortSignal): Promise<T> => ask<T>("GET", path, query, undefined, signal);

/** Sends JSON, or a file as it is. */
export const send = <T>(method: "POST" | "PUT" | "DELETE", path: string, body?: unknown, query: Asked = {}): Promise<T> =>
  ask<T>(method, path, query, body);

async function ask<T>(method: string, path: string, query: Asked, body: unknown, signal?: AbortSignal): Promise<T> {
  const file = body instanceof Blob;
  const deadline = AbortSignal.timeout(file ? UPLOAD_DEADLINE_MS : DEADLINE_MS);
  const type = file ? "application/octet-stream" : "application/json";
  const response = await fetch(address(path, query), {
    method,
    signal: signal ? AbortSignal.any([deadline, signal]) : deadline,
    headers: { accept: "application/json", ...(body === undefined ? {} : { "content-type": type }) },
    ...(body === undefined ? {} : { body: file ? body : JSON.stringify(body) }),
  });
  if (response.status === 204) return undefined as T;
  const answer: unknown = await response.json().catch(() => undefined);
  if (response.ok) return answer as T;
  throw new Refused(response.status, reason(answer, response.status));
}

function reason(answer: unknown, status: number): Text {
  const text = (answer as { error?: Partial<Text> } | undefined)?.error;
  if (typeof text?.zh === "string" && typeof text.en === "string") return { zh: text.zh, en: text.en };
  return { zh: `平台答复状态 ${status}，未说明原因`, en: `the platform answered with status ${status} and no reason` };
}

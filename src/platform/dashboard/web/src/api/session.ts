// Who reads, and the log of what people changed.

import { read, send, type Asked, type Listed } from "./http";

export type Role = "viewer" | "auditor" | "operator" | "administrator";

export interface Session {
  /** Null: nobody is signed in. */
  name: string | null;
  role: Role | null;
  /** Beginnings of region codes; an empty one is everything. */
  regions: string[];
  /** There is no user yet: whoever sits at the machine may do everything. */
  open: boolean;
  ways: string[];
}

export interface Change {
  id: number;
  noted_ms: number;
  by: string;
  area: string;
  subject: string;
  action: string;
  detail: string;
}

export const readSession = () => read<Session>("session");
export const signIn = (name: string, password: string) => send<Session>("POST", "session", { name, password });
export const signOut = () => send<void>("DELETE", "session");
export const OIDC = "api/v1/session/oidc";
export const readChanges = (query: Asked, signal?: AbortSignal) => read<Listed<Change>>("audit-log", query, signal);

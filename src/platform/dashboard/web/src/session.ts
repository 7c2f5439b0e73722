// The reader of this page, known before the first page opens.

import type { Role, Session } from "./api/session";
import { readSession } from "./api/session";

const ORDER: readonly Role[] = ["viewer", "auditor", "operator", "administrator"];

let reader: Session = { name: null, role: null, regions: [], open: false, ways: [] };

export const session = (): Session => reader;

export async function renew(): Promise<Session> {
  reader = await readSession();
  return reader;
}

/** Nobody is signed in any more. */
export function forget(): void {
  reader = { ...reader, name: null, role: null };
}

/** Whether to show what only this role may use. The platform decides; this spares the reader a refusal. */
export const may = (role: Role): boolean => reader.role !== null && ORDER.indexOf(reader.role) >= ORDER.indexOf(role);

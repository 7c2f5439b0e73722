// The reader of this page, known before the first page opens.

import type { Role, Session } from "./api/session";
import { readSession } from "./api/session";
import { Refused } from "./api/http";

const ORDER: readonly Role[] = ["viewer", "auditor", "operator", "administrator"];
const NOBODY: Session = { name: null, role: null, regions: [], open: false, ways: ["password"] };

let reader: Session = NOBODY;

export const session = (): Session => reader;

export async function renew(): Promise<Session> {
  try {
    reader = await readSession();
  } catch (error) {
    if (!(error instanceof Refused) || error.status !== 401) throw error;
    reader = NOBODY;
  }
  return reader;
}

/** Nobody is signed in any more. */
export function forget(): void {
  reader = { ...reader, name: null, role: null };
}

/** Whether to show what only this role may use. The platform decides; this spares the reader a refusal. */
export const may = (role: Role): boolean => reader.role !== null && ORDER.indexOf(reader.role) >= ORDER.indexOf(role);

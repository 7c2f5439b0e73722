// What is registered: sites, their profiles, land and economic data; and importing it.

import type { Text } from "../language";
import { read, send, type Asked, type Decimal, type Paged } from "./http";

export interface SiteRow {
  credit_code: string;
  name: string;
  county_code: string;
  township_code: string | null;
  industry_code: string;
  land_mu: Decimal;
  above_scale: boolean | null;
}

export interface Profile {
  township_code: string | null;
  legal_person: string | null;
  above_scale: boolean | null;
  registered_on: string | null;
  land_granted_on: string | null;
  landlord: string | null;
  tags: string[];
}

export interface Parcel {
  parcel: string;
  tenure: string;
  mu: string;
  from: string;
  until: string | null;
  other_site: string | null;
  document: string;
}

export interface Economy {
  year: number;
  month: number | null;
  item: string;
  value: string;
  source: string;
}

export interface SiteProfile {
  profile: Profile | null;
  parcels: Parcel[];
  economy: Economy[];
  gateways: { gateway_id: string }[];
  meters: { gateway_id: string; meter: string; point: string; unit: string; carrier: string }[];
}

/** One thing that is wrong with a file: where, what stands there, what is expected and how to mend it. */
export interface Problem {
  row: number | null;
  column: string | null;
  level: string;
  found: Text;
  expected: Text;
  fix: Text;
}

export interface Import {
  kind: string;
  rows: number;
  added: number;
  changed: number;
  removed: number;
  unchanged: number;
  problems: Problem[];
  version: number | null;
}

export interface Version {
  version: number;
  kind: string;
  by: string;
  at_ms: number;
  rows: number;
}

export const readSites = (query: Asked, signal?: AbortSignal) => read<Paged<SiteRow>>("sites", query, signal);
export const readProfile = (code: string, signal?: AbortSignal) => read<SiteProfile>(`sites/${encodeURIComponent(code)}/profile`, {}, signal);
export const sendImport = (kind: string, file: Blob, dry_run: boolean) => send<Import>("POST", "registry/imports", file, { kind, dry_run });
export const readVersions = (signal?: AbortSignal) => read<{ rows: Version[] }>("registry/versions", {}, signal);

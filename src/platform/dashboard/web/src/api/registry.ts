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
  profile: Profile;
  parcels: Parcel[];
  economy: Economy[];
  gateways: { gateway_id: string }[];
  /** The lines of the site's boundary. */
  meters: { gateway_id: string; meter: string; point: string; counts_as: string; carrier: string; product: string; serial: string; calibrated_until: string | null }[];
  /** That changed something of the site, the newest first. */
  versions: Version[];
}

/** One thing that is wrong with a file: where, what stands there, what is expected and how to mend it. */
export interface Problem {
  /** The table that it is in: the file, or what is registered already and does not fit it. */
  file: string;
  row: number | null;
  column: string | null;
  level: "error" | "warning";
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
  problems_unlisted: number;
  /** The first changed rows, before and after. */
  changes: { before: string[] | null; after: string[] | null }[];
  /** Null where nothing was stored. */
  version: number | null;
}

/** How a file is to be taken. */
export interface ImportAsked {
  kind: string;
  /** Rows that the file does not name are removed. */
  replace: boolean;
  /** Of a workbook; empty: the first that is shown. */
  sheet: string;
  file: string;
  reason: string;
}

export interface Version {
  version: number;
  kind: string;
  by: string;
  at_ms: number;
  /** Empty for what was entered by hand. */
  file: string;
  reason: string;
  rows: number;
  added: number;
  changed: number;
  removed: number;
}

export interface EnteredFigure {
  year: number;
  month: number | null;
  item: string;
  /** Null removes the figure. */
  value: string | null;
  source: string;
}

export const readSites = (query: Asked, signal?: AbortSignal) => read<Paged<SiteRow>>("sites", query, signal);
export const readProfile = (code: string, signal?: AbortSignal) => read<SiteProfile>(`sites/${encodeURIComponent(code)}/profile`, {}, signal);
export const sendImport = (file: Blob, asked: ImportAsked, dry_run: boolean) => send<Import>("POST", "registry/imports", file, { ...asked, dry_run });
export const readVersions = (signal?: AbortSignal) => read<{ rows: Version[] }>("registry/versions", {}, signal);
export const enterFigure = (code: string, figure: EnteredFigure, reason: string) =>
  send<Import>("PUT", `sites/${encodeURIComponent(code)}/economy`, { figures: [figure], reason });

// What a page is given, and what it gives.

import type { Place } from "./router";

export interface View {
  place: Place;
  /** Aborted when the reader leaves. */
  signal: AbortSignal;
  /** Calls again while someone looks, at the earliest after `ms` and never more than a tenth of the time. */
  every(ms: number, work: () => Promise<void>): void;
}

export interface Page {
  /** Gives the page's content once its first answer is there; parts may follow by themselves. */
  open(view: View): Promise<Opened>;
}

export interface Opened {
  title: string;
  content: HTMLElement[];
}

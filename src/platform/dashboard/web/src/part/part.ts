// A part of a page that is read by itself: it waits, shows, or says why it can not, and harms no other part.

import { Refused } from "../api/http";
import { h, replace, type Child } from "../dom";
import { said } from "../language";
import { w } from "../words/list";

export interface Part {
  place: HTMLElement;
  /** Reads anew; what stood there stays until the answer is there. */
  renew(): Promise<void>;
}

export function part(load: () => Promise<Child>, name = ""): Part {
  const place = h("div", { class: name, "aria-busy": "true" }, h("p", { class: "empty" }, w("loading")));
  const renew = async () => {
    try {
      replace(place, await load());
    } catch (error) {
      if (error instanceof DOMException && error.name === "AbortError") return;
      if (error instanceof Refused && error.status === 401) throw error;
      replace(place, trouble(error));
    } finally {
      place.removeAttribute("aria-busy");
    }
  };
  return { place, renew };
}

/** Begins at once and is not waited for. */
export function begun(load: () => Promise<Child>, name = ""): HTMLElement {
  const made = part(load, name);
  void made.renew().catch(() => location.reload());
  return made.place;
}

export function trouble(error: unknown): HTMLElement {
  const text = error instanceof Refused ? said(error.text) : w("failed");
  if (!(error instanceof Refused) && !(error instanceof DOMException) && !(error instanceof TypeError)) console.error(error);
  return h("p", { class: "trouble", role: "status" }, text);
}

export function card(title: string, ...content: Child[]): HTMLElement {
  return h("section", { class: "card" }, h("h2", {}, title), content);
}

// Opens the page of the address, whenever the address changes. Each page is a file of its own, read when it is first asked for.

import { Refused } from "./api/http";
import { h, replace } from "./dom";
import { said } from "./language";
import { here, link, pass } from "./router";
import { forget, renew, session } from "./session";
import { banner, build, frame, main } from "./shell";
import type { Page, View } from "./view";
import { w } from "./words/shell";
import "./style/base.css";
import "./style/table.css";
import "./style/page.css";
import "./style/print.css";

const PAGES: Record<string, () => Promise<Page>> = {
  overview: () => import("./page/overview"),
  regions: () => import("./page/regions"),
  sites: () => import("./page/sites"),
  ranking: () => import("./page/ranking"),
  scatter: () => import("./page/scatter"),
  site: () => import("./page/site/index"),
  explain: () => import("./page/explain"),
  intensity: () => import("./page/intensity"),
  targets: () => import("./page/targets/index"),
  evaluation: () => import("./page/evaluation/index"),
  whatif: () => import("./page/whatif"),
  warnings: () => import("./page/warnings/index"),
  desk: () => import("./page/desk/index"),
  imports: () => import("./page/imports"),
  audit: () => import("./page/audit"),
  downloads: () => import("./page/downloads"),
  signin: () => import("./page/signin"),
};

/** Where nobody answers, it is asked again after so long. */
const RETRY_MS = 3000;
/** Of the time, the share that a page's repeated questions may take. */
const BUSY_SHARE = 0.1;

let left = new AbortController();
let shown = "";

async function route(): Promise<void> {
  left.abort();
  left = new AbortController();
  const { signal } = left;
  const place = here();
  frame();
  if (session().role === null && place.page !== "signin") return pass(link("signin", { to: location.hash }));
  main.setAttribute("aria-busy", "true");
  try {
    const load = Object.hasOwn(PAGES, place.page) ? PAGES[place.page] : undefined;
    const work: (() => void)[] = [];
    const view: View = { place, signal, every: (ms, again) => work.push(() => repeat(ms, again, signal)) };
    if (load === undefined) throw new Refused(404, { zh: "没有这个页面", en: "There is no such page" });
    const { title, content } = await (await load()).open(view);
    if (signal.aborted) return;
    banner.hidden = true;
    document.title = `${title} · 亩均 Mujun`;
    replace(main, h("h1", { id: "title" }, title), content);
    // another page begins at its top, the same one stays where it was
    if (shown !== "" && shown !== pathOf(place)) {
      window.scrollTo(0, 0);
      main.focus({ preventScroll: true });
    }
    shown = pathOf(place);
    work.forEach((begin) => begin());
  } catch (error) {
    if (!signal.aborted) failed(error);
  } finally {
    if (!signal.aborted) main.removeAttribute("aria-busy");
  }
}

const pathOf = ({ page, args }: { page: string; args: string[] }) => [page, ...args].join("/");

/** A page keeps what it last showed; whoever is not signed in any more is asked to. */
function failed(error: unknown): void {
  if (error instanceof Refused && error.status === 401) return askIn();
  const refused = error instanceof Refused;
  if (!refused && !(error instanceof TypeError) && !(error instanceof DOMException)) console.error(error);
  replace(banner, refused ? said(error.text) : w("unreachable"), " ", h("button", { type: "button", id: "again", onclick: () => void route() }, w("again")));
  banner.hidden = false;
  if (main.childElementCount === 0 || refused) replace(main);
  if (!refused) setTimeout(() => banner.hidden || document.hidden || void route(), RETRY_MS);
}

/** The session is over: who signs in again comes back here. */
function askIn(): void {
  forget();
  pass(link("signin", { to: location.hash }));
}

function repeat(ms: number, again: () => Promise<void>, signal: AbortSignal): void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let running = false;
  const wait = (after: number) => {
    clearTimeout(timer);
    if (!signal.aborted && !document.hidden) timer = setTimeout(() => void once(), after);
  };
  const once = async () => {
    if (running) return;
    running = true;
    const begun = performance.now();
    try {
      await again();
      if (!signal.aborted) banner.hidden = true;
    } catch (error) {
      if (!signal.aborted) {
        if (error instanceof Refused && error.status === 401) return askIn();
        replace(banner, error instanceof Refused ? said(error.text) : w("unreachable"));
        banner.hidden = false;
      }
    } finally {
      running = false;
    }
    wait(Math.max(ms, (performance.now() - begun) / BUSY_SHARE));
  };
  document.addEventListener("visibilitychange", () => wait(0), { signal });
  signal.addEventListener("abort", () => clearTimeout(timer));
  wait(ms);
}

async function start(): Promise<void> {
  build();
  frame();
  for (;;) {
    try {
      await renew();
      break;
    } catch (error) {
      replace(banner, error instanceof Refused ? said(error.text) : w("unreachable"));
      banner.hidden = false;
      await new Promise((done) => setTimeout(done, RETRY_MS));
    }
  }
  banner.hidden = true;
  window.addEventListener("hashchange", () => void route());
  await route();
}

void start();

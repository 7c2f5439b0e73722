// The frame: skip link, navigation, language, reader; and the place where pages open.

import { signOut } from "./api/session";
import { h, replace } from "./dom";
import { choose, current } from "./language";
import { changed, go, here, link } from "./router";
import { forget, may, session } from "./session";
import { word } from "./words/common";
import { page as pageName, role, w } from "./words/shell";

const EVERYONE = ["overview", "regions", "sites", "ranking", "scatter", "intensity", "targets", "evaluation", "warnings", "desk"];

export const main = h("main", { id: "main", tabindex: "-1" });
export const banner = h("p", { id: "banner", class: "banner", role: "alert", hidden: true });
const header = h("header");
const footer = h("footer");

export function build(): void {
  document.body.append(header, banner, main, footer);
}

function entries(): string[] {
  return [...EVERYONE, ...(may("operator") ? ["imports"] : []), ...(may("auditor") ? ["audit"] : []), "downloads"];
}

/** Draws everything but the page, for the place and the language that are now. */
export function frame(): void {
  document.documentElement.lang = current() === "zh" ? "zh-CN" : "en";
  const shown = here().page;
  const known = session().role !== null;
  const item = (name: string) =>
    h("li", {}, h("a", { id: `nav-${name}`, href: link(name), "aria-current": shown === name ? "page" : undefined }, pageName(name)));
  const menu = h("nav", { id: "menu", "aria-label": w("pages") }, h("ul", {}, entries().map(item)));
  const toggle = h("button", { id: "menu-button", type: "button", class: "menu-button", "aria-expanded": "false", "aria-controls": "menu" }, w("menu"));
  toggle.addEventListener("click", () => {
    const open = menu.classList.toggle("open");
    toggle.setAttribute("aria-expanded", String(open));
  });
  const other = current() === "zh" ? "en" : "zh";
  const skip = h("a", { class: "skip", href: "#main" }, w("skip"));
  skip.addEventListener("click", (event) => {
    // the address belongs to the router
    event.preventDefault();
    main.focus();
  });
  replace(
    header,
    skip,
    h("div", { class: "top" },
      h("p", { class: "brand" }, h("a", { href: link("overview") }, h("span", { class: "name" }, "亩均 Mujun"), " ", h("span", { class: "subtitle" }, word("subtitle")))),
      h("div", { class: "tools" },
        known && h("span", { class: "reader", id: "reader" }, session().open ? w("open") : `${session().name} · ${role(session().role!)}`),
        known && !session().open && h("button", { id: "sign-out", type: "button", onclick: () => void leave() }, w("signOut")),
        h("button", { id: "print", type: "button", onclick: () => window.print() }, w("print")),
        h("button", { id: "language", type: "button", lang: other === "en" ? "en" : "zh-CN", onclick: () => { choose(other); go(changed({})); } }, other === "en" ? "English" : "中文"),
        known && toggle,
      ),
    ),
    known && menu,
  );
  replace(footer, h("p", {}, word("footer")));
}

async function leave(): Promise<void> {
  await signOut().catch(() => undefined);
  forget();
  go(link("signin"));
}

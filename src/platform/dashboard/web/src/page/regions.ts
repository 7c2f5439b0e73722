// The tree of regions, and tiles of those below the chosen one. There is no map: no map data is the platform's own.

import { readRegions, type Region } from "../api/dual";
import { h, replace, type Child } from "../dom";
import { said } from "../language";
import { light } from "../part/badge";
import { amount, decimal, whole } from "../part/number";
import { begun, card, trouble } from "../part/part";
import { covers } from "../part/region";
import { changed, link } from "../router";
import type { Opened, View } from "../view";
import { word } from "../words/common";
import { w as list } from "../words/list";
import { w } from "../words/overview";
import { page as pageName } from "../words/shell";

export async function open({ place, signal }: View): Promise<Opened> {
  const chosen = place.query.get("region") ?? "";
  const top = await readRegions("", signal);
  const below = chosen === "" ? Promise.resolve(top) : readRegions(chosen, signal);
  return {
    title: pageName("regions"),
    content: [
      h("div", { class: "pair narrow-left" },
        card(w("tree"), top.rows.length === 0 ? h("p", { class: "empty" }, w("noRegions")) : h("ul", { class: "regions" }, top.rows.map((row) => branch(row, chosen, signal)))),
        card(w("tiles"), begun(async () => tiles((await below).rows))),
      ),
    ],
  };
}

/** A region with a button that reads what is below it; the way to the chosen one stands open. */
function branch(row: Region, chosen: string, signal: AbortSignal): HTMLElement {
  const children = h("ul", { hidden: true });
  const on = chosen === row.code;
  const label = h("a", { id: `region-${row.code}`, href: changed({ region: row.code }), "aria-current": on ? "true" : undefined }, said(row.title));
  const facts = h("span", { class: "soft" }, ` ${row.code} · ${whole(row.sites)} ${word("sites")} · ${row.lower_bound && row.tce !== null ? "≥ " : ""}${decimal(row.tce, "tce")} `);
  if (!row.children) return h("li", {}, h("span", { class: "stem" }, h("span", { class: "no-toggle" }), label, facts, light(row.light)));
  const toggle = h("button", { type: "button", class: "toggle", "aria-expanded": "false", "aria-label": `${w("expand")}: ${said(row.title)}` }, "▸");
  const turn = async () => {
    children.hidden = !children.hidden;
    toggle.setAttribute("aria-expanded", String(!children.hidden));
    toggle.textContent = children.hidden ? "▸" : "▾";
    if (children.hidden || children.childElementCount > 0) return;
    try {
      const { rows } = await readRegions(row.code, signal);
      replace(children, rows.map((one) => branch(one, chosen, signal)));
    } catch (error) {
      replace(children, h("li", {}, trouble(error)));
    }
  };
  toggle.addEventListener("click", () => void turn());
  if (chosen !== "" && covers(row.code, chosen)) void turn();
  return h("li", {}, h("span", { class: "stem" }, toggle, label, facts, light(row.light)), children);
}

function tiles(rows: Region[]): Child {
  if (rows.length === 0) return h("p", { class: "empty" }, list("none"));
  const most = Math.max(...rows.map((row) => Number(row.tce ?? 0)), 1e-9);
  return h("ul", { class: "region-tiles" }, rows.map((row) => {
    const bar = h("span", { class: "size-bar", "aria-hidden": "true" });
    bar.style.width = `${(100 * Number(row.tce ?? 0)) / most}%`;
    const { content, title, name } = amount(row.tce);
    return h("li", { class: `tile light-edge-${row.light ?? "none"}` },
      h("a", { class: "what", href: changed({ region: row.code }) }, said(row.title)),
      h("span", { class: `figure ${name ?? ""}`.trim(), title }, row.lower_bound && row.tce !== null ? "≥ " : "", content, h("span", { class: "unit" }, " tce")), bar,
      h("span", { class: "soft" }, `${whole(row.sites)} ${word("sites")} `, light(row.light)),
      h("span", {}, row.code.length === 6 ? [h("a", { href: link("ranking", { region: row.code }) }, w("toRanking")), " "] : null, h("a", { href: link("intensity", { region: row.code, by: "site" }) }, w("toIntensity"))),
    );
  }));
}

// One figure of one site, down to its readings.

import { readExplanation, type Figure } from "../api/figures";
import { h } from "../dom";
import { FIGURES, MISSING, time, titled, weaknesses } from "../part/figure";
import { basis, basisOf, choice, filters, period, periodOf } from "../part/filters";
import { tree } from "../part/tree";
import { link } from "../router";
import type { Opened, View } from "../view";
import { word } from "../words/common";
import { w } from "../words/site";

export async function open({ place, signal }: View): Promise<Opened> {
  const [code = ""] = place.args;
  const [of, on, figure] = [periodOf(place.query), basisOf(place.query), (place.query.get("figure") ?? "tce_per_mu") as Figure];
  const explained = await readExplanation(code, { period: of, basis: on, figure, intervals: 0 }, signal);
  const weak = weaknesses(explained.state);
  const all = tree(explained.term, { code, period: explained.period, basis: on });
  const every = (open: boolean) => () => all.querySelectorAll("details").forEach((one) => (one.open = open));
  return {
    title: `${explained.name} · ${titled(figure)}`,
    content: [
      filters(period(of), basis(on), choice("figure", w("figure"), FIGURES.map((one) => [one, titled(one)] as const), figure)),
      h("p", { class: "line" }, h("a", { href: link(`site/${code}`) }, `‹ ${explained.name}`), h("span", { class: "asof" }, `${explained.period} · ${word("asOf")} ${time(explained.as_of_ms)}`)),
      h("section", { class: "card" },
        h("p", { class: explained.recomputed_same ? "good" : "trouble", id: "recomputed" }, explained.recomputed_same ? `✓ ${w("recomputed")}` : `≠ ${w("notRecomputed")}`),
        weak.length === 0 ? null : h("p", { class: "warn" }, weak.join(" · ")),
        h("p", { class: "buttons" }, h("button", { type: "button", onclick: every(true) }, w("expandAll")), h("button", { type: "button", onclick: every(false) }, w("collapseAll"))),
        all,
        explained.registers_left_out === 0 ? null : h("p", { class: "soft" }, `${explained.registers_left_out} ${w("registersLeftOut")}`),
        h("p", { class: "soft" }, `mujun ${explained.rules || MISSING}`),
      ),
    ],
  };
}

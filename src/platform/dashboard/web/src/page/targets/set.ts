// Setting a target or a quota: each names the document that sets it.

import { putQuota, putTarget } from "../../api/dual";
import { h } from "../../dom";
import { ask, field } from "../../part/dialog";
import { changed, go } from "../../router";
import { kind, w } from "../../words/dual";
import { w as list } from "../../words/list";
import { w as site } from "../../words/site";

/** `total_tce` is how the page tells a total in tonnes from its growth in per cent. */
const KINDS = ["intensity", "total", "total_tce", "carbon_intensity"] as const;
const NUMBER = "-?[0-9]{1,12}(\\.[0-9]{1,6})?";

const text = (name: string, pattern?: string) => h("input", { name, required: true, pattern, maxlength: "500", inputmode: pattern === NUMBER ? "decimal" : undefined });
const year = (value: number) => h("input", { name: "year", type: "number", min: "1970", max: "2199", required: true, value: String(value) });

export function askTarget(of: number): void {
  const fields = [
    field(list("region"), text("region", "[0-9]{6}|[0-9]{9}")),
    field(list("year"), year(of)),
    field(w("kind"), h("select", { name: "kind" }, KINDS.map((one) => h("option", { value: one }, kind(one))))),
    field(w("targetValue"), text("value", NUMBER)),
    field(w("source"), text("source")),
  ];
  ask(w("setTarget"), fields, list("save"), async (form) => {
    const given = (name: string) => String(form.get(name) ?? "").trim();
    const tonnes = given("kind") === "total_tce";
    await putTarget({ region: given("region"), year: Number(given("year")), kind: tonnes ? "total" : given("kind"), percent: tonnes ? null : given("value"), tce: tonnes ? given("value") : null, source: given("source") });
    go(changed({ year: given("year") }));
  });
}

export function askQuota(of: number): void {
  const fields = [field(site("creditCode"), text("code", "[0-9A-Z]{18}")), field(list("year"), year(of)), field(`${w("quota")} (tce)`, text("tce", NUMBER)), field(w("source"), text("source"))];
  ask(w("setQuota"), fields, list("save"), async (form) => {
    const given = (name: string) => String(form.get(name) ?? "").trim();
    await putQuota({ code: given("code"), year: Number(given("year")), tce: given("tce"), source: given("source") });
    go(changed({ year: given("year") }));
  });
}

// Entering one figure of the bureaus by hand, with its source and the reason.

import { Refused } from "../../api/http";
import { enterFigure } from "../../api/registry";
import { h } from "../../dom";
import { ask, field } from "../../part/dialog";
import { today } from "../../part/figure";
import { changed, go } from "../../router";
import { word } from "../../words/common";
import { w as list } from "../../words/list";
import { item, w } from "../../words/site";

const ITEMS = ["tax_wan", "value_added_wan", "value_added_comparable_wan", "output_value_wan", "revenue_wan", "research_wan", "staff", "cod_t", "ammonia_nitrogen_t", "so2_t", "nox_t"] as const;

export function enter(code: string): void {
  const months = [h("option", { value: "" }, w("wholeYear")), ...Array.from({ length: 12 }, (_, i) => h("option", { value: String(i + 1) }, String(i + 1)))];
  const fields = [
    field(list("year"), h("input", { name: "year", type: "number", min: "1970", max: "2199", required: true, value: String(Number(today().slice(0, 4)) - 1) })),
    field(word("month"), h("select", { name: "month" }, months)),
    field(w("item"), h("select", { name: "item" }, ITEMS.map((one) => h("option", { value: one }, item(one))))),
    field(w("valueOrNone"), h("input", { name: "value", inputmode: "decimal", pattern: "-?[0-9]{1,12}(\\.[0-9]{1,6})?" })),
    field(w("source"), h("input", { name: "source", required: true, maxlength: "200" })),
    field(list("why"), h("input", { name: "reason", required: true, maxlength: "200" })),
  ];
  ask(w("enter"), fields, list("save"), async (form) => {
    const given = (name: string) => String(form.get(name) ?? "").trim();
    const [month, value] = [given("month"), given("value")];
    const made = await enterFigure(code, { year: Number(given("year")), month: month === "" ? null : Number(month), item: given("item"), value: value === "" ? null : value, source: given("source") }, given("reason"));
    const [wrong] = made.problems.filter((problem) => problem.level === "error");
    if (wrong) throw new Refused(400, { zh: `${wrong.found.zh}；${wrong.fix.zh}`, en: `${wrong.found.en}: ${wrong.fix.en}` });
    go(changed({}));
  });
}

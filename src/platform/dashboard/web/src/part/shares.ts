// Grades of groups as bars: widths are shares, and each part says its letter and number.

import type { Total } from "../api/rules";
import { h, type Child } from "../dom";
import { w } from "../words/overview";
import { whole } from "./number";
import type { RuleNames } from "./ruleset";

export function gradeShares(totals: Total[], names: RuleNames): Child {
  const groups = [...new Set(totals.map((total) => total.group))];
  return groups.map((group) => {
    const parts = totals.filter((total) => total.group === group && total.count > 0).sort((a, b) => (a.grade ?? "Z").localeCompare(b.grade ?? "Z"));
    const all = parts.reduce((sum, part) => sum + part.count, 0);
    return h("div", { class: "shares" }, h("span", { class: "what" }, `${group === null ? w("noGroup") : names.group(group)} · ${whole(all)}`), h("div", { class: "share-bar" }, parts.map(share)));
  });
}

function share({ grade, count }: Total): HTMLElement {
  const name = grade ?? w("ungraded");
  const made = h("span", { class: `share-part grade-${grade === null ? "none" : grade.toLowerCase()}`, title: `${name}: ${count}` }, `${name} ${whole(count)}`);
  made.style.flexGrow = String(count);
  return made;
}

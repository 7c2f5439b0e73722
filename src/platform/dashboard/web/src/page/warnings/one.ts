// One warning: the figures that raised it, who took note, and the messages that told it.

import { readWarning, type WarningWhole } from "../../api/dual";
import { h, type Child } from "../../dom";
import { said } from "../../language";
import { light } from "../../part/badge";
import { MISSING, time } from "../../part/figure";
import { amount } from "../../part/number";
import { card } from "../../part/part";
import { table } from "../../part/table";
import { termName } from "../../part/tree";
import { link } from "../../router";
import { may } from "../../session";
import type { Opened, View } from "../../view";
import { word } from "../../words/common";
import { delivery, state, w } from "../../words/dual";
import { note } from "./note";

export async function open({ signal }: View, id: string): Promise<Opened> {
  const warning = await readWarning(id, signal);
  return {
    title: `${w("warning")} № ${warning.id} · ${warning.name}`,
    content: [
      h("p", { class: "line" }, h("a", { href: link("warnings") }, `‹ ${w("back")}`), warning.credit_code === null ? null : h("a", { href: link(`site/${warning.credit_code}`) }, warning.name),
        warning.state === "open" && may("operator") && h("button", { id: "acknowledge", type: "button", onclick: () => note(warning) }, w("acknowledge"))),
      h("section", { class: "card" }, h("p", {}, said(warning.text)), h("p", { class: "soft" }, `${w("rule")}: ${said(warning.rule)}`),
        h("dl", { class: "facts-list" }, facts(warning).map(([name, value]) => h("div", {}, h("dt", {}, name), h("dd", {}, value))))),
      card(w("grounds"), table({
        id: "grounds",
        caption: w("grounds"),
        empty: w("none"),
        rows: warning.grounds,
        columns: [
          { key: "name", head: word("indicator"), cell: (row) => termName(row.name) },
          { key: "value", head: word("value"), number: true, cell: (row) => ({ ...amount(row.value), content: row.value === null ? MISSING : `${row.value} ${row.unit}` }) },
        ],
      })),
      card(w("deliveries"), table({
        id: "deliveries",
        caption: w("deliveries"),
        empty: w("noDeliveries"),
        rows: warning.deliveries,
        columns: [
          { key: "channel", head: w("channel"), cell: (row) => delivery(row.channel) },
          { key: "made", head: word("time"), cell: (row) => time(row.made_ms) },
          { key: "state", head: w("state"), cell: (row) => ({ content: delivery(row.state), name: row.state === "given_up" ? "warn" : "" }) },
          { key: "tries", head: w("tries"), number: true, cell: (row) => row.tries },
          { key: "failure", head: w("failure"), cell: (row) => ({ content: row.failure, name: "wrap data" }) },
        ],
      })),
    ],
  };
}

function facts(warning: WarningWhole): [string, Child][] {
  const taken = warning.acknowledged;
  return [
    [w("level"), light(warning.level)],
    [w("state"), state(warning.state)],
    [w("raised"), time(warning.raised_ms)],
    [w("seen"), time(warning.seen_ms)],
    [w("cleared"), warning.cleared_ms === null ? MISSING : time(warning.cleared_ms)],
    [w("acknowledged"), taken === null ? MISSING : h("span", { class: "data" }, `${taken.by} · ${time(taken.at_ms)} · ${taken.note}`)],
  ];
}

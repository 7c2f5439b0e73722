// The data quality desk, in parts that each have an address.

import { h } from "../../dom";
import { link } from "../../router";
import type { Opened, View } from "../../view";
import { w } from "../../words/desk";
import { page as pageName } from "../../words/shell";
import { events, gapList, gateways, meters } from "./list";

const PARTS = { gateways, meters, events, gaps: gapList } as const;

export async function open(view: View): Promise<Opened> {
  const wanted = view.place.args[0] ?? "gateways";
  const shown = (Object.keys(PARTS) as (keyof typeof PARTS)[]).find((part) => part === wanted) ?? "gateways";
  const tabs = Object.keys(PARTS) as (keyof typeof PARTS)[];
  return {
    title: pageName("desk"),
    content: [
      h("nav", { class: "tabs", "aria-label": w("parts") }, h("ul", {}, tabs.map((part) => h("li", {}, h("a", { id: `part-${part}`, href: link(`desk/${part}`), "aria-current": part === shown ? "page" : undefined }, w(part)))))),
      ...(await PARTS[shown](view)),
    ],
  };
}

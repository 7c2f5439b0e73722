// One site, in parts that each have an address: `#/site/CODE/load`.

import { readGaps, readSite } from "../../api/figures";
import { h, type Child } from "../../dom";
import { basis, basisOf, filters, period, periodOf } from "../../part/filters";
import { time } from "../../part/figure";
import { industryName } from "../../part/industry";
import { link } from "../../router";
import type { Opened, View } from "../../view";
import { word } from "../../words/common";
import { w } from "../../words/site";
import { summary } from "./summary";

const PARTS = ["summary", "load", "flow", "data", "profile"] as const;

type Part = (typeof PARTS)[number];

export async function open({ place, signal }: View): Promise<Opened> {
  const [code = "", wanted = "summary"] = place.args;
  const shown: Part = PARTS.find((part) => part === wanted) ?? "summary";
  const [of, on] = [periodOf(place.query), basisOf(place.query)];
  const site = await readSite(code, of, on, signal);
  const part = async (): Promise<Child> => {
    switch (shown) {
      case "summary":
        return summary(site);
      case "load":
        return (await import("./load")).load(site, of, signal);
      case "flow":
        return (await import("./flow")).flow(site, of, on, signal);
      case "data":
        return (await import("./data")).data(site, await readGaps(code, of, signal), of);
      case "profile":
        return (await import("./profile")).profile(site, signal);
    }
  };
  const tab = (name: Part) => h("li", {}, h("a", { id: `part-${name}`, href: link(name === "summary" ? `site/${code}` : `site/${code}/${name}`), "aria-current": name === shown ? "page" : undefined }, w(name)));
  return {
    title: site.name,
    content: [
      h("p", { class: "facts", id: "site-facts" }, [site.credit_code, industryName(site.industry_code), site.county_code, `${word("land")} ${site.land_mu} ${word("mu")}`, `${word("asOf")} ${time(site.as_of_ms)}`].join(" · ")),
      filters(period(of), basis(on)),
      h("nav", { class: "tabs", "aria-label": w("parts") }, h("ul", {}, PARTS.map(tab))),
      h("div", { id: "part" }, await part()),
    ],
  };
}

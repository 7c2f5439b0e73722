// What is registered of a site: standing, land, economic data, gateways and meters.

import type { SiteDetail } from "../../api/figures";
import { readProfile, type Economy, type Parcel, type SiteProfile } from "../../api/registry";
import { h, type Child } from "../../dom";
import { MISSING } from "../../part/figure";
import { amount } from "../../part/number";
import { card } from "../../part/part";
import { table } from "../../part/table";
import { versionTable } from "../../part/version";
import { link } from "../../router";
import { may } from "../../session";
import { word, wordOr } from "../../words/common";
import { item, tenure, w } from "../../words/site";
import { enter } from "./enter";

export async function profile(site: SiteDetail, signal: AbortSignal): Promise<Child> {
  const known = await readProfile(site.credit_code, signal);
  return [
    card(w("profile"), standing(known)),
    card(w("parcels"), table<Parcel>({
      id: "parcels",
      caption: w("parcels"),
      empty: w("none"),
      rows: known.parcels,
      columns: [
        { key: "parcel", head: w("parcel"), cell: (row) => row.parcel },
        { key: "tenure", head: w("tenure"), cell: (row) => tenure(row.tenure) },
        { key: "mu", head: word("land"), unit: word("mu"), number: true, cell: (row) => amount(row.mu) },
        { key: "from", head: word("from"), cell: (row) => row.from },
        { key: "until", head: word("until"), cell: (row) => row.until },
        { key: "other", head: w("otherSite"), cell: (row) => (row.other_site === null ? null : { content: other(row.other_site) }) },
        { key: "document", head: w("document"), cell: (row) => row.document },
      ],
    })),
    card(w("items"),
      may("operator") && h("p", { class: "buttons" }, h("button", { id: "enter", type: "button", onclick: () => enter(site.credit_code) }, w("enter"))),
      economy(known.economy)),
    card(w("gateways"), table({
      id: "meters",
      caption: w("gateways"),
      empty: w("none"),
      rows: known.meters,
      columns: [
        { key: "gateway", head: word("gateway"), cell: (row) => row.gateway_id },
        { key: "meter", head: word("meter"), cell: (row) => row.meter },
        { key: "point", head: word("point"), cell: (row) => row.point },
        { key: "role", head: word("role"), cell: (row) => wordOr(row.counts_as) },
        { key: "carrier", head: word("carrier"), cell: (row) => wordOr(row.carrier) },
        { key: "product", head: word("output"), cell: (row) => row.product },
        { key: "serial", head: w("serial"), cell: (row) => row.serial },
        { key: "calibrated", head: w("calibrated"), cell: (row) => row.calibrated_until },
      ],
    }), h("p", { class: "soft" }, `${word("gateway")}: ${known.gateways.map((one) => one.gateway_id).join(", ") || MISSING}`)),
    card(w("versions"), versionTable(known.versions)),
  ];
}

function standing({ profile: of }: SiteProfile): Child {
  const truth = of.above_scale === null ? null : w(of.above_scale ? "yes" : "no");
  const lines: [string, Child][] = [
    [w("township"), of.township_code],
    [w("legalPerson"), of.legal_person],
    [w("aboveScale"), truth],
    [w("registeredOn"), of.registered_on],
    [w("landGranted"), of.land_granted_on],
    [w("landlord"), of.landlord === null ? null : other(of.landlord)],
    [w("tags"), of.tags.length === 0 ? null : of.tags.join(", ")],
  ];
  return h("dl", { class: "facts-list" }, lines.map(([name, value]) => h("div", {}, h("dt", {}, name), h("dd", { class: value === null ? "missing" : undefined }, value ?? MISSING))));
}

const other = (code: string | null): Child => (code === null ? null : h("a", { href: link(`site/${code}`) }, code));

/** A line for each item, a column for each year; months are told apart from whole years. */
function economy(rows: Economy[]): HTMLElement {
  const columns = [...new Set(rows.map(moment))].sort().reverse();
  const items = [...new Set(rows.map((row) => row.item))];
  return table<string>({
    id: "economy",
    caption: w("items"),
    empty: w("none"),
    rows: items,
    columns: [
      { key: "item", head: w("item"), cell: (name) => item(name) },
      ...columns.map((at) => ({
        key: at,
        head: at,
        number: true,
        cell: (name: string) => {
          const found = rows.find((row) => row.item === name && moment(row) === at);
          return found === undefined ? null : { ...amount(found.value), title: `${found.value}\n${w("source")}: ${found.source}` };
        },
      })),
    ],
  });
}

const moment = (row: Economy): string => (row.month === null ? String(row.year) : `${row.year}-${String(row.month).padStart(2, "0")}`);

// A site's load curve, its output, and the energy of each piece.

import { readQuarters, type SiteDetail } from "../../api/figures";
import { Drawing } from "../../chart/base";
import { drawPerPiece, drawQuarters } from "../../chart/quarters";
import { h, type Child } from "../../dom";
import { downloads } from "../../part/download";
import { card } from "../../part/part";
import { word } from "../../words/common";
import { w } from "../../words/site";

export async function load(site: SiteDetail, period: string, signal: AbortSignal): Promise<Child> {
  const quarters = await readQuarters(site.credit_code, period, signal);
  const carriers = [...new Set(quarters.flatMap((quarter) => Object.keys(quarter.energy)))];
  // the API gives electricity in kWh, and other carriers in the unit of their meters
  const unit = carriers[0] === "electricity" ? "kWh" : (site.ledger.find((term) => term.carrier === carriers[0])?.unit ?? "");
  const each = site.output_unit === "" ? "kWh" : `kWh/${site.output_unit}`;
  const pieces = quarters.some((quarter) => quarter.kwh_per_piece !== null);
  const curve = () => new Drawing("quarters", `${site.name}: ${word("quarters")}`, (on) => drawQuarters(on, quarters, carriers, [carriers.length === 1 ? unit : "", site.output_unit])).place;
  const perPiece = () => new Drawing("pieces", `${site.name}: ${w("pieces")}`, (on) => drawPerPiece(on, quarters, each)).place;
  return [
    card(word("quarters"), downloads("intervals", { site: site.credit_code, period }), quarters.length === 0 ? h("p", { class: "empty", id: "no-quarters" }, word("noQuarters")) : curve()),
    card(w("pieces"), pieces ? perPiece() : h("p", { class: "empty" }, w("noPieces"))),
  ];
}

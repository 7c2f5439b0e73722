// Dual control: targets of regions with their lights, energy quotas of sites, limit values of products.

import type { Opened, View } from "../../view";

export async function open(view: View): Promise<Opened> {
  const [code] = view.place.args;
  return code === undefined ? (await import("./year")).open(view) : (await import("./quota")).open(view, code);
}

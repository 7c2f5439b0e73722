// Warnings: the list, and one of them, each with an address.

import type { Opened, View } from "../../view";

export async function open(view: View): Promise<Opened> {
  const [id] = view.place.args;
  return id === undefined ? (await import("./list")).open(view) : (await import("./one")).open(view, id);
}

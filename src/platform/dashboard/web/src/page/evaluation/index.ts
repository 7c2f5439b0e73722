// Evaluations: the runs, one run's grades, one site's workings, two runs compared; each with an address.

import type { Opened, View } from "../../view";

export async function open(view: View): Promise<Opened> {
  const [first, second, code] = view.place.args;
  if (first === undefined) return (await import("./runs")).open(view);
  if (first === "compare") return (await import("./compare")).open(view);
  if (second === "site" && code !== undefined) return (await import("./workings")).open(view, first, code);
  return (await import("./run")).open(view, first);
}

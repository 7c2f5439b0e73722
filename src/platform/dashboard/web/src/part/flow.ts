// A site's energy as a flow: gateways, their registers, carriers, the whole; in kgce. Only shares of what the terms say.

import type { Term } from "../api/figures";
import { wordOr } from "../words/common";

export interface Link {
  source: string;
  target: string;
  value: number;
  carrier: string;
}

export interface Flow {
  links: Link[];
  carriers: string[];
  /** A node's carrier. */
  carrierOf: Map<string, string>;
  /** Terms of the sum that no width can show: unknown ones, and carriers below zero. */
  left: Term[];
}

/** `term`: a site's energy, a sum of carriers that each are a product with a sum of registers among its terms. */
export function flowOf(term: Term, whole: string, outside: string): Flow {
  const flow: Flow = { links: [], carriers: [], carrierOf: new Map(), left: [] };
  for (const carrier of carriersOf(term)) {
    const kgce = carrier.value === null ? NaN : Number(carrier.value);
    if (!(kgce > 0)) {
      if (carrier.value === null || kgce < 0) flow.left.push(carrier);
      continue;
    }
    const name = wordOr(carrier.name);
    flow.carriers.push(carrier.name);
    flow.carrierOf.set(name, carrier.name);
    flow.links.push({ source: name, target: whole, value: kgce, carrier: carrier.name });
    addRegisters(flow, carrier, name, kgce, outside);
  }
  return flow;
}

function carriersOf(term: Term): Term[] {
  let at = term;
  // rounding and the like have one term each
  while (at.how === "rounded" && at.terms?.[0]) at = at.terms[0];
  return at.how === "sum" ? (at.terms ?? []) : [at];
}

function addRegisters(flow: Flow, carrier: Term, name: string, kgce: number, outside: string): void {
  const registers = registersOf(carrier, false);
  const total = registers.reduce((sum, [one, minus]) => sum + (minus ? -1 : 1) * Number(one.value ?? 0), 0);
  if (!(total > 0)) return;
  for (const [register, minus] of registers) {
    const value = (Math.abs(Number(register.value ?? 0)) / total) * kgce;
    if (!(value > 0)) continue;
    flow.carrierOf.set(register.name, carrier.name);
    if (!minus) {
      if (register.gateway_id) flow.links.push({ source: register.gateway_id, target: register.name, value, carrier: carrier.name });
      flow.links.push({ source: register.name, target: name, value, carrier: carrier.name });
    } else flow.links.push({ source: name, target: `${outside} ${register.name}`, value, carrier: carrier.name });
  }
}

function registersOf(term: Term, minus: boolean): [Term, boolean][] {
  if (term.how === "register") return [[term, minus]];
  return (term.terms ?? []).flatMap((part) => registersOf(part, minus !== (part.minus ?? false)));
}

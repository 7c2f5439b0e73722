// Decimals of the API as a reader wants them: rounded in the text, exact in the title.

import type { Decimal } from "../api/http";
import { MISSING, rounded } from "./figure";
import type { Cell } from "./table";

export const whole = (value: number): string => value.toLocaleString("en-GB");

export function decimal(value: Decimal | undefined, unit = ""): string {
  if (value === null || value === undefined) return MISSING;
  return unit === "" ? rounded(Number(value)) : `${rounded(Number(value))} ${unit}`;
}

/** A number's cell. A missing one is told apart, with why where that is known. */
export function amount(value: Decimal | undefined, why = ""): Cell {
  if (value === null || value === undefined) return { content: MISSING, title: why, name: "missing" };
  return { content: rounded(Number(value)), title: value };
}

/** With its sign: `+1.2 %`, `−3 %`. */
export function percent(value: Decimal | undefined, signed = false): string {
  if (value === null || value === undefined) return MISSING;
  const number = Number(value);
  const sign = number < 0 ? "−" : signed && number > 0 ? "+" : "";
  return `${sign}${Math.abs(number).toLocaleString("en-GB", { maximumFractionDigits: 1 })} %`;
}

/** `count` × the value of one, exact. */
export function counted(count: number, per: string): string {
  const [whole = "0", fraction = ""] = per.split(".");
  const digits = (BigInt(whole + fraction) * BigInt(count)).toString();
  if (fraction === "") return digits;
  const sign = digits.startsWith("-") ? "-" : "";
  const padded = digits.replace("-", "").padStart(fraction.length + 1, "0");
  const decimals = padded.slice(-fraction.length).replace(/0+$/, "");
  return `${sign}${padded.slice(0, -fraction.length)}${decimals === "" ? "" : `.${decimals}`}`;
}

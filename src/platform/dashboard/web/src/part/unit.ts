// Units of the API in the reader's language. Symbols such as kWh are the same in both.

import { codes } from "../language";

const NAME = codes({
  "10k yuan": ["万元", "10k yuan"],
  yuan: ["元", "yuan"],
  persons: ["人", "persons"],
  person: ["人", "person"],
  mu: ["亩", "mu"],
  points: ["分", "points"],
  piece: ["件", "piece"],
  "10k kWh": ["万千瓦时", "10k kWh"],
  m3: ["m³", "m³"],
  "t CO2": ["t CO₂", "t CO₂"],
});

/** `10k yuan/mu` is 万元/亩. */
export const unitName = (unit: string): string => unit.split("/").map(NAME).join("/");

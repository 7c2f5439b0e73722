// Grades, lights and levels: a letter, a shape and a word each, and a colour for who sees it.

import { h } from "../dom";
import { codes } from "../language";
import { MISSING } from "./figure";

const LIGHT = codes({
  red: ["红灯", "red"],
  yellow: ["黄灯", "yellow"],
  green: ["绿灯", "green"],
  no_target: ["无目标", "no target"],
  unknown: ["未知", "not known"],
});
const SHAPES: Record<string, string> = { red: "■", yellow: "▲", green: "●" };
const GRADES = ["A", "B", "C", "D"];

export function grade(letter: string | null | undefined): HTMLElement {
  if (letter === null || letter === undefined || letter === "") return h("span", { class: "missing" }, MISSING);
  return h("span", { class: `grade ${GRADES.includes(letter) ? `grade-${letter.toLowerCase()}` : ""}` }, letter);
}

export function light(name: string | null | undefined): HTMLElement {
  if (name === null || name === undefined) return h("span", { class: "missing" }, MISSING);
  return h("span", { class: `light light-${Object.hasOwn(SHAPES, name) ? name : "none"}` }, h("span", { "aria-hidden": "true" }, SHAPES[name] ?? "○"), ` ${LIGHT(name)}`);
}

export const lightName = LIGHT;

// The gateway's page: asks its own API every few seconds and shows what that says. It computes nothing.
"use strict";

const EVERY_MS = 5000;
const WORDS = {
  title: ["网关", "Gateway"],
  language: ["English", "中文"],
  production: ["每 15 分钟的用电与产量", "Electricity and output by quarter-hour"],
  points: ["最新读数", "Last readings"],
  intervals: ["每 15 分钟的用量", "Quarter-hours of"],
  start: ["开始（北京时间）", "Start (China time)"],
  energy: ["用电 kWh", "Electricity, kWh"],
  output: ["产量", "Output"],
  each: ["单位产品用电 kWh", "kWh for each"],
  covered: ["覆盖", "Covered"],
  doubts: ["存疑", "Doubts"],
  meter: ["仪表", "Meter"],
  point: ["计量点", "Point"],
  value: ["数值", "Value"],
  unit: ["单位", "Unit"],
  quality: ["质量", "Quality"],
  age: ["距今", "Age"],
  amount: ["用量", "Amount"],
  readings: ["读数个数", "Readings"],
  none: ["尚无已结束的 15 分钟", "no quarter-hour has ended yet"],
  away: ["网关没有应答", "the gateway does not answer"],
  second: ["秒", "s"],
};
/** Doubts and reasons, as the API names them. */
const NAMES = {
  estimated_shape: ["曲线为估计", "shape estimated"],
  transient: ["瞬时错误读数", "passing wrong reading"],
  rollover: ["表底翻转", "register rolled over"],
  backstep: ["表底微退", "register stepped back"],
  epoch: ["表底重新开始", "register began anew"],
  held: ["读数待确认", "readings await confirmation"],
  rounded: ["读数有舍入", "reading rounded"],
  clock: ["时钟未校准", "clock not checked"],
  recalled: ["事后补采", "filled later"],
  manual: ["人工录入", "written by hand"],
  good: ["良好", "good"],
  timeout: ["超时", "timeout"],
  disconnected: ["未连接", "disconnected"],
  exception: ["设备拒绝", "refused by the device"],
  malformed: ["应答有误", "malformed answer"],
  not_a_number: ["不是数值", "not a number"],
  out_of_range: ["超出范围", "out of range"],
  missing: ["字段缺失", "field missing"],
  no_value: ["设备报告无值", "the device has no value"],
};

const find = (id) => document.getElementById(id);
const LANGUAGE_KEY = "mujun-console-language";
let english = (remembered() ?? navigator.language.toLowerCase()).startsWith("en");

/** A browser may keep nothing. */
function remembered() {
  try {
    return localStorage.getItem(LANGUAGE_KEY);
  } catch {
    return null;
  }
}

const word = (key) => WORDS[key][english ? 1 : 0];
const named = (name) => (NAMES[name] ? NAMES[name][english ? 1 : 0] : name);

function speak() {
  document.documentElement.lang = english ? "en" : "zh";
  document.title = `${word("title")} · Mujun`;
  document.querySelectorAll("[data-word]").forEach((element) => {
    element.textContent = word(element.dataset.word);
  });
  find("language").textContent = word("language");
}

async function ask(path) {
  const answer = await fetch(path);
  if (!answer.ok) throw new Error(`${path}: ${answer.status}`);
  return answer.json();
}

const SHANGHAI = new Intl.DateTimeFormat("sv-SE", {
  timeZone: "Asia/Shanghai", year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit",
});
const time = (ms) => SHANGHAI.format(new Date(ms));
const share = (covered) => `${(Number(covered) * 100).toFixed(1)} %`;

/** `rows` are cells of [text, class]; a missing text is a dash. */
function fill(id, rows) {
  const body = find(id).tBodies[0];
  body.replaceChildren(...rows.map((cells) => {
    const row = document.createElement("tr");
    row.append(...cells.map(([text, kind]) => {
      const cell = document.createElement("td");
      cell.textContent = text ?? "—";
      if (kind) cell.className = kind;
      return cell;
    }));
    return row;
  }));
}

const nothing = () => [[[word("none"), ""]]];
const doubts = (names) => [names.map(named).join(english ? ", " : "、"), names.length ? "uncertain" : ""];

function showProduction({ intervals, output_unit }) {
  const unit = output_unit ? ` ${output_unit}` : "";
  const rows = intervals.reverse().map((one) => [
    [time(one.start_ms), ""],
    [one.energy_kwh, "number"],
    [one.output === null ? null : one.output + unit, "number"],
    [one.kwh_per_unit, "number"],
    [share(one.covered), "number"],
    doubts(one.doubts),
  ]);
  fill("production", rows.length ? rows : nothing());
}

function showPoints(points) {
  fill("points", points.map((one) => [
    [one.meter, ""],
    [one.point, ""],
    [one.value, "number"],
    [one.unit, ""],
    [one.reason === null ? null : named(one.reason), one.quality],
    [one.age_s === null ? null : `${one.age_s} ${word("second")}`, "number"],
  ]));
}

/** The points that count up, for choosing one; what was chosen stays chosen. */
function offer(points) {
  const which = find("which");
  const names = points.map(({ meter, point }) => JSON.stringify([meter, point]));
  if (names.join() === [...which.options].map((option) => option.value).join()) return;
  const chosen = which.value;
  which.replaceChildren(...points.map(({ meter, point }) => new Option(`${meter} · ${point}`, JSON.stringify([meter, point]))));
  if (names.includes(chosen)) which.value = chosen;
}

async function showIntervals() {
  const chosen = find("which").value;
  if (!chosen) return fill("intervals", nothing());
  const [meter, point] = JSON.parse(chosen);
  const { points } = await ask(`api/v1/intervals?${new URLSearchParams({ meter, point, width: 900 })}`);
  const unit = points[0] ? ` ${points[0].unit}` : "";
  const rows = (points[0]?.intervals ?? []).reverse().map((one) => [
    [time(one.start_ms), ""],
    [one.amount === null ? null : one.amount + unit, "number"],
    [share(one.covered), "number"],
    [String(one.readings), "number"],
    doubts(one.doubts),
  ]);
  fill("intervals", rows.length ? rows : nothing());
}

async function show() {
  try {
    const [health, points, production] = await Promise.all(["health", "api/v1/points", "api/v1/production?width=900"].map(ask));
    find("gateway").textContent = health.gateway_id;
    showPoints(points);
    showProduction(production);
    offer(points.filter((one) => one.counts));
    await showIntervals();
    find("state").textContent = "";
  } catch {
    find("state").textContent = word("away");
  }
}

find("language").addEventListener("click", () => {
  english = !english;
  try {
    localStorage.setItem(LANGUAGE_KEY, english ? "en" : "zh");
  } catch {
    // it is asked for again next time
  }
  speak();
  show();
});
find("which").addEventListener("change", show);
speak();
(async () => {
  for (;;) {
    await show();
    await new Promise((done) => setTimeout(done, EVERY_MS));
  }
})();

// Every word of the page, in both languages.

export type Language = "zh" | "en";

/** A message of the API in both languages. */
export interface Text {
  zh: string;
  en: string;
}

const WORDS = {
  subtitle: ["单位用能与亩均效益", "per-mu efficiency and energy intensity"],
  period: ["周期", "Period"],
  day: ["日", "Day"],
  month: ["月", "Month"],
  year: ["年", "Year"],
  custom: ["自选", "Range"],
  basis: ["折标口径", "Basis"],
  calorific: ["当量值", "Calorific"],
  equivalent: ["等价值", "Equivalent"],
  county: ["区县", "County"],
  industry: ["行业", "Industry"],
  all: ["全部", "All"],
  figure: ["排序指标", "Rank by"],
  ranking: ["排名", "Ranking"],
  noSites: ["没有符合条件的用能单位", "No site matches"],
  rank: ["名次", "Rank"],
  site: ["用能单位", "Site"],
  kwh: ["用电量", "Electricity"],
  kgce: ["综合能耗", "Energy"],
  output: ["产量", "Output"],
  output_value_wan: ["产值", "Output value"],
  kgce_per_product: ["单位产品能耗", "Energy per product"],
  tce_per_wan: ["单位产值能耗", "Energy per value"],
  output_value_wan_per_mu: ["亩均产值", "Value per mu"],
  tce_per_mu: ["亩均能耗", "Energy per mu"],
  tax_wan_per_mu: ["亩均税收", "Tax per mu"],
  value_added_wan_per_mu: ["亩均增加值", "Value added per mu"],
  completeness: ["完整率", "Complete"],
  backlog: ["待传", "Backlog"],
  unit_wan: ["万元", "10k yuan"],
  unit_kgce_per_product: ["kgce/单位产品", "kgce/unit"],
  unit_tce_per_wan: ["tce/万元", "tce/10k yuan"],
  unit_wan_per_mu: ["万元/亩", "10k yuan/mu"],
  unit_tce_per_mu: ["tce/亩", "tce/mu"],
  unit_records: ["条", "records"],
  connected: ["在线", "connected"],
  disconnected: ["离线", "not connected"],
  neverSeen: ["启动以来未见网关", "no gateway seen since the platform started"],
  lag: ["最新读数距今", "newest reading"],
  ago: ["", " ago"],
  noFigure: ["尚无已知数值", "No value is known yet"],
  noReason: ["暂无数据", "not known"],
  scatterTitle: ["亩均能耗与亩均产值", "Energy per mu against value per mu"],
  close: ["关闭", "Close"],
  quarters: ["每刻钟用能与产量", "Energy and output by quarter-hour"],
  noQuarters: ["本周期没有读数", "No reading in this period"],
  ledger: ["台账：各计量点", "Ledger: points"],
  gateway: ["网关", "Gateway"],
  meter: ["仪表", "Meter"],
  point: ["计量点", "Point"],
  role: ["用途", "Counts as"],
  first: ["首次读数", "First reading"],
  last: ["末次读数", "Last reading"],
  amount: ["用量", "Amount"],
  breaks: ["断点", "Breaks"],
  site_energy: ["用能", "energy"],
  site_export: ["外供", "export"],
  none: ["不计入", "not counted"],
  gaps: ["数据缺口", "What is missing"],
  noGaps: ["本周期没有已知缺口", "No gap is known in this period"],
  moreGaps: ["另有更早的缺口，见 /api/v1/gaps", "There are earlier ones: see /api/v1/gaps"],
  cause: ["原因", "Cause"],
  from: ["起", "From"],
  until: ["止", "Until"],
  concerns: ["涉及", "Concerns"],
  state: ["状态", "State"],
  allPoints: ["全部计量点", "all points"],
  points: ["个计量点", "points"],
  explained: ["已说明", "explained"],
  recalling: ["待补取", "to be recalled"],
  recalled: ["已补取", "recalled"],
  hole: ["空洞", "hole"],
  quarantined: ["已隔离", "quarantined"],
  dropped: ["已丢弃", "dropped"],
  tail_lost: ["尾部丢失", "tail lost"],
  unread: ["未读取", "unread"],
  unknown_clock: ["时钟未知", "clock unknown"],
  land: ["用地", "land"],
  mu: ["亩", "mu"],
  asOf: ["数据截至", "as of"],
  sites: ["家", "sites"],
  unreachable: ["无法连接平台，显示的是此前的数据；正在重试", "The platform is not reachable: what is shown is old. Trying again"],
  electricity: ["电力", "Electricity"],
  heat: ["热力", "Heat"],
  natural_gas: ["天然气", "Natural gas"],
  raw_coal: ["原煤", "Raw coal"],
  share: ["推算（无读数）", "share of a longer stretch, no reading"],
  footer: [
    "“—”表示未知，悬停可见原因。名次只比较已知的数值，相同者并列。时间为北京时间。",
    "“—” means not known; hover for the reason. Ranks compare known values only, equals share one. Times are China Standard Time.",
  ],
} as const satisfies Record<string, readonly [string, string]>;

export type Word = keyof typeof WORDS;

const REMEMBERED = "mujun.language";

function initial(): Language {
  try {
    const kept = localStorage.getItem(REMEMBERED);
    if (kept === "zh" || kept === "en") return kept;
  } catch {
    // storage is off: the browser's language decides each time
  }
  return navigator.language.toLowerCase().startsWith("zh") ? "zh" : "en";
}

let language = initial();

export function current(): Language {
  return language;
}

export function choose(next: Language): void {
  language = next;
  try {
    localStorage.setItem(REMEMBERED, next);
  } catch {
    // not remembered, still used
  }
}

export function word(name: Word): string {
  return WORDS[name][language === "zh" ? 0 : 1];
}

/** A word for a code of the API, or the code itself where there is none. */
export function wordOr(code: string): string {
  return Object.hasOwn(WORDS, code) ? word(code as Word) : code;
}

export function said(text: Text): string {
  return text[language];
}

/** Writes the words into the page's fixed parts. */
export function translate(): void {
  document.documentElement.lang = language === "zh" ? "zh-CN" : "en";
  for (const element of document.querySelectorAll<HTMLElement>("[data-word]")) {
    element.textContent = wordOr(element.dataset.word ?? "");
  }
}

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
  kgce_without_raw_material: ["扣除原料用能", "Energy without raw material"],
  kgce_without_renewable: ["扣除可再生能源", "Energy without renewables"],
  co2_t: ["二氧化碳", "CO₂"],
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
  figures: ["指标与可信度", "Figures, and how sure they are"],
  value: ["数值", "Value"],
  quality: ["可信度", "Quality"],
  sources: ["来源", "Source"],
  doubts: ["疑点", "Doubts"],
  good: ["可信", "good"],
  uncertain: ["存疑", "uncertain"],
  bad: ["未知", "not known"],
  incomplete: ["数据不完整", "incomplete"],
  uncertainSee: ["存疑，见备注", "uncertain: see the notes"],
  doubt_estimated_shape: ["分布为推算", "spread evenly: only the sum is known"],
  doubt_transient: ["已剔除瞬时错值", "a passing wrong reading was set aside"],
  doubt_rollover: ["表计翻转", "the register passed its end"],
  doubt_backstep: ["表底小幅回退", "the register stepped back a little"],
  doubt_epoch: ["换表或复位，其间用量未知", "reset or replaced: what ran between is not known"],
  doubt_held: ["有读数待确认，未计入", "readings wait for confirmation and are not counted"],
  doubt_rounded: ["读数已舍入", "a reading was rounded"],
  doubt_clock: ["网关时钟未经校准", "the gateway's clock was not known to be right"],
  doubt_recalled: ["由网关档案补取", "filled later out of the gateway's archive"],
  doubt_manual: ["人工录入", "written by hand"],
  source_automatic: ["自动采集", "automatic"],
  source_estimated: ["推算", "estimated"],
  source_manual: ["人工", "manual"],
  source_back_filled: ["补取", "back-filled"],
  epochs: ["换表、复位与跳变", "Meters replaced or reset, and jumps"],
  replaced: ["换表", "replaced"],
  restart: ["归零", "restarted from 0"],
  reset: ["复位", "reset"],
  backwards: ["回退", "fell"],
  jump: ["跳变", "jumped"],
  time: ["时间", "Time"],
  before: ["之前读数", "Reading before"],
  after: ["之后读数", "Reading after"],
  perPiece: ["单件用电", "kWh per piece"],
  version: ["版本", "Version"],
  publishedOn: ["发布于", "published"],
  changedSince: ["已变更，更新于", "changed since, on"],
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

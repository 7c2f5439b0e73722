// The words of intensity, dual control and warnings.

import { codes, words } from "../language";

export const w = words({
  by: ["按", "By"],
  span: ["期间", "Stretch"],
  asChosen: ["所选周期", "as chosen"],
  quarter: ["所在季度", "its quarter"],
  rolling: ["滚动12个月", "twelve months to its end"],
  per: ["分母", "Per"],
  key: ["对象", "Of"],
  energy: ["综合能耗", "Energy"],
  carbon: ["二氧化碳", "CO₂"],
  denominator: ["分母", "Per amount"],
  intensity: ["强度", "Intensity"],
  lastYear: ["上年同期", "Year before"],
  change: ["同比", "Change"],
  light: ["灯", "Light"],
  none: ["没有数据", "Nothing is known"],
  targets: ["目标", "Targets"],
  noTargets: ["该年度没有目标", "No target for this year"],
  kind: ["类别", "Kind"],
  percent: ["目标降幅", "Reduction asked"],
  limit: ["总量目标", "Total allowed"],
  source: ["依据", "Source"],
  lights: ["晴雨表（发改办环资〔2020〕901号）", "Traffic lights (发改办环资〔2020〕901号)"],
  rules: [
    "绿灯：达到进度目标；黄灯：未达到，差距不超过目标值的 10%；红灯：差距超过 10%。",
    "Green: the progress target is met. Yellow: missed by at most 10 % of it. Red: by more.",
  ],
  quotas: ["用能预算", "Energy quotas"],
  noQuotas: ["该年度没有用能预算", "No quota for this year"],
  quota: ["预算", "Quota"],
  used: ["已用", "Used"],
  usedShare: ["进度", "Progress"],
  forecast: ["全年预测", "Year's forecast"],
  band: ["预测区间", "Forecast band"],
  method: ["预测方法", "Method of the forecast"],
  error: ["留出月份检验误差", "Error on held-out months"],
  months: ["逐月进度", "Month by month"],
  cumulative: ["累计用能", "Used so far"],
  monthly: ["当月", "Of the month"],
  state: ["状态", "State"],
  level: ["级别", "Level"],
  any: ["全部", "All"],
  raised: ["发生时间", "Raised"],
  what: ["内容", "What"],
  whose: ["对象", "Of"],
  rule: ["依据", "Rule"],
  acknowledge: ["确认", "Acknowledge"],
  acknowledged: ["已确认", "acknowledged"],
  note: ["处理说明", "What was done"],
  noWarnings: ["没有符合条件的预警", "No warning matches"],
  back: ["返回", "Back"],
});

export const by = codes({
  site: ["单位", "site"],
  section: ["行业门类", "section"],
  industry: ["行业大类", "division"],
  class: ["行业小类", "class"],
  township: ["乡镇街道", "township"],
  county: ["区县", "county"],
  city: ["市", "city"],
  province: ["省", "province"],
});

export const per = codes({
  value_added: ["增加值", "value added"],
  output_value: ["产值", "output value"],
  product: ["产品", "product"],
});

export const state = codes({
  open: ["未处理", "open"],
  acknowledged: ["已确认", "acknowledged"],
  closed: ["已解除", "closed"],
  cleared: ["已解除", "cleared"],
});

export const kind = codes({
  intensity: ["能耗强度", "energy intensity"],
  total: ["能耗总量增长", "growth of total energy"],
  total_tce: ["能耗总量", "total energy"],
  carbon_intensity: ["碳排放强度", "carbon intensity"],
  carbon_total: ["碳排放总量", "total carbon"],
});

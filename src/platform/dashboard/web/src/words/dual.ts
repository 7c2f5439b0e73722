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
  known: ["已知/家数", "Known of"],
  matched: ["两年均已知的家数", "sites known in both years:"],
  lowerBound: ["下限：有单位的数据未知", "a lower bound: some sites are not known"],
  noEnergy: ["能耗未知", "energy is not known"],
  noDenominator: ["分母未知", "the denominator is not known"],
  wholeYear: ["全年目标", "whole year"],
  limitValue: ["限额值", "limit value"],
  counting: ["口径", "Counting"],
  intensity: ["强度", "Intensity"],
  lastYear: ["上年同期", "Year before"],
  change: ["同比", "Change"],
  light: ["灯", "Light"],
  none: ["没有数据", "Nothing is known"],
  targets: ["目标", "Targets"],
  noTargets: ["该年度没有目标", "No target for this year"],
  kind: ["类别", "Kind"],
  target: ["目标值", "Target"],
  targetValue: ["目标值（%，总量为 tce）", "Target (%; of a total tce)"],
  toDate: ["截至本月应达", "Due by now"],
  actual: ["实际", "Actual"],
  setBy: ["录入人", "Set by"],
  setTarget: ["设定目标", "Set a target"],
  setQuota: ["设定预算", "Set a quota"],
  limits: ["单位产品能耗限额", "Limit values per product"],
  noLimits: ["没有限额值", "No limit value is set"],
  product: ["产品", "Product"],
  national: ["国家标准", "national"],
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
  yearShare: ["年度时间已过", "Of the year"],
  left: ["剩余", "Left"],
  monthForecast: ["当月预测", "Month's forecast"],
  heldOut: ["个留出月份", "held-out months"],
  errorSum: ["合计最大误差", "of their sum at most"],
  forecast: ["全年预测", "Year's forecast"],
  band: ["预测区间", "Forecast band"],
  method: ["预测方法", "Method of the forecast"],
  error: ["留出月份检验误差", "Error on held-out months"],
  months: ["逐月进度", "Month by month"],
  state: ["状态", "State"],
  level: ["级别", "Level"],
  any: ["全部", "All"],
  raised: ["发生时间", "Raised"],
  what: ["内容", "What"],
  whose: ["对象", "Of"],
  rule: ["依据", "Rule"],
  acknowledge: ["确认", "Acknowledge"],
  acknowledged: ["确认情况", "Acknowledged"],
  warning: ["预警", "Warning"],
  seen: ["最近仍存在", "Last seen so"],
  cleared: ["解除时间", "Cleared"],
  grounds: ["触发的数据", "Figures that raised it"],
  deliveries: ["通知记录", "Messages"],
  noDeliveries: ["没有发出通知", "No message was sent"],
  channel: ["方式", "Way"],
  tries: ["次数", "Tries"],
  failure: ["失败原因", "Failure"],
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

export const counting = codes({
  "": ["全部能耗", "all energy"],
  without_raw_material: ["扣除原料用能", "without raw material"],
  without_both: ["扣除原料与可再生", "without raw material and renewables"],
});

export const limitGrade = codes({ limit: ["限定值", "limit"], entry: ["准入值", "entry"], advanced: ["先进值", "advanced"] });

/** What a site reaches of a standard's limit values. */
export const limit = codes({ limit: ["达到限定值", "within the limit"], entry: ["达到准入值", "within the entry value"], advanced: ["达到先进值", "advanced"] });

export const state = codes({
  open: ["未处理", "open"],
  acknowledged: ["已确认", "acknowledged"],
  cleared: ["已解除", "cleared"],
});

export const delivery = codes({
  mail: ["邮件", "e-mail"],
  webhook: ["网络回调", "webhook"],
  waiting: ["待发", "waiting"],
  delivered: ["已送达", "delivered"],
  given_up: ["已放弃", "given up"],
});

export const kind = codes({
  intensity: ["能耗强度", "energy intensity"],
  total: ["能耗总量增长", "growth of total energy"],
  total_tce: ["能耗总量", "total energy"],
  carbon_intensity: ["碳排放强度", "carbon intensity"],
  carbon_total: ["碳排放总量", "total carbon"],
});

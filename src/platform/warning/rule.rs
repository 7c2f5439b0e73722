//! The rules in words, with their thresholds and where these come from.

use crate::{model::WarningRule, runtime::lang::Text};

pub fn rule_text(rule: WarningRule) -> Text {
    let (zh, en) = match rule {
        WarningRule::QuotaPace => (
            "用能预算使用进度超过时间进度：超过 5 % 黄，超过 15 % 红；回落到时间进度以内解除",
            "a quota is used faster than the year goes: yellow beyond 5 %, red beyond 15 % of its share by days; gone when back within it",
        ),
        WarningRule::QuotaForecast => (
            "全年预测超过用能预算：超过即黄，超过 10 % 红；预测降至预算的 98 % 以内解除",
            "the forecast of the year is beyond the quota: yellow beyond it, red beyond by more than 10 %; gone at 98 % of it",
        ),
        WarningRule::LimitExceeded => (
            "单位产品能耗超过限额标准的限定值（红）；降至限定值的 99 % 以内解除",
            "energy per product is beyond the limit value of its standard (red); gone at 99 % of it",
        ),
        WarningRule::IntensityLight => (
            "能耗强度或碳排放强度目标的晴雨表（发改办环资〔2020〕901号）为黄灯或红灯；绿灯解除",
            "the light of an intensity target (发改办环资〔2020〕901号) is yellow or red; gone when it is green",
        ),
        WarningRule::TotalLight => (
            "能耗总量目标的晴雨表（发改办环资〔2020〕901号）为黄灯或红灯；绿灯解除",
            "the light of a target of total energy (发改办环资〔2020〕901号) is yellow or red; gone when it is green",
        ),
        WarningRule::Incomplete => (
            "近 7 天数据完整率低于 90 %（黄）、低于 50 %（红）；恢复到 92 % 解除",
            "fewer than 90 % of the values of the last 7 days came (yellow), fewer than 50 % (red); gone at 92 %",
        ),
        WarningRule::Silent => (
            "计量点超过 3 个工作日没有数据（黄）、超过 10 个工作日（红）；有数据即解除",
            "a meter says nothing for more than 3 working days (yellow), more than 10 (red); gone when it speaks",
        ),
        WarningRule::Calibration => (
            "计量器具检定有效期已过（黄）；登记新的有效期后解除",
            "the calibration of a meter has run out (yellow); gone when a new one is registered",
        ),
    };
    Text::new(zh, en)
}

//! What a rule's indicator may be made of.

use crate::model::EconomicItem;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A quantity of one site and year.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Quantity {
    /// What the bureaus say, in the item's unit.
    Economic(EconomicItem),
    /// 用地面积: mean land in use over the year, mu.
    LandMu,
    /// 综合能耗 on the rule set's basis, tce.
    Tce,
    /// Without what was raw material.
    TceWithoutRawMaterial,
    /// Without new renewable energy.
    TceWithoutRenewable,
    /// 用电量, kWh.
    Kwh,
    /// 用电量 in 10,000 kWh (万千瓦时), as counties write their base values.
    WanKwh,
    /// 用水量: fresh water, m³.
    WaterM3,
    /// t of CO₂.
    Co2T,
}

impl Quantity {
    pub fn all() -> impl Iterator<Item = Quantity> {
        EconomicItem::ALL.into_iter().map(Quantity::Economic).chain([
            Quantity::LandMu,
            Quantity::Tce,
            Quantity::TceWithoutRawMaterial,
            Quantity::TceWithoutRenewable,
            Quantity::Kwh,
            Quantity::WanKwh,
            Quantity::WaterM3,
            Quantity::Co2T,
        ])
    }

    /// As in rule files and in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Quantity::Economic(item) => item.name(),
            Quantity::LandMu => "land_mu",
            Quantity::Tce => "tce",
            Quantity::TceWithoutRawMaterial => "tce_without_raw_material",
            Quantity::TceWithoutRenewable => "tce_without_renewable",
            Quantity::Kwh => "kwh",
            Quantity::WanKwh => "wan_kwh",
            Quantity::WaterM3 => "water_m3",
            Quantity::Co2T => "co2_t",
        }
    }

    pub fn by_name(name: &str) -> Option<Quantity> {
        Quantity::all().find(|quantity| quantity.name() == name)
    }

    /// In Chinese and in English, for messages.
    pub fn title(self) -> (&'static str, &'static str) {
        match self {
            Quantity::Economic(item) => match item {
                EconomicItem::TaxWan => ("评价税收", "tax"),
                EconomicItem::ValueAddedWan => ("工业增加值", "value added"),
                EconomicItem::ValueAddedComparableWan => ("工业增加值（可比价）", "value added at comparable prices"),
                EconomicItem::OutputValueWan => ("工业总产值", "output value"),
                EconomicItem::RevenueWan => ("主营业务收入", "main-business revenue"),
                EconomicItem::ResearchWan => ("R&D经费支出", "R&D spending"),
                EconomicItem::Staff => ("年平均职工人数", "mean staff of the year"),
                EconomicItem::CodT => ("化学需氧量排放量", "emission of COD"),
                EconomicItem::AmmoniaNitrogenT => ("氨氮排放量", "emission of ammonia nitrogen"),
                EconomicItem::So2T => ("二氧化硫排放量", "emission of SO2"),
                EconomicItem::NoxT => ("氮氧化物排放量", "emission of NOx"),
            },
            Quantity::LandMu => ("用地面积", "land in use"),
            Quantity::Tce => ("综合能耗", "energy in standard coal"),
            Quantity::TceWithoutRawMaterial => {
                ("综合能耗（不含原料用能）", "energy in standard coal without raw material")
            }
            Quantity::TceWithoutRenewable => {
                ("综合能耗（不含新增可再生能源）", "energy in standard coal without new renewable energy")
            }
            Quantity::Kwh | Quantity::WanKwh => ("用电量", "electricity"),
            Quantity::WaterM3 => ("用水量", "fresh water"),
            Quantity::Co2T => ("二氧化碳排放量", "CO2"),
        }
    }

    pub fn unit(self) -> &'static str {
        match self {
            Quantity::Economic(item) => item.unit(),
            Quantity::LandMu => "mu",
            Quantity::Tce | Quantity::TceWithoutRawMaterial | Quantity::TceWithoutRenewable => "tce",
            Quantity::Kwh => "kWh",
            Quantity::WanKwh => "10k kWh",
            Quantity::WaterM3 => "m3",
            Quantity::Co2T => "t CO2",
        }
    }
}

impl Serialize for Quantity {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

impl<'de> Deserialize<'de> for Quantity {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Quantity, D::Error> {
        let name = String::deserialize(deserializer)?;
        Quantity::by_name(&name)
            .ok_or_else(|| serde::de::Error::custom(format!("`{name}` is no quantity of an evaluation")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_quantity_has_a_name_of_its_own_by_which_it_is_found_again() {
        let names: BTreeSet<_> = Quantity::all().map(Quantity::name).collect();
        assert_eq!(names.len(), Quantity::all().count());
        assert!(Quantity::all().all(|quantity| Quantity::by_name(quantity.name()) == Some(quantity)));
        assert_eq!(Quantity::by_name("tax"), None);
    }
}

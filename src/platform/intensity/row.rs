//! One row: the sums over its members, its intensity, and the change against last year.

use super::{By, output_of};
use crate::{energy::intensity::reduction_percent, platform::assess::SiteAssessment, runtime::lang::Text};
use rust_decimal::Decimal;
use std::collections::BTreeMap;

/// Decimals of tonnes and of denominators, of ratios, and of percents.
const AMOUNT_DECIMALS: u32 = 4;
const RATIO_DECIMALS: u32 = 6;
const PERCENT_DECIMALS: u32 = 4;
/// Missing sites that a row names; it counts them all.
const MISSING_MAX: usize = 20;
/// R15 of the national on-line monitoring system: actual over expected values.
pub(super) const COMPLETE: Decimal = Decimal::from_parts(9, 0, 0, false, 1);

/// Energy over what.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Per {
    /// 单位工业增加值能耗, tce per 10,000 yuan at current prices.
    ValueAdded,
    /// 单位产值能耗, tce per 10,000 yuan: metered output × registered value of one.
    OutputValue,
    /// 单位产品能耗, kgce per unit of qualified product.
    Product { code: String, unit: String },
}

/// Which energy counts.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Counting {
    #[default]
    All,
    /// 发改环资〔2022〕803号: energy used as raw material is not counted in dual control.
    WithoutRawMaterial,
    /// And without new renewable energy, which is not counted in the total (发改运行〔2022〕1258号).
    WithoutBoth,
}

/// One site in one year.
#[derive(Clone, Copy, Debug)]
pub struct Year<'a> {
    pub site: &'a SiteAssessment,
    /// 10,000 yuan in the period: value added at current prices, and at the comparable prices of one base year.
    pub value_added: Option<Decimal>,
    pub comparable: Option<Decimal>,
}

/// One site, and the same days a year before.
#[derive(Clone, Debug)]
pub struct Member<'a> {
    pub site: &'a SiteAssessment,
    pub township: Option<&'a str>,
    pub this: Year<'a>,
    pub before: Option<Year<'a>>,
}

/// A site whose part is in no sum.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Missing {
    pub credit_code: String,
    pub energy: bool,
    pub denominator: bool,
}

#[derive(Clone, PartialEq, Debug)]
pub struct Row {
    pub key: String,
    pub name: Text,
    pub sites: usize,
    /// Of them: with known energy, with at least 90 % of their values, with energy and denominator both known.
    pub known: usize,
    pub complete: usize,
    pub compared: usize,
    /// tce; a lower bound where `known < sites`. The parts beside it are over the sites that know them.
    pub tce: Option<Decimal>,
    pub tce_raw_material: Option<Decimal>,
    pub tce_renewable: Option<Decimal>,
    pub co2_t: Option<Decimal>,
    /// Sites whose CO₂ is known.
    pub co2_known: usize,
    /// Over the sites that know it.
    pub denominator: Option<Decimal>,
    pub unit: String,
    /// Over the compared sites alone.
    pub intensity: Option<Decimal>,
    /// At comparable prices, over the sites that are known in both years; exact.
    pub reduction_percent: Option<Decimal>,
    /// Of the total, over the sites whose energy is known in both years; exact.
    pub growth_percent: Option<Decimal>,
    /// Of CO₂ over the same denominator; exact.
    pub carbon_reduction_percent: Option<Decimal>,
    /// Sites behind the first of these three.
    pub matched: usize,
    /// Last year's intensity over the matched sites, at comparable prices.
    pub last_year: Option<Decimal>,
    pub missing: Vec<Missing>,
    pub missing_total: usize,
    pub notes: Vec<Text>,
}

impl Row {
    pub fn is_lower_bound(&self) -> bool {
        self.known < self.sites
    }

    /// The intensity's change, %, negative where it fell; rounded to be shown.
    pub fn change_percent(&self) -> Option<Decimal> {
        self.reduction_percent.map(|percent| (-percent).round_dp(PERCENT_DECIMALS).normalize())
    }
}

/// A site's standard coal, kgce, as it is counted.
pub fn energy_of(site: &SiteAssessment, counting: Counting) -> Option<Decimal> {
    match counting {
        Counting::All => site.kgce,
        Counting::WithoutRawMaterial => site.kgce_without_raw_material,
        // what is left out of each is left out of both: raw material is no renewable energy made on the site
        Counting::WithoutBoth => {
            site.kgce_without_raw_material?.checked_add(site.kgce_without_renewable?)?.checked_sub(site.kgce?)
        }
    }
}

/// Rows in the order of their keys.
pub fn rows(members: &[Member<'_>], by: By, per: &Per, counting: Counting) -> Vec<Row> {
    let mut groups: BTreeMap<String, Vec<&Member<'_>>> = BTreeMap::new();
    for member in members {
        groups.entry(by.key(member)).or_default().push(member);
    }
    groups.into_iter().filter_map(|(key, members)| row(key, &members, by, per, counting)).collect()
}

/// All members as one row.
pub fn whole(members: &[Member<'_>], per: &Per, counting: Counting) -> Option<Row> {
    let all: Vec<&Member<'_>> = members.iter().collect();
    row(String::new(), &all, By::Site, per, counting)
}

/// The sites' energy together, tce; a lower bound where one is not known.
pub fn tce<'a>(sites: impl Iterator<Item = &'a SiteAssessment>) -> Option<Decimal> {
    let mut sum = Sum::default();
    sites.for_each(|site| sum.add(site.kgce));
    tonnes(&sum)
}

fn tonnes(sum: &Sum) -> Option<Decimal> {
    Some((sum.value()? / Decimal::ONE_THOUSAND).round_dp(AMOUNT_DECIMALS).normalize())
}

fn row(key: String, members: &[&Member<'_>], by: By, per: &Per, counting: Counting) -> Option<Row> {
    let name = by.title(&key, members.first()?);
    let (mut energy, mut raw, mut renewable) = (Sum::default(), Sum::default(), Sum::default());
    let (mut co2, mut divisor) = (Sum::default(), Sum::default());
    let mut both = Ratio::default();
    let (mut this, mut before) = (Ratio::default(), Ratio::default());
    let (mut carbon, mut carbon_before) = (Ratio::default(), Ratio::default());
    let (mut total, mut total_before) = (Sum::default(), Sum::default());
    let (mut missing, mut missing_total, mut complete) = (Vec::new(), 0, 0);
    for member in members {
        let site = member.site;
        let (kgce, under) = (energy_of(site, counting), divisor_of(&member.this, per));
        energy.add(kgce);
        raw.add(site.kgce.zip(site.kgce_without_raw_material).map(|(all, without)| all - without));
        renewable.add(site.kgce.zip(site.kgce_without_renewable).map(|(all, without)| all - without));
        co2.add(site.co2_t);
        divisor.add(under);
        both.add(kgce, under);
        complete += usize::from(kgce.is_some() && site.completeness.is_some_and(|share| share >= COMPLETE));
        if kgce.is_none() || under.is_none() {
            missing_total += 1;
            if missing.len() < MISSING_MAX {
                let (energy, denominator) = (kgce.is_none(), under.is_none());
                missing.push(Missing { credit_code: site.credit_code.clone(), energy, denominator });
            }
        }
        let Some(year) = &member.before else { continue };
        let kgce_before = energy_of(year.site, counting);
        if let Some((now, then)) = kgce.zip(kgce_before) {
            total.add(Some(now));
            total_before.add(Some(then));
        }
        let pair = comparable_of(&member.this, per).zip(comparable_of(year, per));
        let Some((divisor_now, divisor_then)) = pair else { continue };
        if let Some((now, then)) = kgce.zip(kgce_before) {
            this.add(Some(now), Some(divisor_now));
            before.add(Some(then), Some(divisor_then));
        }
        if let Some((now, then)) = site.co2_t.zip(year.site.co2_t) {
            carbon.add(Some(now), Some(divisor_now));
            carbon_before.add(Some(then), Some(divisor_then));
        }
    }
    let reduced = |now: &Ratio, then: &Ratio| reduction_percent(now.value()?, then.value()?);
    let in_unit = |kgce: Decimal| match per {
        Per::Product { .. } => Some(kgce),
        _ => kgce.checked_div(Decimal::ONE_THOUSAND),
    };
    let ratio = |ratio: &Ratio| Some(in_unit(ratio.value()?)?.round_dp(RATIO_DECIMALS).normalize());
    let growth = total.value().zip(total_before.value()).and_then(|(now, then)| reduction_percent(now, then));
    let mut row = Row {
        key,
        name,
        sites: members.len(),
        known: energy.known,
        complete,
        compared: both.known(),
        tce: tonnes(&energy),
        tce_raw_material: tonnes(&raw),
        tce_renewable: tonnes(&renewable),
        co2_t: co2.value().map(|t| t.round_dp(AMOUNT_DECIMALS).normalize()),
        co2_known: co2.known,
        denominator: divisor.value().map(|value| value.round_dp(AMOUNT_DECIMALS).normalize()),
        unit: unit_of(per),
        intensity: ratio(&both),
        reduction_percent: reduced(&this, &before),
        growth_percent: growth.map(|reduction| -reduction),
        carbon_reduction_percent: reduced(&carbon, &carbon_before),
        matched: this.known(),
        last_year: ratio(&before),
        missing,
        missing_total,
        notes: Vec::new(),
    };
    row.notes = notes(&row, energy.too_large || divisor.too_large);
    Some(row)
}

fn unit_of(per: &Per) -> String {
    match per {
        Per::ValueAdded | Per::OutputValue => "tce/10k yuan".into(),
        Per::Product { unit, .. } => format!("kgce/{unit}"),
    }
}

fn divisor_of(year: &Year<'_>, per: &Per) -> Option<Decimal> {
    match per {
        Per::ValueAdded => year.value_added,
        Per::OutputValue => year.site.output_value_wan,
        Per::Product { code, unit } => output_of(year.site, code, unit),
    }
}

/// What may be compared between years: value added at comparable prices. Output value has one price in both years, the
/// registry's, and pieces have none.
fn comparable_of(year: &Year<'_>, per: &Per) -> Option<Decimal> {
    match per {
        Per::ValueAdded => year.comparable,
        _ => divisor_of(year, per),
    }
}

fn notes(row: &Row, too_large: bool) -> Vec<Text> {
    let mut notes = Vec::new();
    let Row { sites, known, compared, matched, .. } = row;
    if known < sites {
        notes.push(Text::new(
            format!("{sites} 家单位中 {known} 家能耗已知：合计只是下限"),
            format!("the energy of {known} of {sites} sites is known: the sum is a lower bound"),
        ));
    }
    if row.intensity.is_some() && compared < sites {
        notes.push(Text::new(
            format!("强度按能耗与分母均已知的 {compared} 家单位计算"),
            format!("the intensity is over the {compared} sites whose energy and denominator are both known"),
        ));
    }
    if row.reduction_percent.is_some() && matched < sites {
        notes.push(Text::new(
            format!("同比按两年均已知的 {matched} 家单位、可比价计算"),
            format!("the change is over the {matched} sites that are known in both years, at comparable prices"),
        ));
    }
    if too_large {
        notes.push(Text::new("数值过大，无法精确求和", "the numbers are too large for an exact sum"));
    }
    notes
}

#[derive(Default)]
struct Sum {
    total: Decimal,
    known: usize,
    too_large: bool,
}

impl Sum {
    fn add(&mut self, value: Option<Decimal>) {
        let Some(value) = value else { return };
        self.known += 1;
        match self.total.checked_add(value) {
            Some(total) => self.total = total,
            None => self.too_large = true,
        }
    }

    fn value(&self) -> Option<Decimal> {
        (self.known > 0 && !self.too_large).then_some(self.total)
    }
}

/// Of members whose two sides are both known.
#[derive(Default)]
struct Ratio {
    over: Sum,
    under: Sum,
}

impl Ratio {
    fn add(&mut self, over: Option<Decimal>, under: Option<Decimal>) {
        if over.is_some() && under.is_some() {
            self.over.add(over);
            self.under.add(under);
        }
    }

    fn known(&self) -> usize {
        self.over.known
    }

    /// `None` over a denominator that is not above 0: an intensity of a loss means nothing.
    fn value(&self) -> Option<Decimal> {
        let under = self.under.value().filter(|under| *under > Decimal::ZERO)?;
        self.over.value()?.checked_div(under)
    }
}

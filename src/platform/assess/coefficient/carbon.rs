//! carbon.toml → carbon factors.

use super::{
    carbon_key::{
        AT, CARBON_CONTENT, CARRIER, CONFIDENCE, FUEL, FUEL_SHAPE, GRID, GRID_SHAPE, HEAT, HEAT_SHAPE, KG_PER_KWH, NCV,
        OXIDATION, PER, ROOT_SHAPE, SCOPE, SHAPES, SOURCE, SUSPECT, T_PER_GJ, UNIT, YEAR,
    },
    known, value,
};
use crate::{
    energy::carbon::{CarbonFactors, FuelFactor, GridFactor, HeatFactor, Provenance, Scope},
    model::{CARRIERS, unit::UNITS},
    runtime::{
        file,
        lang::Text,
        problem::{At, Found, Position, Problems, Unique},
        settings::{self, Section},
    },
};
use rust_decimal::Decimal;
use std::path::Path;

/// Blocks on the disk.
///
/// # Errors
/// Every problem that was found.
pub fn load(path: &Path) -> Result<CarbonFactors, Problems> {
    parse(&file::read(path, super::FILE_MIB_MAX)?, &path.display().to_string())
}

/// `name` is for messages.
///
/// # Errors
/// As [`load`].
pub fn parse(text: &str, name: &str) -> Result<CarbonFactors, Problems> {
    settings::read(text, name, &ROOT_SHAPE, &SHAPES, |root| {
        let mut once = Unique::new("其他系数", "factor");
        let mut claim = |section: &Section, id: String| {
            let name = Found { value: id.as_str(), at: At { path: section.at.path.clone(), ..section.at.clone() } };
            once.claim(section.doc, &name)
        };
        let mut factors = CarbonFactors::default();
        for section in root.tables(&GRID, &GRID_SHAPE) {
            if let Some(factor) = grid(&section)
                && claim(&section, format!("{} {}", factor.scope, factor.year))
            {
                factors.grid.push(factor);
            }
        }
        for section in root.tables(&FUEL, &FUEL_SHAPE) {
            if let Some(factor) = fuel(&section)
                && claim(&section, factor.carrier.clone())
            {
                factors.fuels.push(factor);
            }
        }
        factors.heat = root.table(&HEAT, &HEAT_SHAPE).and_then(|section| heat(&section));
        factors
    })
}

fn grid(section: &Section) -> Option<GridFactor> {
    let scope = scope(section, &SCOPE);
    let year = section.integer(&YEAR, 2000..=2100);
    let kg_per_kwh = section.parse(&KG_PER_KWH, value);
    let origin = origin(section);
    Some(GridFactor {
        scope: scope?,
        year: i16::try_from(year?.value).ok()?,
        kg_per_kwh: kg_per_kwh?.value,
        origin: origin?,
    })
}

/// A scope as the key of a file says it.
pub fn scope(section: &Section, key: &settings::Key) -> Option<Scope> {
    let fix = || {
        Text::new(
            "写 national、national_residual、national_fossil、east_china，或省级代码如 330000",
            "write national, national_residual, national_fossil, east_china, or a province's code such as 330000",
        )
    };
    section.parse(key, |text| text.parse::<Scope>().map_err(|_| fix())).map(|scope| scope.value)
}

fn fuel(section: &Section) -> Option<FuelFactor> {
    let carrier = section.parse(&CARRIER, |text| known(text, &CARRIERS));
    let unit = section.parse(&UNIT, |text| known(text, &UNITS));
    let per = section.or(&PER, Decimal::ONE, section.parse(&PER, value));
    let ncv_gj = section.parse(&NCV, value);
    let carbon_t_per_gj = section.parse(&CARBON_CONTENT, value);
    let oxidation = section.parse(&OXIDATION, |text| {
        let share = value(text).ok().filter(|share| *share <= Decimal::ONE);
        share.ok_or_else(|| Text::new("写 0 到 1 之间的小数，例如 \"0.98\"", "write a share up to 1, such as \"0.98\""))
    });
    let state = |text: &str| {
        let fix = || Text::new("写作 \"0C 101.325kPa\"", "write it as \"0C 101.325kPa\"");
        text.parse().map(Some).map_err(|_| fix())
    };
    let at = section.or(&AT, None, section.parse(&AT, state));
    let suspect = section.or(&SUSPECT, None, section.parse(&SUSPECT, |text| Ok::<_, Text>(Some(text.to_owned()))));
    let origin = origin(section);
    Some(FuelFactor {
        carrier: carrier?.value.to_owned(),
        unit: unit?.value.to_owned(),
        per: per?,
        ncv_gj: ncv_gj?.value,
        carbon_t_per_gj: carbon_t_per_gj?.value,
        oxidation: oxidation?.value,
        at: at?,
        suspect: suspect?,
        origin: origin?,
    })
}

fn heat(section: &Section) -> Option<HeatFactor> {
    let t_per_gj = section.parse(&T_PER_GJ, value);
    let origin = origin(section);
    Some(HeatFactor { t_per_gj: t_per_gj?.value, origin: origin? })
}

fn origin(section: &Section) -> Option<Provenance> {
    let source = section.string(&SOURCE);
    let confidence = section.or(&CONFIDENCE, "", section.string(&CONFIDENCE));
    let Position { line, column } = section.doc.position(&section.at.span);
    let place = format!("{}:{line}:{column}", section.doc.file);
    Some(Provenance { source: source?.value.to_owned(), confidence: confidence?.to_owned(), place })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        energy::carbon::GridLookup,
        model::GasState,
        platform::assess::{
            Carbon,
            balance::{Balance, Carrier},
            carbon::co2_t,
            convert,
            site::Days,
            term::{How, Term},
        },
        runtime::{lang::Lang, problem::cases},
    };
    use jiff::civil::date;
    use std::sync::Arc;

    fn shipped() -> CarbonFactors {
        load(&Path::new(env!("CARGO_MANIFEST_DIR")).join("deploy/coefficients/carbon.toml")).unwrap()
    }

    fn d(text: &str) -> Decimal {
        text.parse().unwrap()
    }

    fn used(amount: Decimal, unit: &str) -> Term {
        Term::leaf("used", Some(amount), unit, How::Constant)
    }

    /// t of CO₂ of a site that used this and nothing else.
    fn co2(carrier: &str, amount: Term) -> Option<Decimal> {
        let (carrier, unit, amount) = (carrier.to_owned(), amount.unit.clone(), Arc::new(amount));
        let carriers = vec![Carrier { carrier, unit, amount, raw_material: None, renewable: None }];
        let carbon = Carbon { factors: shipped(), scope: Scope::National };
        let days = Days { first: date(2023, 1, 1), last: date(2023, 12, 31) };
        let co2 = co2_t(&Balance { carriers, unknown: Vec::new() }, Some(&carbon), Some(days), &mut Vec::new());
        assert!(co2.holds());
        co2.value
    }

    #[test]
    fn every_fuel_gives_the_printed_factor() {
        let factors = shipped();
        let printed = [
            ("anthracite", "2.3228"),
            ("bituminous", "2.0715"),
            ("lignite", "1.4241"),
            ("washed_coal", "2.2818"),
            ("coke", "2.8518"),
            ("crude_oil", "3.0783"),
            ("fuel_oil", "3.0472"),
            ("gasoline", "3.0425"),
            ("diesel", "3.1451"),
            ("kerosene", "3.1517"),
            ("lpg", "2.9538"),
            ("natural_gas", "21.6219"),
            ("coke_oven_gas", "8.5828"),
            ("blast_furnace_gas", "9.6865"),
            ("converter_gas", "14.3210"),
            ("lng", "2.3253"),
        ];
        assert_eq!(factors.fuels.len(), printed.len());
        for (factor, (carrier, printed)) in factors.fuels.iter().zip(printed) {
            let of = used(factor.per, &factor.unit);
            let of = match factor.at {
                Some(at) => convert::gas(&Arc::new(of), at, GasState::STANDARD),
                None => of,
            };
            let shown = co2(carrier, of).unwrap().round_dp(4);
            assert_eq!((factor.carrier.as_str(), format!("{shown:.4}").as_str()), (carrier, printed));
            assert_eq!(factor.suspect.is_some(), carrier == "lng");
        }
        assert_eq!(co2("heat", used(d("5000"), "GJ")), Some(d("550.00")));
    }

    #[test]
    fn an_amount_is_taken_in_the_state_that_the_factor_is_of() {
        let shown = |carrier: &str, amount: &str, unit: &str| Some(co2(carrier, used(d(amount), unit))?.round_dp(4));
        assert_eq!(shown("diesel", "20000", "kg"), Some(d("62.9024")));
        assert_eq!(shown("diesel", "20", "t"), Some(d("62.9024")));
        assert_eq!(shown("diesel", "20", "m3"), None);
        // 10,000 m³ at 20 °C are 9,317.755415 m³ at 0 °C
        assert_eq!(shown("natural_gas", "10000", "m3"), Some(d("20.1467")));
    }

    #[test]
    fn a_grid_factor_is_that_of_the_year_and_the_scope_or_none() {
        let factors = shipped();
        let ask = |scope: &str, year: i16| match factors.grid(
            &scope.parse().unwrap(),
            date(year, 1, 1),
            date(year, 12, 31),
        ) {
            GridLookup::Found(factor) => Some(factor.kg_per_kwh.to_string()),
            _ => None,
        };
        for (scope, years) in [
            ("national", [Some("0.5568"), Some("0.5366"), Some("0.5306")]),
            ("national_residual", [None, Some("0.5856"), Some("0.6096")]),
            ("national_fossil", [Some("0.8426"), Some("0.8325"), Some("0.8273")]),
            ("east_china", [Some("0.5992"), Some("0.5617"), Some("0.5500")]),
            ("330000", [Some("0.5422"), Some("0.5153"), None]),
        ] {
            for (year, printed) in [2021, 2022, 2023].into_iter().zip(years) {
                assert_eq!(ask(scope, year).as_deref(), printed, "{scope} {year}");
            }
            assert_eq!(ask(scope, 2024), None);
        }
        let over_the_year = factors.grid(&Scope::National, date(2021, 12, 1), date(2022, 1, 31));
        assert_eq!(over_the_year, GridLookup::Changes(date(2022, 1, 1)));
    }

    #[test]
    fn the_messages_of_every_case_are_as_recorded() {
        cases::hold("carbon", "toml", |name, text| parse(text, name).map(|_| None));
    }

    #[test]
    fn what_is_wrong_is_said_in_both_languages() {
        let problems = parse("[[grid]]\nscope = \"zhejiang\"\n", "carbon.toml").unwrap_err();
        assert!(problems.render(Lang::Zh).contains("改法") && problems.to_string().contains("330000"), "{problems}");
    }
}

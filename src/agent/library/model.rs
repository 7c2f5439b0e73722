//! A meter model: what all meters of one type share.

use super::read;
use crate::{
    agent::config::{Address, Factory, Function, ModbusLimits, Point, Points, Protocol, Station, ValueType, WordOrder},
    model::Scale,
    runtime::{lang::Text, settings::Section},
};
use rust_decimal::Decimal;
use std::borrow::Cow;

#[derive(Clone, Debug)]
pub struct Model {
    /// Its file without the ending: by this the configuration names it.
    pub id: String,
    /// What messages call the file.
    pub file: String,
    /// It comes with the program.
    pub shipped: bool,
    pub make: String,
    pub model: String,
    /// Others with this very map.
    pub names: Vec<String>,
    pub measures: Measures,
    pub protocol: Protocol,
    pub confidence: Confidence,
    /// Points with a ratio are multiplied by ct and pt of the configuration.
    pub secondary: bool,
    pub note: Option<Text>,
    pub sources: Vec<Source>,
    pub factory: FactorySettings,
    pub identity: Option<Identity>,
    pub limits: ModbusLimits,
    /// Where the meter keeps its ratios.
    pub ratios: Vec<RatioRegister>,
    /// In the order of the file; the series of each is its place. Scales are those of ct = pt = 1.
    pub points: Points,
    pub templates: Vec<Template>,
    pub frames: Vec<Frame>,
    pub disagreements: Vec<Disagreement>,
    pub(super) text: Cow<'static, str>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Measures {
    Electricity,
    Water,
    Heat,
    Gas,
    Flow,
    Other,
}

/// How well the map is founded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
pub enum Confidence {
    #[serde(rename = "captured")]
    Captured,
    #[serde(rename = "two sources")]
    TwoSources,
    #[serde(rename = "one source")]
    OneSource,
}

#[derive(Clone, Debug, PartialEq, serde::Serialize)]
pub struct Source {
    pub title: String,
    #[serde(rename = "where")]
    pub location: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub says: Option<String>,
}

/// As it leaves the factory, where that is known.
#[derive(Clone, Copy, Debug, PartialEq, Default)]
pub struct FactorySettings {
    pub line: LineSettings,
    pub unit_id: Option<u8>,
}

#[derive(Clone, Copy, Debug, PartialEq, Default)]
pub struct LineSettings {
    pub baud: Option<u32>,
    pub format: Option<(crate::agent::config::Parity, u8)>,
}

/// A read that gives one of the values of this model.
#[derive(Clone, Debug, PartialEq)]
pub struct Identity {
    pub function: Function,
    pub register: u16,
    pub value_type: ValueType,
    pub word_order: WordOrder,
    pub values: Vec<Decimal>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct RatioRegister {
    /// Of the current transformers; otherwise of the voltage transformers.
    pub ct: bool,
    pub function: Function,
    pub register: u16,
    pub value_type: ValueType,
    pub word_order: WordOrder,
    pub scale: Scale,
}

/// What a point is, beside where it lies.
#[derive(Clone, Debug, PartialEq)]
pub struct Template {
    pub point: Point,
    pub ratio: Ratio,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ratio {
    None,
    Ct,
    Pt,
    CtPt,
}

impl Ratio {
    pub const WORDS: [(&'static str, Ratio); 4] =
        [("none", Ratio::None), ("ct", Ratio::Ct), ("pt", Ratio::Pt), ("ct*pt", Ratio::CtPt)];

    /// Whether it has ct in it, and pt.
    pub fn parts(self) -> (bool, bool) {
        (matches!(self, Ratio::Ct | Ratio::CtPt), matches!(self, Ratio::Pt | Ratio::CtPt))
    }
}

/// A request, its reply, and what the points are then, with ct = pt = 1.
#[derive(Clone, Debug, PartialEq)]
pub struct Frame {
    pub of: Vec<String>,
    pub request: Vec<u8>,
    pub reply: Vec<u8>,
    pub origin: String,
    pub expect: Vec<(String, Decimal)>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Disagreement {
    pub points: Vec<String>,
    pub text: Text,
}

impl Model {
    /// The points' tables, for a meter that writes its own over them.
    pub(in crate::agent) fn with_points(&self, take: impl FnOnce(&[Section])) {
        // the file was checked when it was loaded
        let _checked = read::points(&self.text, &self.file, take);
    }

    /// Whether a point must be multiplied by the current transformers' ratio, or by the voltage transformers'.
    pub fn needs(&self, ct: bool) -> bool {
        self.templates.iter().any(|template| {
            let (by_ct, by_pt) = template.ratio.parts();
            if ct { by_ct } else { by_pt }
        })
    }

    /// How its line is set, as it leaves the factory or by its protocol.
    pub fn line(&self) -> Factory {
        let usual = self.protocol.factory();
        let LineSettings { baud, format } = self.factory.line;
        let (parity, stop_bits) = format.unwrap_or((usual.parity, usual.stop_bits));
        Factory { baud: baud.unwrap_or(usual.baud), parity, stop_bits }
    }

    /// The type of meter that CJ/T 188 puts into each frame.
    pub fn cjt188_kind(&self) -> Option<u8> {
        match self.measures {
            Measures::Water => Some(0x10),
            Measures::Heat => Some(0x20),
            Measures::Gas => Some(0x30),
            Measures::Electricity | Measures::Flow | Measures::Other => None,
        }
    }

    /// A meter of this model with all its points, whose series are their places, as the configuration would have it.
    /// `None` where the scales with ct and pt leave 12 digits.
    pub fn station(&self, address: Address, ct: Scale, pt: Scale) -> Option<(Station, Vec<Point>)> {
        let of = |template: &Template| {
            let (by_ct, by_pt) = template.ratio.parts();
            let factor = if by_ct { ct } else { Scale::ONE };
            let factor = factor.times(if by_pt { pt } else { Scale::ONE }).ok()?;
            let mut point = template.point.clone();
            point.series.scale = point.series.scale.times(factor).ok()?;
            Some(point)
        };
        let points: Option<Vec<Point>> = self.templates.iter().map(of).collect();
        Some((address.station(self.limits.clone(), self.points.clone()), points?))
    }
}

impl Measures {
    pub const WORDS: [(&'static str, Measures); 6] = [
        ("electricity", Measures::Electricity),
        ("water", Measures::Water),
        ("heat", Measures::Heat),
        ("gas", Measures::Gas),
        ("flow", Measures::Flow),
        ("other", Measures::Other),
    ];

    pub fn text(self) -> Text {
        match self {
            Measures::Electricity => Text::new("电", "electricity"),
            Measures::Water => Text::new("水", "water"),
            Measures::Heat => Text::new("热", "heat"),
            Measures::Gas => Text::new("气", "gas"),
            Measures::Flow => Text::new("流量", "flow"),
            Measures::Other => Text::new("其他", "other"),
        }
    }
}

impl Confidence {
    pub const WORDS: [(&'static str, Confidence); 3] = [
        ("captured", Confidence::Captured),
        ("two sources", Confidence::TwoSources),
        ("one source", Confidence::OneSource),
    ];

    pub fn text(self) -> Text {
        match self {
            Confidence::Captured => Text::new("实采报文", "captured"),
            Confidence::TwoSources => Text::new("两个来源", "two sources"),
            Confidence::OneSource => Text::new("一个来源", "one source"),
        }
    }
}

//! Sparkplug edge nodes and devices, and which of their metrics are points.

use super::{
    SparkplugPoint, SparkplugSource,
    file::Listed,
    key::{DEVICE, GROUP, METER, METRIC, NODE, SPARKPLUG_POINT_SHAPE, SPARKPLUG_POINTS},
    point::Given,
    word,
};
use crate::runtime::{problem::Found, settings::Section};
use std::collections::HashSet;

/// Several of them may speak for one meter of their broker; `meters` are those that its other tables have named.
pub(super) fn source<'d>(section: &Section<'d>, meters: &mut HashSet<&'d str>, listed: &mut Listed) -> SparkplugSource {
    let text = |found: Option<Found<&str>>| found.map_or(String::new(), |found| found.value.to_owned());
    let meter = section.parse(&METER, word::name);
    if let Some(name) = meter.as_ref().filter(|name| meters.insert(name.value)) {
        listed.meters.claim(section.doc, name);
    }
    let meter = text(meter);
    let points = section.tables(&SPARKPLUG_POINTS, &SPARKPLUG_POINT_SHAPE);
    SparkplugSource {
        group: text(section.parse(&GROUP, word::sparkplug_id)),
        node: text(section.parse(&NODE, word::sparkplug_id)),
        device: section.parse(&DEVICE, word::sparkplug_id).map(|device| device.value.to_owned()),
        points: points
            .iter()
            .map(|section| SparkplugPoint {
                metric: text(section.parse(&METRIC, word::metric)),
                series: listed.point(section, meter.as_str(), Some(Given::Real)),
            })
            .collect(),
        meter,
    }
}

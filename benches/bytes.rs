//! Bytes per sample, time stamps and quality included: our records against what others send.

#![allow(clippy::unwrap_used, clippy::disallowed_methods)] // a benchmark that fails must stop, and it measures time

mod support;

use mujun::{
    agent::{config::Point, meaning::Meaning},
    model::Scan,
};
use opentelemetry_proto::tonic::{
    collector::metrics::v1::ExportMetricsServiceRequest,
    common::v1::{AnyValue, InstrumentationScope, KeyValue, any_value},
    metrics::v1::{
        AggregationTemporality, Gauge, Metric, NumberDataPoint, ResourceMetrics, ScopeMetrics, Sum, metric,
        number_data_point,
    },
    resource::v1::Resource,
};
use prost::Message;
use std::{fmt::Write as _, io::Write as _};

fn main() {
    let seconds = support::sized(3_600, 60) as usize;
    println!("## Bytes per sample\n");
    println!(
        "Time stamps and quality included; everything a gateway sends for its samples: also the closed minute and quarter-hour intervals. On disk: value and key in the spool, before sled's pages. On the wire: record in its batch, before HTTP/2.\n"
    );
    println!(
        "| data, commit | record body | on disk | on the wire | goal | JSON over MQTT, gzip | OTLP, gzip | Influx line, gzip |"
    );
    println!("|---|---|---|---|---|---|---|---|");
    let mut device = support::device::Device::new(7);
    let scans: Vec<Scan> = (0..seconds).map(|_| device.poll()).collect();
    for (window, goal) in [(2, Some(1.6)), (10, Some(0.8)), (60, None)] {
        row(&format!("40 registers, 1 s; {window} s"), &support::device::points(), &scans, window, goal);
    }
    match support::steel::scans(support::sized(40_000, 100) as usize) {
        Ok(scans) => {
            for (window, what, goal) in
                [(1, "a row a commit", None), (2, "2 rows", Some(1.6)), (10, "10 rows", Some(0.8))]
            {
                row(&format!("steel 2018, 6 registers; {what}"), &support::steel::points(), &scans, window, goal);
            }
        }
        Err(reason) => println!("| steel 2018 | skipped: {reason} | | | | | | |"),
    }
    println!("\n{}", HOW.trim());
}

const HOW: &str = "
How the others were encoded, one message for the same commit window, gzip at its default level 6, each message by itself:

- JSON over MQTT: an array of `{\"t\":ms,\"d\":\"meter\",\"v\":{\"name\":value,…}}`, one entry a scan, values in their unit with their
  digits; quality only where it is not good; the PUBLISH packet's header and topic added behind gzip.
- OTLP: `ExportMetricsServiceRequest` (opentelemetry-proto), one metric a register with name and unit, a data point a sample with its
  time and a double; a cumulative sum for what counts up; gzip as its exporters use it. gRPC's framing is not counted.
- Influx line protocol: a line a scan, meter as tag, all registers as fields, time in milliseconds. HTTP's header is not counted.

A steel row has six samples of one instant, so that frame and time stamp weigh as much as the values. The 40-register device is
synthetic: a three-phase meter on an 80 kW load whose every electric value carries noise (`benches/support/device.rs`).
";

fn row(name: &str, points: &[Point], scans: &[Scan], window: usize, goal: Option<f64>) {
    let samples: usize = scans.iter().map(|scan| scan.found.len()).sum();
    let per_sample = |bytes: usize| bytes as f64 / samples as f64;
    let mut meaning = Meaning::new(points.to_vec());
    let [mut body, mut disk, mut wire, mut json, mut otlp, mut influx] = [0_usize; 6];
    for commit in scans.chunks(window) {
        commit.iter().for_each(|scan| meaning.take(scan.clone()));
        for record in support::spool::close(&mut meaning) {
            body += record.body.len();
            disk += record.body.len() + 14;
            let message = mujun::wire::proto::Record::from(record);
            wire += message.encoded_len() + prost::length_delimiter_len(message.encoded_len()) + 1;
        }
        json += mqtt_packet(gzip(to_json(points, commit).as_bytes()).len());
        otlp += gzip(&to_otlp(points, commit).encode_to_vec()).len();
        influx += gzip(to_influx(points, commit).as_bytes()).len();
    }
    let goal = goal.map_or(String::new(), |goal| format!("≤ {goal}: {}", support::verdict(per_sample(wire) <= goal)));
    println!(
        "| {name} | {:.2} | {:.2} | **{:.2}** | {goal} | {:.2} | {:.2} | {:.2} |",
        per_sample(body),
        per_sample(disk),
        per_sample(wire),
        per_sample(json),
        per_sample(otlp),
        per_sample(influx),
    );
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// Fixed header, topic `factory/gw-17/data` and packet id of a PUBLISH with QoS 1.
fn mqtt_packet(payload: usize) -> usize {
    1 + prost::length_delimiter_len(payload) + 2 + "factory/gw-17/data".len() + 2 + payload
}

/// The value in its unit, with the digits it has.
fn value(point: &Point, raw: mujun::model::RawValue) -> rust_decimal::Decimal {
    match raw {
        mujun::model::RawValue::Int(count) => point.series.scale.per_count() * rust_decimal::Decimal::from(count),
        mujun::model::RawValue::Decimal(decimal) => decimal,
        other => unreachable!("no {other:?} in these data"),
    }
}

fn values<'a>(points: &'a [Point], scan: &'a Scan) -> impl Iterator<Item = (&'a Point, rust_decimal::Decimal)> {
    scan.found.iter().map(|(series, found)| {
        let point = &points[*series as usize];
        (point, value(point, found.unwrap()))
    })
}

fn to_json(points: &[Point], scans: &[Scan]) -> String {
    let scans = scans.iter().map(|scan| {
        let values: Vec<_> =
            values(points, scan).map(|(point, value)| format!("\"{}\":{value}", point.series.point)).collect();
        format!("{{\"t\":{},\"d\":\"{}\",\"v\":{{{}}}}}", scan.time.0, points[0].series.meter, values.join(","))
    });
    format!("[{}]", scans.collect::<Vec<_>>().join(","))
}

fn to_influx(points: &[Point], scans: &[Scan]) -> String {
    let mut lines = String::new();
    for scan in scans {
        let fields: Vec<_> =
            values(points, scan).map(|(point, value)| format!("{}={value}", point.series.point)).collect();
        writeln!(lines, "m,meter={} {} {}", points[0].series.meter, fields.join(","), scan.time.0).unwrap();
    }
    lines
}

fn to_otlp(points: &[Point], scans: &[Scan]) -> ExportMetricsServiceRequest {
    let text = |key: &str, value: &str| KeyValue {
        key: key.into(),
        value: Some(AnyValue { value: Some(any_value::Value::StringValue(value.into())) }),
        ..Default::default()
    };
    let metrics = (0..).zip(points).map(|(series, point)| {
        let data_points = scans
            .iter()
            .filter_map(|scan| scan.found.iter().find(|(found, _)| *found == series).map(|(_, raw)| (scan, raw)))
            .map(|(scan, raw)| NumberDataPoint {
                time_unix_nano: scan.time.0.unsigned_abs() * 1_000_000,
                value: Some(number_data_point::Value::AsDouble(value(point, raw.unwrap()).try_into().unwrap())),
                ..Default::default()
            })
            .collect();
        let data = if point.series.kind == mujun::model::PointKind::Cumulative {
            let aggregation_temporality = AggregationTemporality::Cumulative.into();
            metric::Data::Sum(Sum { data_points, aggregation_temporality, is_monotonic: true })
        } else {
            metric::Data::Gauge(Gauge { data_points })
        };
        let (name, unit) = (point.series.point.clone(), point.series.unit.clone());
        Metric { name, unit, data: Some(data), ..Default::default() }
    });
    ExportMetricsServiceRequest {
        resource_metrics: vec![ResourceMetrics {
            resource: Some(Resource {
                attributes: vec![text("gateway", "gw-17"), text("meter", &points[0].series.meter)],
                ..Default::default()
            }),
            scope_metrics: vec![ScopeMetrics {
                scope: Some(InstrumentationScope { name: "meters".into(), ..Default::default() }),
                metrics: metrics.collect(),
                ..Default::default()
            }],
            ..Default::default()
        }],
    }
}

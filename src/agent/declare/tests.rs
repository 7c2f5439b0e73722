//! What may be declared, what is refused in which words, and what a file survives.

use super::*;
use crate::{
    agent::config::{Config, parse},
    model::{Register, Replaced, UtcMillis},
    runtime::lang::Lang,
};

const NOW: UtcMillis = UtcMillis(1_795_478_400_000);

fn config() -> Config {
    parse(TEXT, "agent.toml").unwrap()
}

const TEXT: &str = r#"
[agent]
gateway_id = "gw-1"
[[bus]]
name = "line"
address = "127.0.0.1:502"
[[bus.meter]]
name = "main"
unit_id = 1
[[bus.meter.point]]
name = "energy"
register = 0
type = "u32"
word_order = "ABCD"
kind = "cumulative"
scale = "0.4"
unit = "kWh"
digits = 6
[[bus.meter.point]]
name = "exported"
register = 2
type = "u32"
word_order = "ABCD"
kind = "cumulative"
unit = "kWh"
[[bus.meter.point]]
name = "power"
register = 4
type = "u16"
unit = "kW"
"#;

fn asked() -> Asked {
    Asked {
        meter: "main".into(),
        finals: vec!["energy=1234.8".into()],
        initials: vec!["energy=0".into()],
        serial_old: "A1".into(),
        serial_new: "B2".into(),
        by: "李工".into(),
        note: "display dead".into(),
        at: None,
    }
}

fn event() -> Event {
    replacement(&config(), &asked(), [3; 16], NOW).unwrap()
}

fn refused(asked: &Asked) -> String {
    replacement(&config(), asked, [3; 16], NOW).unwrap_err().render(Lang::En)
}

#[test]
fn readings_become_counts_exactly_and_what_was_not_read_is_unknown() {
    let EventKind::Replaced(Replaced { registers, .. }) = event().what else { panic!() };
    let register =
        |point: &str, final_count, initial_count| Register { point: point.into(), final_count, initial_count };
    assert_eq!(registers, [register("energy", Some(3_087), Some(0)), register("exported", None, None)]);
}

#[test]
fn the_time_is_now_or_what_was_said_in_china_or_with_a_zone() {
    assert_eq!(event().time, NOW);
    let at = |text: &str| replacement(&config(), &Asked { at: Some(text.into()), ..asked() }, [3; 16], NOW);
    let half_past = UtcMillis(NOW.0 - 90 * 60_000);
    for text in ["2026-11-24T06:30", "2026-11-24 06:30:00", "2026-11-23T22:30Z", "2026-11-24T06:30+08:00"] {
        assert_eq!(at(text).unwrap().time, half_past, "{text}");
    }
    for text in ["2026-11-24T08:06", "yesterday", "1999-12-31T23:59Z"] {
        assert!(at(text).unwrap_err().render(Lang::En).starts_with("--at: found"), "{text}");
    }
}

#[test]
fn what_is_wrong_is_said_with_its_argument_and_a_remedy() {
    let with = |change: fn(&mut Asked)| {
        let mut asked = asked();
        change(&mut asked);
        refused(&asked)
    };
    let all = [
        with(|asked| asked.meter = "mian".into()),
        with(|asked| asked.finals = vec!["enrgy=5".into()]),
        with(|asked| asked.finals = vec!["power=5".into()]),
        with(|asked| asked.finals = vec!["energy=1234.7".into()]),
        with(|asked| asked.finals = vec!["energy=-1".into()]),
        with(|asked| asked.finals = vec!["energy=400000".into()]),
        with(|asked| asked.finals = vec!["energy".into()]),
        with(|asked| asked.finals = vec!["energy=4".into(), "energy=8".into()]),
        with(|asked| asked.note = "n".repeat(257)),
        with(|asked| asked.by = String::new()),
    ];
    let lines: Vec<&str> =
        all.iter().flat_map(|text| text.lines()).map(str::trim).filter(|line| !line.is_empty()).collect();
    let expected = [
        "METER: no meter \"mian\"; expected the name of a meter of the configuration",
        "fix: did you mean \"main\"?",
        "--final enrgy=5: no cumulative point \"enrgy\"; expected a cumulative point of the meter",
        "fix: did you mean \"energy\"?",
        "--final energy=1234.7: found 1234.7 kWh; expected a multiple of 0.4 kWh, which is one count",
        "--final energy=-1: found \"-1\"; expected a decimal of 0 or more",
        "--final energy=400000: found 400000; expected less than 400000 kWh, where the register starts again",
        "--final energy: found \"energy\"; expected POINT=VALUE",
        "--final energy=8: \"energy\" a second time; expected each point once",
    ];
    for line in expected {
        assert!(lines.contains(&line), "{line}\n{lines:#?}");
    }
    for (text, start) in
        [(&all[2], "--final power=5: no cumulative"), (&all[8], "--note: found"), (&all[9], "--by: found")]
    {
        assert!(text.starts_with(start), "{text}");
    }
    let mut several = asked();
    (several.by, several.finals) = (String::new(), vec!["energy=x".into()]);
    assert_eq!(refused(&several).matches("fix: ").count(), 2);
}

#[test]
fn no_register_is_left_out_of_what_is_declared() {
    let with = |points: usize| {
        let point = |n: usize| {
            let register = 10 + 2 * n;
            format!(
                "[[bus.meter.point]]\nname = \"p{n}\"\nregister = {register}\ntype = \"u32\"\nword_order = \"ABCD\"\nkind = \"cumulative\"\nunit = \"kWh\"\n"
            )
        };
        let text = format!("{TEXT}{}", (0..points - 2).map(point).collect::<String>());
        replacement(&parse(&text, "agent.toml").unwrap(), &asked(), [3; 16], NOW)
    };
    let EventKind::Replaced(Replaced { registers, .. }) = with(64).unwrap().what else { panic!() };
    assert_eq!(registers.len(), 64);
    let refused = with(65).unwrap_err();
    assert!(refused.render(Lang::En).contains("\"main\" has 65 cumulative points"), "{}", refused.render(Lang::En));
    assert!(refused.render(Lang::Zh).contains("有 65 个累计量"), "{}", refused.render(Lang::Zh));
}

#[test]
fn a_declaration_is_found_until_it_is_committed() {
    let folder = tempfile::tempdir().unwrap();
    declare(folder.path(), &event()).unwrap();
    let again = || Declared::open(folder.path()).look();
    assert_eq!((again(), again()), (vec![event()], vec![event()]), "a kill before the commit loses nothing");
    let mut declared = Declared::open(folder.path());
    assert_eq!(declared.look(), [event()]);
    declared.committed();
    assert!(declared.look().is_empty() && again().is_empty());
}

#[test]
fn what_can_not_be_read_is_set_aside() {
    let folder = tempfile::tempdir().unwrap();
    let path = declare(folder.path(), &event()).unwrap();
    let whole = std::fs::read(&path).unwrap();
    let tag = Event {
        what: EventKind::Tag(crate::model::Tag { meter: "m".into(), name: "order".into(), value: "1".into() }),
        ..event()
    };
    let foreign = declare(folder.path(), &Event { event_id: [4; 16], ..tag }).unwrap();
    std::fs::write(&path, &whole[..whole.len() - 1]).unwrap();
    std::fs::write(path.with_file_name("huge.event"), vec![0; 100_000]).unwrap();
    std::fs::write(path.with_file_name("empty.event"), b"").unwrap();
    std::fs::write(path.with_file_name("unfinished.tmp"), whole).unwrap();
    assert!(Declared::open(folder.path()).look().is_empty());
    for path in [&path, &foreign, &path.with_file_name("huge.event"), &path.with_file_name("empty.event")] {
        assert!(!path.exists() && path.with_extension("unreadable").exists(), "{}", path.display());
    }
    assert!(path.with_file_name("unfinished.tmp").exists());
}

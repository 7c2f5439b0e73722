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

mod by_hand {
    use super::*;
    use crate::model::{Entered, Proof};
    use std::fs;

    const MANUAL: &str = r#"
[agent]
gateway_id = "gw-1"
[[manual]]
name = "coal-yard"
[[manual.point]]
name = "delivered"
kind = "delivery"
resolution = "0.01"
unit = "t"
carrier = "raw_coal"
[[manual]]
name = "water"
[[manual.point]]
name = "volume"
resolution = "1"
unit = "m3"
digits = 5
"#;

    fn coal(value: &str) -> Written {
        Written {
            meter: "coal-yard".into(),
            point: "delivered".into(),
            value: value.into(),
            by: "张三".into(),
            evidence: "过磅单 003".into(),
            file: None,
            at: Some("2026-11-20T08:30".into()),
        }
    }

    fn water(value: &str) -> Written {
        Written { meter: "water".into(), point: "volume".into(), ..coal(value) }
    }

    fn event(written: &Written) -> Result<Event, String> {
        let config = parse(MANUAL, "agent.toml").unwrap();
        entry(&config.points, &config.manual, written, [7; 16], NOW).map_err(|problems| problems.render(Lang::En))
    }

    #[test]
    fn a_delivery_and_a_reading_become_counts_with_who_when_and_what_proves_it() {
        let file = Some(Proof { name: "slip.jpg".into(), sha256: [3; 32] });
        let event = event(&Written { file: file.clone(), ..coal("32.5") }).unwrap();
        assert_eq!(event.time.to_string(), "2026-11-20T08:30:00+08:00");
        let expected = Entered {
            meter: "coal-yard".into(),
            point: "delivered".into(),
            count: 3250,
            delivery: true,
            by: "张三".into(),
            evidence: "过磅单 003".into(),
            file,
            entered: NOW,
        };
        assert_eq!(event.what, EventKind::Entered(expected));
    }

    #[test]
    fn what_is_wrong_is_named_with_a_remedy() {
        let refused = |written: Written| event(&written).unwrap_err();
        let typo = refused(Written { meter: "coal-yrad".into(), ..coal("1") });
        assert!(typo.contains("no meter \"coal-yrad\"") && typo.contains("coal-yard"), "{typo}");
        assert!(refused(Written { point: "volume".into(), ..coal("1") }).contains("its points: delivered"));
        assert!(refused(coal("32.505")).contains("a multiple of 0.01 t"));
        assert!(refused(coal("0")).contains("above 0"));
        assert!(refused(water("100000")).contains("less than 100000 m3"));
        let many =
            refused(Written { by: String::new(), evidence: " x".into(), at: Some("tomorrow".into()), ..coal("a lot") });
        for part in ["VALUE", "--by", "--evidence", "--at"] {
            assert!(many.contains(part), "{part}: {many}");
        }
    }

    fn times(dir: &Path) -> Vec<(i64, i64)> {
        let events = Declared::open(dir).look();
        let of = |event: &Event| match &event.what {
            EventKind::Entered(entered) => (event.time.0, entered.count),
            other => panic!("{other:?}"),
        };
        events.iter().map(of).collect()
    }

    #[test]
    fn trucks_of_one_minute_stand_apart_and_a_reading_may_be_repeated_but_not_contradicted() {
        let dir = tempfile::tempdir().unwrap();
        let at = event(&coal("1")).unwrap().time.0;
        for (number, value) in ["30", "31", "32"].into_iter().enumerate() {
            let one = Event { event_id: [number as u8; 16], ..event(&coal(value)).unwrap() };
            enter(dir.path(), one).unwrap();
        }
        assert_eq!(times(dir.path()), [(at, 3000), (at + 2, 3100), (at + 4, 3200)]);

        let dir = tempfile::tempdir().unwrap();
        enter(dir.path(), event(&water("12")).unwrap()).unwrap();
        enter(dir.path(), Event { event_id: [8; 16], ..event(&water("12")).unwrap() }).unwrap();
        let refused = enter(dir.path(), event(&water("13")).unwrap()).unwrap_err();
        assert!(matches!(refused, Refused::Contradicts(12)), "{refused:?}");
        assert!(refused.text(dir.path()).zh.contains("已登记过另一读数"));
        assert_eq!(times(dir.path()).len(), 2);
        let book = fs::read_to_string(dir.path().join("declared/entered.jsonl")).unwrap();
        assert_eq!(book.lines().count(), 2, "{book}");
        assert!(book.contains("过磅单 003") && book.contains(r#""by":"张三""#), "{book}");
    }

    #[test]
    fn a_file_is_known_by_its_hash() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("slip.txt");
        fs::write(&path, "abc").unwrap();
        let proof = file(&path).unwrap();
        let sha256 = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!((proof.name.as_str(), crate::wire::hex(&proof.sha256).as_str()), ("slip.txt", sha256));
        assert!(file(&dir.path().join("none")).unwrap_err().render(Lang::Zh).contains("核对路径与权限"));
    }
}

//! The page "Twenty meters on one line": its commands, as they stand there, against twenty slaves of pymodbus on a pair of
//! pseudo terminals, one of them dead.

use super::{
    lines::cable,
    process::{Running, first_line, free_port, python},
};
use serde_json::Value;
use std::{
    fs,
    path::Path,
    process::{Command, Stdio},
    time::{Duration, Instant},
};

const PATIENCE: Duration = Duration::from_secs(60);

/// The ```sh blocks of a page.
fn blocks(page: &str) -> Vec<String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs").join(page);
    let text = fs::read_to_string(path).unwrap();
    text.split("```sh\n").skip(1).map(|rest| rest.split("```").next().unwrap().to_owned()).collect()
}

struct Ladder {
    dir: tempfile::TempDir,
    console: u16,
}

impl Ladder {
    /// As an installer's shell would run it; only the port's name and the console's port are ours.
    fn shell(&self, block: &str) -> Command {
        // the configuration takes a port below /dev
        let port = fs::canonicalize(self.dir.path().join("agent")).unwrap();
        let block =
            block.replace("/dev/ttyUSB0", port.to_str().unwrap()).replace(":7680", &format!(":{}", self.console));
        let bin = Path::new(env!("CARGO_BIN_EXE_mujun-agent")).parent().unwrap();
        let path = format!("{}:{}", bin.display(), std::env::var("PATH").unwrap());
        let mut command = Command::new("sh");
        command
            .args(["-c", &block])
            .current_dir(self.dir.path())
            .env("PATH", path)
            .env("LANG", "C")
            .env_remove("LC_ALL");
        command
    }

    fn run(&self, block: &str) -> (i32, String) {
        let output = self.shell(block).output().unwrap();
        let said = [output.stdout, output.stderr].concat();
        (output.status.code().unwrap(), String::from_utf8(said).unwrap())
    }

    fn points(&self) -> Option<Value> {
        let url = format!("http://127.0.0.1:{}/api/v1/points", self.console);
        ureq::get(url).call().ok()?.body_mut().read_json().ok()
    }
}

#[test]
fn both_languages_have_the_same_commands() {
    let (english, chinese) = (blocks("twenty-meters.md"), blocks("twenty-meters.zh-CN.md"));
    assert_eq!(english, chinese);
    assert_eq!(english.len(), 9);
}

#[test]
fn the_page_from_the_ladder_to_the_running_agent() {
    let ladder = Ladder { dir: tempfile::tempdir().unwrap(), console: free_port() };
    let _cable = cable(ladder.dir.path());
    let meter_end = ladder.dir.path().join("meter");
    let mut slaves = Running(python("twenty_meters.py").arg(meter_end).stdout(Stdio::piped()).spawn().unwrap());
    assert_eq!(first_line(&mut slaves), "ready\n");
    let blocks = blocks("twenty-meters.md");
    let [scan, known, read, unknown, plan, doctor, replay, one, run] = blocks.as_slice() else { panic!("{blocks:?}") };

    let (status, said) = ladder.run(scan);
    assert_eq!(status, 0, "{said}");
    let meters = said.lines().filter(|line| line.starts_with("9600 8N1  modbus")).count();
    assert_eq!((meters, said.matches("jsy-mk-333").count()), (19, 10), "{said}");

    let (status, said) = ladder.run(known);
    assert_eq!(status, 0, "{said}");

    let (status, said) = ladder.run(read);
    assert_eq!(status, 0, "{said}");
    let found = said.split("[[bus.meter.point]]\n").nth(1).unwrap();
    assert_eq!(found.trim(), "function = 3\nregister = 30\ntype = \"u32\"\nword_order = \"CDAB\"\nscale = \"0.01\"");
    assert!(unknown.contains(found.trim()), "the page has what the tool says");

    assert_eq!(ladder.run(unknown), (0, String::new()));
    let (status, said) = ladder.run(plan);
    assert_eq!(status, 0, "{said}");
    assert!(said.contains("warning: line-1: needs") && said.contains("meter-20 (modbus 20): every 5 s"), "{said}");

    let (status, said) = ladder.run(doctor);
    assert_eq!(status, 1, "{said}");
    let suspected: Vec<_> = said.lines().filter(|line| line.starts_with('●')).collect();
    assert_eq!(suspected, ["● meter-20: this meter does not answer, others on the line do"], "{said}");

    let (status, said) = ladder.run(replay);
    assert!(status == 1 && said.contains("no reply") && said.contains("20: 3 @0x001e x2"), "{said}");
    assert!(!said.contains("wrong checksum ") && said.contains(" 0 with a wrong checksum"), "{said}");

    let (status, said) = ladder.run(one);
    assert!(status == 0 && said.contains("12345.67") && said.contains("kWh"), "{said}");

    let agent =
        Running(ladder.shell(&format!("exec {run}")).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap());
    let end = Instant::now() + PATIENCE;
    loop {
        let points = ladder.points();
        let of = |meter: &str| {
            let points = points.as_ref()?.as_array()?;
            let point = points.iter().find(|point| point["meter"] == meter && point["point"] == "energy_import")?;
            Some((point["value"].as_str().map(str::to_owned), point["quality"].clone()))
        };
        let read = |unit: u32| {
            let (name, value) = match unit {
                1..=10 => (format!("meter-1-{unit}"), 12345.67 + 10.0 * f64::from(unit)),
                _ => (format!("meter-{unit}"), 12345.67 + 10.0 * f64::from(unit - 11)),
            };
            let shown = of(&name).and_then(|(value, _)| value?.parse::<f64>().ok());
            shown.is_some_and(|shown| (shown - value).abs() < 1e-6)
        };
        if (1..=19).all(read) {
            let dead = of("meter-20");
            assert!(dead.is_none_or(|(value, _)| value.is_none()), "the dead meter has a value");
            break;
        }
        assert!(Instant::now() < end, "{points:?}");
        std::thread::sleep(Duration::from_millis(200));
    }
    // its port is the agent's now
    let (status, said) = ladder.run(&format!("{} --config agent.toml", scan.trim()));
    assert!(status == 64 && said.contains("belongs to the running mujun-agent (bus line-1)"), "{status} {said}");
    assert!(agent.interrupt().success());
}

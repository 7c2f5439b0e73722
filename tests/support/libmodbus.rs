//! libmodbus as the peer: its servers, its slave and its client, compiled here, as processes.

#![allow(dead_code, clippy::unwrap_used)] // each user its part; a test that can not start its peer may panic

use std::{
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

/// An RTU slave on a serial port, 9600 8N1; it ends with its owner. Holding register n holds 1000 unit + n.
pub struct Slave(Child);

impl Drop for Slave {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

pub fn slave(port: &Path, unit: u8) -> Slave {
    let program = compiled("tests/support/modbus_slave.c");
    let mut process = Command::new(program).arg(port).arg(unit.to_string()).stdout(Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(process.stdout.take().unwrap()).read_line(&mut line).unwrap();
    assert_eq!(line, "ready\n");
    Slave(process)
}

/// Ends with its owner.
pub struct Servers {
    process: Child,
    pub ports: Vec<u16>,
}

impl Drop for Servers {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// So many Modbus TCP servers; register n holds (31 n + 7) mod 65536.
pub fn servers(count: usize) -> Servers {
    let program = compiled("tests/support/modbus_server.c");
    let mut process = Command::new(program).arg(count.to_string()).stdout(Stdio::piped()).spawn().unwrap();
    let lines = BufReader::new(process.stdout.take().unwrap()).lines();
    let ports: Vec<u16> =
        lines.map(Result::unwrap).take_while(|line| !line.is_empty()).map(|line| line.parse().unwrap()).collect();
    assert_eq!(ports.len(), count);
    Servers { process, ports }
}

/// Requests a second of a bare C loop that reads so many registers.
pub fn bare_loop(port: u16, registers: u16, seconds: u64) -> f64 {
    let program = compiled("benches/support/modbus_loop.c");
    let arguments = [u64::from(port), u64::from(registers), seconds].map(|number| number.to_string());
    let output = Command::new(program).args(arguments).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().trim().parse().unwrap()
}

fn compiled(source: &str) -> PathBuf {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join(source);
    let name = source.file_stem().unwrap().to_str().unwrap();
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
    // tests that run beside each other each compile their own, and the last one stays
    let made = tempfile::Builder::new().prefix(name).tempfile_in(folder).unwrap().into_temp_path();
    let script = "cc -O2 -Wall -Wextra \"$1\" -o \"$2\" $(pkg-config --cflags --libs libmodbus)";
    let status = Command::new("sh").args(["-c", script, "sh"]).arg(&source).arg(&made).status().unwrap();
    assert!(status.success(), "{} needs a C compiler, pkg-config and Debian's libmodbus-dev", source.display());
    let program = folder.join(name);
    made.persist(&program).unwrap();
    program
}

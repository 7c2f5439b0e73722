//! Logs to standard error, one line an event. `MUJUN_LOG` takes the usual filter, such as `mujun=debug`.

use tracing_subscriber::EnvFilter;

/// Called once, first thing in each binary.
pub fn init() {
    // the demo's broker calls it an error when a client is killed, which is what the demo does
    let usual = || EnvFilter::new("warn,mujun=info,rumqttd=off");
    let filter = EnvFilter::try_from_env("MUJUN_LOG").unwrap_or_else(|_| usual());
    let ansi = std::io::IsTerminal::is_terminal(&std::io::stderr());
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).with_ansi(ansi).init();
}

//! The `[console]` table: where the gateway shows what it measures. Without the table it shows it nowhere.

use crate::runtime::settings::{self, Key, Section, Shape, key};
use std::net::SocketAddr;

pub(super) static CONSOLE: Key = key("console", "一个 [console] 表", "one table [console]", "[console]");
static LISTEN: Key =
    key("listen", "IP 地址:端口", "an IP address and a port", r#"listen = "127.0.0.1:7680""#).required();
static ALLOW_REMOTE: Key = key("allow_remote", "true 或 false", "true or false", "allow_remote = false");
pub(super) static CONSOLE_SHAPE: Shape = Shape { header: "[console]", keys: &[&LISTEN, &ALLOW_REMOTE] };

pub(super) fn listen(root: &Section) -> Option<SocketAddr> {
    let section = root.table(&CONSOLE, &CONSOLE_SHAPE)?;
    settings::listen(&section, &LISTEN, &ALLOW_REMOTE).map(|listen| listen.value)
}

#[cfg(test)]
mod tests {
    use crate::agent::config::parse;

    const REST: &str = "[agent]\ngateway_id = \"gw-1\"\n[[bus]]\nname = \"line\"\naddress = \"127.0.0.1:502\"\n\
        [[bus.meter]]\nname = \"main\"\nunit_id = 1\n\
        [[bus.meter.point]]\nname = \"power\"\nregister = 7\ntype = \"i16\"\n";

    fn listens(console: &str) -> Result<Option<String>, String> {
        let config = parse(&format!("{console}{REST}"), "agent.toml").map_err(|problems| problems.to_string())?;
        Ok(config.console.map(|address| address.to_string()))
    }

    #[test]
    fn there_is_a_console_where_it_is_asked_for() {
        assert_eq!(listens(""), Ok(None));
        assert_eq!(listens("[console]\nlisten = \"127.0.0.1:7680\"\n"), Ok(Some("127.0.0.1:7680".into())));
        assert_eq!(listens("[console]\nlisten = \"[::1]:1\"\n"), Ok(Some("[::1]:1".into())));
    }

    #[test]
    fn other_machines_reach_it_only_where_that_is_said() {
        let refused = listens("[console]\nlisten = \"0.0.0.0:7680\"\n").unwrap_err();
        assert!(refused.starts_with("agent.toml:2:10  console.listen: found 0.0.0.0:7680"), "{refused}");
        assert!(refused.contains("allow_remote = true"), "{refused}");
        let allowed = listens("[console]\nlisten = \"0.0.0.0:7680\"\nallow_remote = true\n");
        assert_eq!(allowed, Ok(Some("0.0.0.0:7680".into())));
        let words = listens("[console]\nlisten = \"localhost:7680\"\n").unwrap_err();
        assert!(words.contains("write it as \"127.0.0.1:7680\", without a host name"), "{words}");
        assert!(listens("[console]\n").unwrap_err().contains("console.listen: missing"));
    }
}

//! Addresses: `host:port`, and the two kinds of URL.

use crate::runtime::{lang::Text, settings::Refusal};
use std::net::{Ipv4Addr, Ipv6Addr};

const MODBUS_PORT: u16 = 502;
const MQTT_PORT: u16 = 1883;
const MQTTS_PORT: u16 = 8883;
const PLATFORM_PORT: u16 = 7600;
const PROXY_PORT: u16 = 3128;

/// `host:port`; an IPv6 address in brackets.
pub(super) fn modbus(text: &str) -> Result<String, Text> {
    if let Some((scheme, _)) = text.split_once("://") {
        return Err(Text::new(format!("去掉 {scheme}://"), format!("leave out {scheme}://")));
    }
    let (host, port) = host_port(text)?;
    let port = port.ok_or_else(|| add_port(host, MODBUS_PORT))?;
    Ok(format!("{host}:{port}"))
}

/// `http://host:port`, given back as written.
pub(super) fn platform(text: &str) -> Result<String, Refusal> {
    no_user(text)?;
    let Some(rest) = text.strip_prefix("http://") else {
        return Err(match text.strip_prefix("https://") {
            Some(rest) => Text::new(
                format!("https 随网关身份证书提供，本版本没有；写作 http://{rest}"),
                format!("https comes with the gateway's identity, not in this version; write http://{rest}"),
            ),
            None => Text::new("以 http:// 开头", "start it with http://"),
        }
        .into());
    };
    no_path(rest, "http://")?;
    let (host, port) = host_port(rest)?;
    port.ok_or_else(|| add_port(host, PLATFORM_PORT))?;
    Ok(text.to_owned())
}

/// `http://[user:password@]host:port`, or the same with `socks5`, given back as written.
pub(super) fn proxy(text: &str) -> Result<&str, Text> {
    let scheme = match text.split_once("://") {
        Some(("http", _)) => "http://",
        Some(("socks5", _)) => "socks5://",
        Some(("socks5h", _)) => {
            return Err(Text::new(
                "写作 socks5://；主机名本来就由代理解析",
                "write socks5://; host names are resolved by the proxy in any case",
            ));
        }
        _ => return Err(Text::new("以 http:// 或 socks5:// 开头", "start it with http:// or socks5://")),
    };
    let rest = &text[scheme.len()..];
    let authority = match rest.rsplit_once('@') {
        Some((login, authority)) => {
            check_login(login)?;
            authority
        }
        None => rest,
    };
    no_path(authority, scheme)?;
    let (host, port) = host_port(authority)?;
    port.ok_or_else(|| add_port(host, PROXY_PORT))?;
    Ok(text)
}

/// `user:password` as a URL may hold it. Neither is ever shown, so neither is in the remedy.
fn check_login(login: &str) -> Result<(), Text> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~!$&'()*+,;=%:".contains(&byte);
    let escapes = login
        .split('%')
        .skip(1)
        .all(|rest| rest.get(..2).is_some_and(|digits| digits.bytes().all(|byte| byte.is_ascii_hexdigit())));
    let (user, password) = login.split_once(':').unwrap_or((login, ""));
    // SOCKS5 counts them in one byte
    let fits = !user.is_empty() && user.len() <= 255 && password.len() <= 255;
    if login.bytes().all(plain) && escapes && fits && !password.contains(':') {
        return Ok(());
    }
    Err(Text::new(
        "用户名和口令写作 用户:口令@，各 1 到 255 字节；其中 / : @ % 和非 ASCII 字符写作 %2F、%3A、%40、%25……",
        "write user:password@ with 1 to 255 bytes each; / : @ % and what is not ASCII as %2F, %3A, %40, %25, …",
    ))
}

/// Where a broker listens.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Broker {
    /// An IPv6 address in its brackets.
    pub host: String,
    pub port: u16,
    pub tls: bool,
}

/// `mqtt://host[:port]`, or `mqtts` for TLS.
pub(super) fn mqtt(text: &str) -> Result<Broker, Refusal> {
    if text.contains('@') {
        let fix = Text::new(
            "去掉 @ 及其之前的用户名和密码；用户名写在 username，口令放在 password_file 或 password_env",
            "leave out the user name and password before the @: username says the one, password_file or password_env where the other is",
        );
        return Err(Refusal { fix, secret: true });
    }
    let (scheme, rest, port) = match text.split_once("://") {
        Some(("mqtt", rest)) => ("mqtt", rest, MQTT_PORT),
        Some(("mqtts", rest)) => ("mqtts", rest, MQTTS_PORT),
        Some(("ssl" | "tls", rest)) => {
            return Err(Text::new(format!("写作 mqtts://{rest}"), format!("write mqtts://{rest}")).into());
        }
        Some(("ws" | "wss", _)) => {
            return Err(Text::new(
                "不支持 WebSocket；用代理的 mqtt 或 mqtts 端口",
                "WebSockets are not spoken here; use the broker's port for mqtt or mqtts",
            )
            .into());
        }
        Some((_, rest)) => return Err(Text::new(format!("写作 mqtt://{rest}"), format!("write mqtt://{rest}")).into()),
        None => return Err(Text::new(format!("写作 mqtt://{text}"), format!("write mqtt://{text}")).into()),
    };
    no_path(rest, &format!("{scheme}://"))?;
    let (host, written) = host_port(rest)?;
    let tls = scheme == "mqtts";
    if tls && host.starts_with('[') {
        return Err(Text::new(
            "TLS 不能用 IPv6 地址：写主机名（可写入 /etc/hosts）",
            "TLS needs a host name instead of an IPv6 address (/etc/hosts can hold one)",
        )
        .into());
    }
    Ok(Broker { host: host.to_owned(), port: written.unwrap_or(port), tls })
}

fn no_user(url: &str) -> Result<(), Refusal> {
    if !url.contains('@') {
        return Ok(());
    }
    let fix = Text::new(
        "去掉 @ 及其之前的用户名和密码：本版本不登录，也不把口令写在地址里",
        "leave out the user name and password before the @: this version does not log in, and a URL is no place for a secret",
    );
    Err(Refusal { fix, secret: true })
}

fn no_path(rest: &str, scheme: &str) -> Result<(), Text> {
    match rest.split_once(['/', '?', '#']) {
        None => Ok(()),
        Some((authority, _)) => {
            Err(Text::new(format!("写作 {scheme}{authority}"), format!("write {scheme}{authority}")))
        }
    }
}

fn add_port(host: &str, port: u16) -> Text {
    Text::new(format!("加上端口，例如 {host}:{port}"), format!("add the port, such as {host}:{port}"))
}

fn host_port(text: &str) -> Result<(&str, Option<u16>), Text> {
    let (host, port) = match text.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((inner, rest)) => {
            let well_formed = inner.parse::<Ipv6Addr>().is_ok() && (rest.is_empty() || rest.starts_with(':'));
            if !well_formed {
                return Err(Text::new(
                    "方括号内须为 IPv6 地址，例如 [fd00::10]:502",
                    "the brackets hold an IPv6 address, such as [fd00::10]:502",
                ));
            }
            (&text[..inner.len() + 2], rest.strip_prefix(':'))
        }
        None if text.matches(':').count() > 1 => {
            return Err(Text::new(
                "IPv6 地址写在方括号内，例如 [fd00::10]:502",
                "write an IPv6 address in brackets, such as [fd00::10]:502",
            ));
        }
        None => {
            let (host, port) = text.split_once(':').map_or((text, None), |(host, port)| (host, Some(port)));
            check_host(host)?;
            (host, port)
        }
    };
    let port = port.map(|port| {
        let digits = !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit());
        port.parse()
            .ok()
            .filter(|port| digits && *port > 0)
            .ok_or_else(|| Text::new("端口为 1 到 65535 的整数", "the port is an integer from 1 to 65535"))
    });
    Ok((host, port.transpose()?))
}

/// A host's name or address alone.
pub(super) fn host(text: &str) -> Result<(), Text> {
    if text.parse::<Ipv6Addr>().is_ok() { Ok(()) } else { check_host(text) }
}

fn check_host(host: &str) -> Result<(), Text> {
    let label = |part: &str| {
        (1..=63).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
    };
    let numeric = host.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    let valid =
        if numeric { host.parse::<Ipv4Addr>().is_ok() } else { host.len() <= 253 && host.split('.').all(label) };
    if valid {
        return Ok(());
    }
    Err(Text::new(
        "主机写作 IP 地址或主机名，例如 192.168.1.10",
        "write the host as an IP address or a host name, such as 192.168.1.10",
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_that_are_right_are_taken() {
        for text in ["127.0.0.1:502", "plc-1.workshop.local:1502", "[fd00::10]:502", "meter_3:65535"] {
            assert_eq!(modbus(text).ok().as_deref(), Some(text));
        }
        assert_eq!(mqtt("mqtt://broker").ok(), Some(Broker { host: "broker".into(), port: 1883, tls: false }));
        assert_eq!(mqtt("mqtts://broker").ok(), Some(Broker { host: "broker".into(), port: 8883, tls: true }));
        assert_eq!(mqtt("mqtt://[::1]:1884").ok(), Some(Broker { host: "[::1]".into(), port: 1884, tls: false }));
        assert_eq!(platform("http://127.0.0.1:7600").ok().as_deref(), Some("http://127.0.0.1:7600"));
    }

    #[test]
    fn addresses_that_are_wrong_are_refused() {
        for text in [
            "",
            ":502",
            "host",
            "host:",
            "host:0",
            "host:65536",
            "host:+5",
            "host:5 ",
            "a b:502",
            "300.1.1.1:502",
            "1.2.3:502",
            "::1:502",
            "[::1]502",
            "[::1",
            "[fe80::1%eth0]:502",
            "[host]:502",
            "tcp://host:502",
            "host..name:502",
            "主机:502",
        ] {
            assert!(modbus(text).is_err(), "{text}");
        }
        for text in [
            "broker:1883",
            "ssl://b:8883",
            "wss://b",
            "mqtts://[::1]",
            "mqtt://",
            "mqtt://b/path",
            "mqtt://u:p@b",
            "mqtt://b:x",
            "MQTT://b",
        ] {
            assert!(mqtt(text).is_err(), "{text}");
        }
        for text in ["http://h", "https://h:1", "http://h:1/", "http://u@h:1", "h:1", "http://:1"] {
            assert!(platform(text).is_err(), "{text}");
        }
    }

    #[test]
    fn proxies_are_taken_with_and_without_a_login() {
        let long = format!("socks5://{}:{}@h:1", "u".repeat(255), "p".repeat(255));
        for text in [
            "http://proxy:3128",
            "http://user:p%40ss%3Aword@192.168.1.1:8080",
            "socks5://[fd00::1]:1080",
            "socks5://user@host:1080",
            &long,
        ] {
            assert_eq!(proxy(text).ok(), Some(text));
        }
        let longer = long.replacen("u:", "uu:", 1);
        for text in [
            "",
            "proxy:3128",
            "https://proxy:3128",
            "socks4://proxy:1080",
            "socks5h://proxy:1080",
            "HTTP://proxy:3128",
            "http://proxy",
            "http://proxy:3128/",
            "http://proxy:0",
            "http://:3128",
            "http://@proxy:3128",
            "http://:geheim@proxy:3128",
            "http://user:ge:heim@proxy:3128",
            "http://user:ge@heim@proxy:3128",
            "http://user:ge/heim@proxy:3128",
            "http://user:ge%zzheim@proxy:3128",
            "http://user:geheim%@proxy:3128",
            "http://user:geheim@proxy",
            "http://user:密@proxy:3128",
            "http://user:ge heim@proxy:3128",
            &longer,
        ] {
            assert!(proxy(text).is_err_and(|fix| !fix.en.contains("heim") && !fix.zh.contains("heim")), "{text}");
        }
    }

    #[test]
    fn a_password_is_never_shown() {
        assert!(mqtt("mqtt://user:geheim@broker").is_err_and(|refusal| refusal.secret));
        assert!(platform("https://user:geheim@platform").is_err_and(|refusal| refusal.secret));
    }
}

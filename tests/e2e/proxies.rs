//! The agent's stream through tinyproxy and microsocks.

use super::{
    process::free_port,
    proxy::{HTTP_PASSWORD, Proxy, SOCKS_PASSWORD, SOCKS_PASSWORD_IN_URL, USER},
    stack::Stack,
};
use std::time::{Duration, Instant};

const PATIENCE: Duration = Duration::from_secs(60);

/// A meter that nobody answers for: what is read of it is bad, and delivered all the same.
fn sources() -> String {
    format!(
        "[[bus]]\nname = \"line\"\naddress = \"127.0.0.1:{}\"\n[[bus.meter]]\nname = \"m\"\nunit_id = 1\n\
         [[bus.meter.point]]\nname = \"power\"\nregister = 0\ntype = \"u16\"\n",
        free_port()
    )
}

/// What the agent says until `known`.
fn log_with(stack: &Stack, known: &str) -> String {
    let end = Instant::now() + PATIENCE;
    loop {
        let log = stack.logs();
        if log.contains(known) {
            return log;
        }
        assert!(Instant::now() < end, "no {known:?} in the log:\n{log}");
        std::thread::sleep(Duration::from_millis(100));
    }
}

fn arrives_through(proxy_url: &str) {
    let stack = Stack::start();
    let uplink = format!("{}proxy = \"{proxy_url}\"\n", stack.uplink("county"));
    let _agent = stack.agent_to(&uplink, &sources());
    stack.wait("/api/v1/gateways", PATIENCE, |gateways| {
        gateways[0]["connected"] == true && gateways[0]["backlog_records"].is_number()
    });
}

/// The platform can be reached without the proxy, so that only a login that is asked for keeps the agent out.
fn is_refused_through(proxy_url: &str, reason: &str) {
    let stack = Stack::start();
    let uplink = format!("{}proxy = \"{proxy_url}\"\n", stack.uplink("county"));
    let _agent = stack.agent_to(&uplink, &sources());
    let log = log_with(&stack, reason);
    assert!(!log.contains("wrong-heim"), "the password is in the log:\n{log}");
    let gateways = stack.wait("/api/v1/gateways", PATIENCE, |gateways| gateways[0].is_object());
    assert_eq!(gateways[0]["last_seen_ms"], serde_json::Value::Null);
}

#[test]
fn http_connect() {
    let proxy = Proxy::http(false);
    arrives_through(&format!("http://127.0.0.1:{}", proxy.port));
}

#[test]
fn http_connect_with_a_login() {
    let proxy = Proxy::http(true);
    let port = proxy.port;
    arrives_through(&format!("http://{USER}:{HTTP_PASSWORD}@127.0.0.1:{port}"));
    let reason = format!("through the proxy http://127.0.0.1:{port}: tunnel error");
    is_refused_through(&format!("http://{USER}:wrong-heim@127.0.0.1:{port}"), &reason);
}

#[test]
fn socks5() {
    let proxy = Proxy::socks5(false);
    arrives_through(&format!("socks5://127.0.0.1:{}", proxy.port));
}

#[test]
fn socks5_with_a_login() {
    let proxy = Proxy::socks5(true);
    let port = proxy.port;
    arrives_through(&format!("socks5://{USER}:{SOCKS_PASSWORD_IN_URL}@127.0.0.1:{port}"));
    assert_ne!(SOCKS_PASSWORD, SOCKS_PASSWORD_IN_URL);
    let reason = format!("through the proxy socks5://127.0.0.1:{port}: SOCKS error");
    is_refused_through(&format!("socks5://{USER}:wrong-heim@127.0.0.1:{port}"), &reason);
}

#[test]
fn a_proxy_that_is_not_there_is_named() {
    let port = free_port();
    let reason = format!("through the proxy http://127.0.0.1:{port}");
    is_refused_through(&format!("http://{USER}:wrong-heim@127.0.0.1:{port}"), &reason);
}

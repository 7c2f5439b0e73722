//! An address to listen at, and the permission beside it that other machines may reach it.

use super::{Key, Section};
use crate::runtime::{lang::Text, problem::Found};
use std::net::SocketAddr;

/// What stands at `listen`: an IP address and a port. Anything but loopback needs `allow_remote = true`.
pub fn listen(section: &Section, listen: &Key, allow_remote: &Key) -> Option<Found<SocketAddr>> {
    let allowed = section.or(allow_remote, false, section.boolean(allow_remote));
    let example = listen.example.split_once(" = ").map_or(listen.example, |(_, value)| value);
    let listen = section.parse(listen, |text| {
        text.parse::<SocketAddr>().map_err(|_| {
            Text::new(format!("写作 {example}，不用主机名"), format!("write it as {example}, without a host name"))
        })
    })?;
    if !listen.value.ip().is_loopback() && allowed == Some(false) {
        let address = listen.value;
        section.doc.report(
            &listen.at,
            Text::new(
                format!("写的是 {address}，其他机器可以访问"),
                format!("found {address}, which other machines can reach"),
            ),
            Text::new(
                "本机的回环地址；对外须另有 allow_remote = true",
                "a loopback address, or allow_remote = true beside it",
            ),
            Text::new(
                "写 127.0.0.1；如确需对外，在旁边写 allow_remote = true",
                "write 127.0.0.1, or add allow_remote = true if other machines are to reach it",
            ),
        );
    }
    Some(listen)
}

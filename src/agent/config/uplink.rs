//! Destinations: the platforms that everything is delivered to, and the way there.

use super::{
    UplinkConfig, address,
    key::{PLATFORM_URL, PROXY, START_SPREAD_S, UPLINK_NAME, UPLINK_SHAPE, UPLINKS},
    section::{Section, expected},
    unique::Unique,
    word,
};
use crate::runtime::lang::Text;
use std::{fmt, time::Duration};

/// Each costs a stream, a share of the uplink's bandwidth, and a mark for each generation.
const DESTINATIONS_MAX: usize = 4;

/// `http://[user:password@]host:port` or `socks5://…`, checked. It shows itself without the login.
#[derive(Clone, PartialEq)]
pub struct Proxy(String);

impl Proxy {
    /// As in the file, login included: for the connection only.
    pub fn secret_url(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (scheme, rest) = self.0.split_once("://").unwrap_or_default();
        let address = rest.rsplit_once('@').map_or(rest, |(_, address)| address);
        write!(f, "{scheme}://{address}")
    }
}

impl fmt::Debug for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

pub(super) fn destinations(root: &Section) -> Vec<UplinkConfig> {
    let sections = root.tables(&UPLINKS, &UPLINK_SHAPE);
    if let Some(first_over) = sections.get(DESTINATIONS_MAX) {
        let n = sections.len();
        root.doc.report(
            &first_over.at,
            Text::new(format!("共 {n} 个 [[uplink]]"), format!("found {n} tables [[uplink]]")),
            expected(&UPLINKS),
            Text::new("删除多余的目的地", "remove the destinations beyond the fourth"),
        );
    }
    let mut names = Unique::new("其他 [[uplink]] ", "[[uplink]]");
    // two streams of one gateway to one platform would end each other for ever
    let mut urls = Unique::new("其他 [[uplink]] ", "[[uplink]]");
    sections.iter().map(|section| destination(section, &mut names, &mut urls)).collect()
}

fn destination(section: &Section, names: &mut Unique, urls: &mut Unique) -> UplinkConfig {
    let name = section.parse(&UPLINK_NAME, word::name);
    if let Some(name) = &name {
        names.claim(section.doc, name);
    }
    let platform_url = section.parse(&PLATFORM_URL, address::platform);
    if let Some(url) = section.peek(&PLATFORM_URL).filter(|_| platform_url.is_some()) {
        urls.claim(section.doc, &url);
    }
    let spread = section.or(&START_SPREAD_S, 30, section.integer(&START_SPREAD_S, 0..=3600));
    UplinkConfig {
        name: name.map_or(String::new(), |name| name.value.to_owned()),
        platform_url: platform_url.map_or(String::new(), |url| url.value),
        proxy: section.parse(&PROXY, address::proxy).map(|url| Proxy(url.value.to_owned())),
        start_spread: Duration::from_secs(spread.and_then(|spread| u64::try_from(spread).ok()).unwrap_or_default()),
    }
}

#[cfg(test)]
mod tests {
    use super::Proxy;

    #[test]
    fn a_proxy_shows_itself_without_its_login() {
        let proxy = Proxy("socks5://user:geheim@[fd00::1]:1080".into());
        assert_eq!((proxy.to_string(), format!("{proxy:?}")), {
            let shown = "socks5://[fd00::1]:1080".to_owned();
            (shown.clone(), shown)
        });
        assert!(proxy.secret_url().contains("geheim"));
    }
}

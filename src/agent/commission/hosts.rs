//! The hosts and units that a user names for a scan of a network.
//!
//! # Promises
//! - No more than 1,024 hosts: a range is given by a person who knows whose it is.

use std::net::Ipv4Addr;

pub const HOSTS_MAX: u32 = 1024;

/// `192.168.1.0/28`, `192.168.1.10-20`, `192.168.1.10`, and several of them with commas between.
pub fn hosts(text: &str) -> Option<Vec<Ipv4Addr>> {
    let mut all = Vec::new();
    for part in text.split(',') {
        all.extend(range(part.trim())?);
        if all.len() > HOSTS_MAX as usize {
            return None;
        }
    }
    all.sort();
    all.dedup();
    Some(all)
}

fn range(text: &str) -> Option<Vec<Ipv4Addr>> {
    let (first, last) = if let Some((network, bits)) = text.split_once('/') {
        let bits: u32 = bits.parse().ok().filter(|bits| (22..=32).contains(bits))?;
        let size = 1_u32 << (32 - bits);
        let first = u32::from(network.parse::<Ipv4Addr>().ok()?) & !(size - 1);
        // the network's own address and its broadcast are no hosts
        if size > 2 { (first + 1, first + size - 2) } else { (first, first + (size - 1)) }
    } else if let Some((first, last)) = text.split_once('-') {
        let first: Ipv4Addr = first.parse().ok()?;
        let [a, b, c, _] = first.octets();
        let last = match last.parse::<u8>() {
            Ok(last) => Ipv4Addr::new(a, b, c, last),
            Err(_) => last.parse().ok()?,
        };
        (first.into(), last.into())
    } else {
        let one = u32::from(text.parse::<Ipv4Addr>().ok()?);
        (one, one)
    };
    (first <= last && last - first < HOSTS_MAX).then(|| (first..=last).map(Ipv4Addr::from).collect())
}

/// `1-4,7`: from 1 to 247, each once, in the order given.
pub fn units(text: &str) -> Option<Vec<u8>> {
    let mut all: Vec<u8> = Vec::new();
    for part in text.split(',') {
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        let number = |text: &str| text.trim().parse::<u8>().ok().filter(|unit| (1..=247).contains(unit));
        let (first, last) = (number(first)?, number(last)?);
        if first > last {
            return None;
        }
        all.extend((first..=last).filter(|unit| !all.contains(unit)).collect::<Vec<_>>());
    }
    Some(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ends(text: &str) -> Option<(usize, String, String)> {
        let found = hosts(text)?;
        Some((found.len(), found.first()?.to_string(), found.last()?.to_string()))
    }

    #[test]
    fn a_range_is_what_was_written_and_no_larger_than_a_22() {
        let is = |count, first: &str, last: &str| Some((count, first.to_owned(), last.to_owned()));
        assert_eq!(ends("192.168.1.0/28"), is(14, "192.168.1.1", "192.168.1.14"));
        assert_eq!(ends("192.168.1.77/30"), is(2, "192.168.1.77", "192.168.1.78"));
        assert_eq!(ends("10.0.0.0/22"), is(1022, "10.0.0.1", "10.0.3.254"));
        assert_eq!(ends("10.0.0.5"), is(1, "10.0.0.5", "10.0.0.5"));
        assert_eq!(ends("10.0.0.5/32"), is(1, "10.0.0.5", "10.0.0.5"));
        assert_eq!(ends("10.0.0.5-7, 10.0.0.9"), is(4, "10.0.0.5", "10.0.0.9"));
        for text in [
            "",
            "10.0.0.0/21",
            "10.0.0.0/33",
            "10.0.0.9-5",
            "10.0.0.0-10.0.9.0",
            "10.0.0",
            "host",
            "10.0.0.0/22,10.1.0.0/22",
        ] {
            assert_eq!(hosts(text), None, "{text}");
        }
        assert_eq!(ends("255.255.255.255"), is(1, "255.255.255.255", "255.255.255.255"));
    }

    #[test]
    fn units_are_listed_once() {
        assert_eq!(units("1-4,7,3"), Some(vec![1, 2, 3, 4, 7]));
        assert_eq!(units("247"), Some(vec![247]));
        for text in ["", "0", "248", "4-1", "a", "1-"] {
            assert_eq!(units(text), None, "{text}");
        }
    }
}

//! Whose page a request comes from. A page of another origin writes nothing here, whatever cookie its browser sends along.
//!
//! # Promises
//! - A browser says `Sec-Fetch-Site` or `Origin` with what it writes; either must name this origin. Programs that are no
//!   browser say neither, and carry no cookie that somebody else could use.

use super::refusal::Refusal;
use axum::http::{HeaderMap, Method, header};

/// # Errors
/// Where a writing request comes from another origin. `ours`: as browsers see this platform behind a relay, such as
/// `https://mujun.example`; else it is the address that was asked.
pub fn check(method: &Method, headers: &HeaderMap, ours: Option<&str>) -> Result<(), Refusal> {
    if matches!(*method, Method::GET | Method::HEAD) {
        return Ok(());
    }
    let text = |name: &str| headers.get(name).map(|value| value.to_str().unwrap_or_default());
    let from_here = match (text("sec-fetch-site"), text(header::ORIGIN.as_str())) {
        (Some(site), _) => matches!(site, "same-origin" | "none"),
        (None, Some(origin)) => match ours {
            Some(ours) => origin == ours,
            None => authority(origin).is_some() && authority(origin) == text(header::HOST.as_str()),
        },
        (None, None) => true,
    };
    if from_here { Ok(()) } else { Err(Refusal::foreign()) }
}

fn authority(origin: &str) -> Option<&str> {
    origin.strip_prefix("https://").or_else(|| origin.strip_prefix("http://")).filter(|rest| !rest.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        pairs.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect()
    }

    #[test]
    fn a_page_of_another_origin_writes_nothing() {
        let host = ("host", "mujun.local:7601");
        let ours = Some("https://mujun.example");
        for (pairs, ours, taken) in [
            (vec![host], None, true),
            (vec![host, ("origin", "http://mujun.local:7601")], None, true),
            (vec![host, ("origin", "http://evil.example")], None, false),
            (vec![host, ("origin", "null")], None, false),
            (vec![host, ("origin", "http://mujun.local:7602")], None, false),
            (vec![("origin", "http://mujun.local:7601")], None, false),
            (vec![host, ("origin", "http://")], None, false),
            (vec![host, ("sec-fetch-site", "same-origin"), ("origin", "http://mujun.local:7601")], None, true),
            (vec![host, ("sec-fetch-site", "cross-site")], None, false),
            (vec![host, ("sec-fetch-site", "same-site")], None, false),
            (vec![host, ("origin", "https://mujun.example")], ours, true),
            (vec![host, ("origin", "http://mujun.local:7601")], ours, false),
        ] {
            let headers = headers(&pairs);
            assert_eq!(check(&Method::POST, &headers, ours).is_ok(), taken, "{pairs:?}");
            assert!(check(&Method::GET, &headers, ours).is_ok(), "reading changes nothing");
        }
    }
}

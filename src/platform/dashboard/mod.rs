//! The dashboard: the web app for who runs, audits and reads a region, inside the binary.
//!
//! The app is `web/`: TypeScript and ECharts, built by `build.rs`. It asks the JSON API that every other client asks,
//! and draws what that says.
//!
//! ```text
//!   web/src/  main      opens the page of the address `#/page/argument?key=value`, each a file of its own
//!             page/     one folder or file for each page        part/   tables, filters, trees, dialogs
//!             api/      one file for each area of the API       chart/  what ECharts draws, read when a chart is shown
//!             words/    every word in zh and en, by area        style/
//! ```
//!
//! # Promises
//! - Only files of the build are served: there is no file system behind a path.
//! - The app asks nothing of any other host, and runs no script but its own files.
//! - Text of the API enters a page as text, never as HTML.
//!
//! # Does not
//! Compute: a figure that the API does not give is shown as missing, with the reason.

use include_dir::{Dir, include_dir};

static BUILT: Dir<'static> = include_dir!("$OUT_DIR/dashboard");

/// Content type and bytes of the file at a URL's path; `/` is the page itself.
pub fn asset(path: &str) -> Option<(&'static str, &'static [u8])> {
    let name = match path.strip_prefix('/').unwrap_or(path) {
        "" => "index.html",
        name => name,
    };
    let file = BUILT.get_file(name)?;
    Some((content_type(name), file.contents()))
}

fn content_type(name: &str) -> &'static str {
    match name.rsplit_once('.').map(|(_, extension)| extension) {
        Some("html") => "text/html; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("svg") => "image/svg+xml",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page() -> &'static str {
        std::str::from_utf8(asset("/").unwrap().1).unwrap()
    }

    #[test]
    fn the_page_and_all_it_refers_to_are_embedded() {
        assert_eq!(asset("/").unwrap().0, "text/html; charset=utf-8");
        let references: Vec<_> = page().split(['"', '\'']).filter(|text| text.starts_with("./assets/")).collect();
        assert!(references.iter().any(|name| name.ends_with(".js")), "{references:?}");
        assert!(references.iter().any(|name| name.ends_with(".css")), "{references:?}");
        for name in references {
            let (kind, bytes) = asset(&name[1..]).unwrap();
            assert!(kind != "application/octet-stream" && !bytes.is_empty(), "{name}");
        }
    }

    #[test]
    fn no_path_leads_out_of_the_build() {
        for path in [
            "/../mod.rs",
            "/assets/../index.html",
            "//index.html",
            "/./index.html",
            "/assets",
            "/assets/",
            "/etc/passwd",
            "/%2e%2e/x",
        ] {
            assert!(asset(path).is_none(), "{path}");
        }
    }

    #[test]
    fn the_page_has_no_inline_script_and_names_no_other_host() {
        let page = page();
        assert!(!page.contains("<script>") && !page.contains("onload=") && !page.contains("style="));
        assert!(!page.contains("http://") && !page.contains("https://") && !page.contains("\"//"));
    }
}

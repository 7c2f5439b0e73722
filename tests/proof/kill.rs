pub fn run(_full: bool) -> crate::report::Report {
    Default::default()
}

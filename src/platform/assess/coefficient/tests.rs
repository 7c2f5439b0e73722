use super::*;

#[test]
fn the_shipped_files_are_right() {
    load(&["deploy/coefficients/gbt-2589-2020.toml", "deploy/coefficients/demo-equivalent.toml"]).unwrap();
}

#[test]
fn wrong_files_are_refused_with_their_place() {
    let good = "[[factor]]\ncarrier = \"electricity\"\nunit = \"kWh\"\nkgce_per_unit = \"0.1229\"\nbasis = \"calorific\"\nvalid_from = \"2021-04-01\"\nsource = \"x\"\n";
    parse([("f.toml", good)]).unwrap();
    let refused = |text: String| parse([("f.toml", text.as_str())]).unwrap_err().render(crate::runtime::lang::Lang::En);
    assert!(refused(format!("{good}{good}")).contains("f.toml:8"));
    for (from, to) in
        [("kWh", "kwh"), ("0.1229", "x"), ("electricity", "magic"), ("2021-04-01", "2021"), ("source", "sauce")]
    {
        assert!(refused(good.replace(from, to)).contains("f.toml:"), "{to}");
    }
}

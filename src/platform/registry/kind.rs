//! The kinds of tables that are registered, and a table's rows as text: what versions of the register keep and compare.

use super::{
    Sheet, boundary, calorific, economy, gateways, parcels, products, profiles, sites, stock,
    table::{self, Columns},
    virtual_point,
};
use crate::model::EconomicFigure;
use std::collections::BTreeMap;

/// Each may speak of what stands in those before it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Kind {
    Sites,
    Gateways,
    Products,
    Boundary,
    VirtualPoints,
    Stock,
    Calorific,
    Profiles,
    Parcels,
    Economy,
}

/// One row as text. What was at `key` is another state of the same row.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Entry {
    pub key: String,
    pub credit_code: String,
    /// In the order of the kind's columns; of [`Kind::Economy`] site, year, month, item, value and source.
    pub fields: Vec<String>,
}

impl Kind {
    pub const ALL: [Kind; 10] = [
        Kind::Sites,
        Kind::Gateways,
        Kind::Products,
        Kind::Boundary,
        Kind::VirtualPoints,
        Kind::Stock,
        Kind::Calorific,
        Kind::Profiles,
        Kind::Parcels,
        Kind::Economy,
    ];

    pub fn name(self) -> &'static str {
        match self {
            Kind::Sites => "sites",
            Kind::Gateways => "gateways",
            Kind::Products => "products",
            Kind::Boundary => "boundary",
            Kind::VirtualPoints => "virtual_points",
            Kind::Stock => "stock",
            Kind::Calorific => "calorific",
            Kind::Profiles => "profiles",
            Kind::Parcels => "parcels",
            Kind::Economy => "economy",
        }
    }

    pub fn by_name(name: &str) -> Option<Kind> {
        Kind::ALL.into_iter().find(|kind| kind.name() == name)
    }

    fn columns(self) -> Columns {
        match self {
            Kind::Sites => sites::COLUMNS,
            Kind::Gateways => gateways::COLUMNS,
            Kind::Products => products::COLUMNS,
            Kind::Boundary => boundary::COLUMNS,
            Kind::VirtualPoints => virtual_point::COLUMNS,
            Kind::Stock => stock::COLUMNS,
            Kind::Calorific => calorific::COLUMNS,
            Kind::Profiles => profiles::COLUMNS,
            Kind::Parcels => parcels::COLUMNS,
            Kind::Economy => economy::COLUMNS,
        }
    }

    /// The columns that make a row itself whatever else it says.
    fn key(self) -> &'static [usize] {
        match self {
            Kind::Sites | Kind::Gateways | Kind::Profiles => &[0],
            Kind::Products | Kind::VirtualPoints => &[0, 1],
            Kind::Boundary => &[1, 2, 3],
            // site, carrier, day, kind, document
            Kind::Stock => &[0, 1, 3, 4, 6],
            // site, carrier, day, source
            Kind::Calorific => &[0, 1, 2, 6],
            // site, number, tenure, from, the other, document
            Kind::Parcels => &[0, 1, 2, 4, 6, 7],
            Kind::Economy => &[0, 1, 3],
        }
    }

    /// The rows of a sheet that its reader takes. Of several with one key each has a number behind it.
    pub fn entries(self, sheet: &Sheet) -> Vec<Entry> {
        let doc = sheet.doc();
        let (mut entries, mut met) = (Vec::new(), BTreeMap::<String, u32>::new());
        let site = usize::from(self == Kind::Gateways);
        table::each(&doc, self.columns(), |row| {
            let mut key = self.key().iter().map(|place| row.field(*place)).collect::<Vec<_>>().join("\n");
            let before = met.entry(key.clone()).or_default();
            if *before > 0 {
                key += &format!("\n#{before}");
            }
            *before += 1;
            entries.push(Entry { key, credit_code: row.field(site).to_owned(), fields: row.fields() });
        });
        entries
    }

    /// Entries as a table again, which messages call the registered one.
    pub fn sheet<'e>(self, entries: impl IntoIterator<Item = &'e Entry>) -> Sheet {
        let mut text = self.columns().all.join(",") + "\n";
        for entry in entries {
            let fields = entry.fields.iter().map(|field| written(field));
            text += &fields.collect::<Vec<_>>().join(",");
            text.push('\n');
        }
        Sheet::csv(text, &format!("registered {}", self.name()))
    }
}

impl From<&EconomicFigure> for Entry {
    fn from(figure: &EconomicFigure) -> Entry {
        let EconomicFigure { credit_code, year, month, item, value, source } = figure;
        let month = month.map_or(String::new(), |month| month.to_string());
        let key = [credit_code.clone(), year.to_string(), month.clone(), item.name().to_owned()];
        let value = value.normalize().to_string();
        let fields = key.iter().cloned().chain([value, source.clone()]).collect();
        Entry { key: key.join("\n"), credit_code: credit_code.clone(), fields }
    }
}

/// As CSV writes it, to be read again.
fn written(field: &str) -> String {
    if field.contains(['"', ',', '\n', '\r']) {
        format!("\"{}\"", field.replace('"', "\"\""))
    } else {
        field.to_owned()
    }
}

/// A value for a file that a person opens in a spreadsheet: what the spreadsheet would take for a formula has a quote in
/// front and is text there. The value itself is kept as it came.
pub fn csv_safe(value: &str) -> String {
    let formula = value.starts_with(['=', '+', '-', '@', '\t', '\r']);
    // numbers begin with a sign too
    let number = value.parse::<rust_decimal::Decimal>().is_ok();
    if formula && !number { format!("'{value}") } else { value.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_spreadsheet_would_run_is_text_in_a_download_and_itself_in_the_register() {
        for (value, safe) in [
            ("=HYPERLINK(\"http://x\",\"y\")", "'=HYPERLINK(\"http://x\",\"y\")"),
            ("+1+cmd|' /C calc'!A0", "'+1+cmd|' /C calc'!A0"),
            ("-2+3", "'-2+3"),
            ("@SUM(A1)", "'@SUM(A1)"),
            ("-12.5", "-12.5"),
            ("示例厂", "示例厂"),
            ("", ""),
        ] {
            assert_eq!(csv_safe(value), safe);
        }
    }

    #[test]
    fn rows_come_back_from_text_as_they_were() {
        let text =
            "credit_code,product_code,name,unit,output_value_yuan_per_unit\nA,x,\"=1,\"\"2\"\"\",t,\nA,x,<b>,t,3\n";
        let entries = Kind::Products.entries(&Sheet::csv(text, "f"));
        assert_eq!(entries[0].fields[..4], ["A", "x", "=1,\"2\"", "t"]);
        assert_eq!((entries[0].key.as_str(), entries[1].key.as_str()), ("A\nx", "A\nx\n#1"));
        assert_eq!(Kind::Products.entries(&Kind::Products.sheet(&entries)), entries);
        assert!(Kind::Products.entries(&Sheet::csv("nonsense", "f")).is_empty());
    }
}

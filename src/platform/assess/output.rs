//! What the site made, by product: good and scrap, each in the product's unit, and what it is worth.

use super::{
    balance::{in_unit, missing},
    line::Line,
    note,
    term::{How, Part, Term},
};
use crate::{
    model::{Doubts, Product, Quality, Role},
    platform::store::SiteLedger,
    runtime::lang::Text,
};
use rust_decimal::Decimal;
use serde::Serialize;
use std::sync::Arc;
use utoipa::ToSchema;

/// The output over the period, exact.
pub(super) struct Output {
    /// Σ of the one product's; without a value where there are several.
    pub good: Arc<Term>,
    /// Yuan: Σ output × value of one.
    pub value_yuan: Arc<Term>,
    pub products: Vec<ProductOutput>,
}

/// One product's output.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct ProductOutput {
    pub product: String,
    pub name: String,
    pub unit: String,
    pub good: Option<Decimal>,
    pub scrap: Option<Decimal>,
    pub quality: Quality,
    pub doubts: Doubts,
}

impl Output {
    pub fn of(ledger: &SiteLedger, lines: &[Line], notes: &mut Vec<Text>) -> Output {
        let products = &ledger.declared.products;
        let made: Vec<&Line> = lines.iter().filter(|line| line.role == Role::Output && line.amount.is_some()).collect();
        if let Some(line) = made.iter().find(|line| product_of(line, products).is_none()) {
            let why = note::other_product(line, products);
            notes.push(why.clone());
            return Output::unknown(why);
        }
        if made.is_empty() {
            notes.push(note::no_output());
            return Output::unknown(note::no_output());
        }
        let (mut rows, mut goods, mut values) = (Vec::new(), Vec::new(), Vec::new());
        for product in products {
            let of = |role: Role| {
                let own = lines.iter().filter(|line| line.role == role && is_of(line, products, product));
                let parts: Vec<Part> =
                    own.filter_map(|line| Some(in_unit(line.amount.as_ref()?, &product.unit))).collect();
                (!parts.is_empty()).then(|| Arc::new(Term::of("output", &product.unit, How::Sum, parts)))
            };
            let (good, scrap) = (of(Role::Output), of(Role::Scrap));
            let value = |term: &Option<Arc<Term>>| term.as_ref()?.value.map(|value| value.normalize());
            rows.push(ProductOutput {
                product: product.code.clone(),
                name: product.name.clone(),
                unit: product.unit.clone(),
                good: value(&good),
                scrap: value(&scrap),
                quality: good.as_ref().map_or(Quality::Bad, |term| term.quality),
                doubts: good.as_ref().map_or(Doubts::NONE, |term| term.doubts),
            });
            let Some(good) = good else { continue };
            if good.value.is_none() {
                notes.push(note::too_large_sum(&product.code));
            }
            values.push(worth(product, &good).plus());
            goods.push(good);
        }
        if values.iter().any(|part| part.term.terms.iter().any(|part| part.term.value.is_none())) {
            notes.push(note::no_product_value());
        }
        let silent = lines.iter().any(|line| {
            let expected = line.role == Role::Output && line.expected && line.amount.is_none();
            expected && products.len() > 1
        });
        let single = goods.len() == 1 && !silent;
        let good = match goods.pop().filter(|_| single) {
            Some(good) => good,
            None => missing("output", note::several_products()),
        };
        if !single {
            notes.push(note::several_products());
        }
        let value_yuan = Arc::new(Term::of("output_value", "yuan", How::Sum, values));
        Output { good, value_yuan, products: rows }
    }

    fn unknown(why: Text) -> Output {
        let good = missing("output", why.clone());
        Output { good, value_yuan: missing("output_value", why), products: Vec::new() }
    }
}

fn worth(product: &Product, good: &Arc<Term>) -> Term {
    let field = How::Registry { field: "output_value_yuan_per_unit".to_owned() };
    let unit = format!("yuan/{}", product.unit);
    let price = Term::leaf("output_value_yuan_per_unit", product.output_value_yuan_per_unit, &unit, field);
    Term::of("output_value", "yuan", How::Product, vec![Part::shared(good), price.plus()])
}

/// The product that a line counts: by its code, or the only one there is. A unit that can not become the product's is
/// another product.
fn product_of<'p>(line: &Line, products: &'p [Product]) -> Option<&'p Product> {
    let found = match (line.product.as_str(), products) {
        ("", [only]) => Some(only),
        ("", _) => None,
        (code, [only]) if only.code.is_empty() || only.code == code => Some(only),
        (code, _) => products.iter().find(|product| product.code == code),
    };
    found.filter(|product| crate::model::unit::ratio(&line.unit, &product.unit).is_some())
}

fn is_of(line: &Line, products: &[Product], product: &Product) -> bool {
    product_of(line, products).is_some_and(|found| found.code == product.code)
}

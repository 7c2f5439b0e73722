use super::*;
use proptest::prelude::*;
use serde::Deserialize;
use std::path::Path;

const ORDERS: [(&str, WordOrder); 4] =
    [("ABCD", WordOrder::Abcd), ("BADC", WordOrder::Badc), ("CDAB", WordOrder::Cdab), ("DCBA", WordOrder::Dcba)];

/// One file of `tests/cases/modbus_decode`: all cases of one type.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    r#type: String,
    case: Vec<Case>,
}

/// What lies in the registers, in the order in which the reply holds them, and what it is.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    name: String,
    order: String,
    words: Vec<u16>,
    uint: Option<String>,
    int: Option<String>,
    float: Option<String>,
    reason: Option<String>,
}

impl Case {
    fn expected(&self) -> String {
        let value = |value: RawValue| format!("{:?}", Ok::<_, Reason>(value));
        match (&self.uint, &self.int, &self.float, &self.reason) {
            (Some(digits), None, None, None) => value(RawValue::UInt(digits.parse().unwrap())),
            (None, Some(digits), None, None) => value(RawValue::Int(digits.parse().unwrap())),
            (None, None, Some(digits), None) => value(RawValue::Float(digits.parse().unwrap())),
            (None, None, None, Some(reason)) => format!("Err({reason})"),
            _ => panic!("{}: one of uint, int, float, reason is needed", self.name),
        }
    }
}

fn value_type(name: &str) -> ValueType {
    use ValueType::*;
    match name {
        "bool" => Bool,
        "u16" => U16,
        "i16" => I16,
        "u32" => U32,
        "i32" => I32,
        "u64" => U64,
        "i64" => I64,
        "f32" => F32,
        "f64" => F64,
        _ => panic!("no type {name}"),
    }
}

#[test]
fn golden_vectors() {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases/modbus_decode");
    let (mut types, mut cases) = (0, 0);
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        let file: File = toml::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
        types += 1;
        for case in &file.case {
            let order = ORDERS.iter().find(|(name, _)| *name == case.order).unwrap().1;
            let found = from_words(&case.words, value_type(&file.r#type), order);
            // the debug form tells 0 from -0 and shows every digit
            assert_eq!(format!("{found:?}"), case.expected(), "{}: {}", path.display(), case.name);
            cases += 1;
        }
    }
    assert!(types == 9 && cases >= 60, "{cases} cases of {types} types");
}

#[test]
fn too_few_or_too_many_registers_are_no_value() {
    for ty in ["bool", "u16", "i16", "u32", "i32", "u64", "i64", "f32", "f64"].map(value_type) {
        for len in (0..6).filter(|len| *len != usize::from(ty.registers())) {
            assert_eq!(from_words(&vec![1; len], ty, WordOrder::Abcd), Err(Reason::Malformed), "{ty:?} from {len}");
        }
    }
}

/// The registers that hold `bytes`, given most significant first.
fn laid_out(bytes: &[u8], order: WordOrder) -> Vec<u16> {
    let mut bytes = bytes.to_vec();
    if matches!(order, WordOrder::Dcba | WordOrder::Cdab) {
        bytes.reverse(); // DCBA: all bytes the other way round
    }
    let swap = matches!(order, WordOrder::Badc | WordOrder::Cdab);
    let word = |pair: &[u8]| if swap { [pair[1], pair[0]] } else { [pair[0], pair[1]] };
    bytes.chunks(2).map(|pair| u16::from_be_bytes(word(pair))).collect()
}

proptest! {
    #[test]
    fn whatever_was_laid_out_in_any_order_is_read_back(bits: u64) {
        for (_, order) in ORDERS {
            let eight = laid_out(&bits.to_be_bytes(), order);
            let four = laid_out(&(bits as u32).to_be_bytes(), order);
            let two = laid_out(&(bits as u16).to_be_bytes(), order);
            prop_assert_eq!(from_words(&eight, ValueType::U64, order), Ok(RawValue::UInt(bits)));
            prop_assert_eq!(from_words(&eight, ValueType::I64, order), Ok(RawValue::Int(bits as i64)));
            prop_assert_eq!(from_words(&four, ValueType::U32, order), Ok(RawValue::UInt((bits as u32).into())));
            prop_assert_eq!(from_words(&four, ValueType::I32, order), Ok(RawValue::Int((bits as i32).into())));
            prop_assert_eq!(from_words(&two, ValueType::U16, order), Ok(RawValue::UInt((bits as u16).into())));
            prop_assert_eq!(from_words(&two, ValueType::I16, order), Ok(RawValue::Int((bits as i16).into())));
            let float = f32::from_bits(bits as u32);
            match from_words(&four, ValueType::F32, order) {
                Ok(RawValue::Float(wide)) => prop_assert!(float.is_finite() && (wide as f32).to_bits() == float.to_bits()),
                other => prop_assert!(!float.is_finite() && other == Err(Reason::NotANumber)),
            }
        }
    }
}

use super::*;
use proptest::prelude::*;
use serde::Deserialize;
use std::path::Path;

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
    ValueType::named(name).unwrap_or_else(|| panic!("no type {name}"))
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
            let (order, _) = WordOrder::named(&case.order).unwrap();
            let found = from_words(&case.words, value_type(&file.r#type), order, &[]);
            // the debug form tells 0 from -0 and shows every digit
            assert_eq!(format!("{found:?}"), case.expected(), "{}: {}", path.display(), case.name);
            cases += 1;
        }
    }
    assert!(types == 22 && cases >= 110, "{cases} cases of {types} types");
}

#[test]
fn too_few_or_too_many_registers_are_no_value() {
    for ty in ValueType::names().chain(["bit:3", "bits:0:7", "ascii:9"]).map(value_type) {
        for len in (0..12).filter(|len| *len != usize::from(ty.registers())) {
            assert_eq!(
                from_words(&vec![1; len], ty, WordOrder::Abcd, &[]),
                Err(Reason::Malformed),
                "{ty:?} from {len}"
            );
        }
    }
}

/// The registers that hold `bytes`, given most significant first.
fn laid_out(bytes: &[u8], order: WordOrder) -> Vec<u16> {
    let mut bytes = bytes.to_vec();
    match order {
        WordOrder::Dcba | WordOrder::Cdab => bytes.reverse(), // DCBA: all bytes the other way round
        WordOrder::Efghabcd | WordOrder::Fehgbadc => bytes.rotate_left(4),
        WordOrder::Abcd | WordOrder::Badc => {}
    }
    let swap = matches!(order, WordOrder::Badc | WordOrder::Cdab | WordOrder::Fehgbadc);
    let word = |pair: &[u8]| if swap { [pair[1], pair[0]] } else { [pair[0], pair[1]] };
    bytes.chunks(2).map(|pair| u16::from_be_bytes(word(pair))).collect()
}

/// The digits of `number`, so many to the base.
fn digits(mut number: u64, base: u64, count: usize) -> Vec<u64> {
    let mut digits = Vec::new();
    for _ in 0..count {
        digits.insert(0, number % base);
        number /= base;
    }
    digits
}

fn orders(registers: u16) -> impl Iterator<Item = WordOrder> {
    WordOrder::ALL.into_iter().filter(move |order| order.fits(registers))
}

fn point(value_type: ValueType, no_value: &[u64], multiplier: Option<Multiplier>) -> ModbusPoint {
    ModbusPoint {
        series: 0,
        function: crate::agent::config::Function::HoldingRegisters,
        register: 0,
        value_type,
        word_order: WordOrder::Abcd,
        no_value: no_value.to_vec(),
        multiplier,
    }
}

fn multiplier(value_type: ValueType, scale: &str, power_of_ten: bool) -> Multiplier {
    Multiplier {
        function: crate::agent::config::Function::HoldingRegisters,
        register: 0,
        value_type,
        word_order: WordOrder::Abcd,
        power_of_ten,
        scale: scale.parse().unwrap(),
    }
}

fn part(width: usize) -> Part {
    Part { point: 0, role: crate::agent::source::modbus::Role::Value, offset: 1, width }
}

/// `words` behind one that is another's.
fn answer(words: &[u16]) -> Answer {
    Answer::Words([&[0xDEAD], words].concat())
}

#[test]
fn a_pattern_of_no_value_is_a_reason_of_its_own() {
    let found = |value_type, no_value: &[u64], words: &[u16]| {
        value(&answer(words), &point(value_type, no_value, None), &part(words.len()), None)
    };
    assert_eq!(found(ValueType::U16, &[0xFFFF, 0x7FFF], &[0x7FFF]), Err(Reason::NoValue));
    assert_eq!(found(ValueType::U16, &[0xFFFF, 0x7FFF], &[0x7FFE]), Ok(RawValue::UInt(0x7FFE)));
    assert_eq!(found(ValueType::I32, &[0x8000_0000], &[0x8000, 0]), Err(Reason::NoValue));
    assert_eq!(found(ValueType::F32, &[0x7FC0_0000], &[0x7FC0, 0]), Err(Reason::NoValue), "before it is no number");
    assert_eq!(found(ValueType::F32, &[0x7FC0_0000], &[0x7FC0, 1]), Err(Reason::NotANumber));
    assert_eq!(found(ValueType::Bcd(1), &[0xFFFF], &[0xFFFF]), Err(Reason::NoValue), "before its digits are wrong");
    assert_eq!(found(ValueType::U64, &[u64::MAX], &[0xFFFF; 4]), Err(Reason::NoValue));
    assert_eq!(found(ValueType::U8Lo, &[0xFF], &[0x12FF]), Err(Reason::NoValue));
    assert_eq!(found(ValueType::Bits { first: 4, count: 4 }, &[0xF], &[0x00F0]), Err(Reason::NoValue));
}

#[test]
fn a_value_is_multiplied_exactly_or_not_at_all() {
    let decimal = |text: &str| text.parse::<Decimal>().unwrap();
    let times = |value_type, words: &[u16], factor: &str| {
        let point = point(value_type, &[], Some(multiplier(ValueType::U16, "1", false)));
        value(&answer(words), &point, &part(words.len()), Some(decimal(factor)))
    };
    assert_eq!(times(ValueType::U32, &[1, 2], "0.1"), Ok(RawValue::Decimal(decimal("6553.8"))));
    assert_eq!(times(ValueType::I16, &[0xFFFE], "0.25"), Ok(RawValue::Decimal(decimal("-0.5"))));
    assert_eq!(times(ValueType::F32, &[0x42F7, 0x0000], "40"), Ok(RawValue::Float(4940.0)));
    assert_eq!(times(ValueType::U64, &[0xFFFF; 4], "1.000000000001"), Err(Reason::OutOfRange), "32 digits");
    assert_eq!(times(ValueType::Bcd(1), &[0x00FF], "1"), Err(Reason::Malformed), "no digits, whatever the factor");
    let alone =
        value(&answer(&[5]), &point(ValueType::U16, &[], Some(multiplier(ValueType::U16, "1", false))), &part(1), None);
    assert_eq!(alone, Err(Reason::Missing), "without its factor there is no value");
}

#[test]
fn a_factor_is_a_register_or_its_power_of_ten() {
    let decimal = |text: &str| Ok(text.parse::<Decimal>().unwrap());
    let of = |words: &[u16], multiplier| factor(&answer(words), &multiplier, &part(words.len()));
    assert_eq!(of(&[400], multiplier(ValueType::U16, "0.1", false)), decimal("40"));
    assert_eq!(of(&[0xFFFE], multiplier(ValueType::I16, "1", true)), decimal("0.01"));
    assert_eq!(of(&[3], multiplier(ValueType::I16, "1", true)), decimal("1000"));
    assert_eq!(of(&[13], multiplier(ValueType::I16, "1", true)), Err(Reason::OutOfRange));
    assert_eq!(
        of(&[0], multiplier(ValueType::U16, "1", false)),
        Err(Reason::OutOfRange),
        "0 would take the reading away"
    );
    assert_eq!(of(&[0xFFFF], multiplier(ValueType::I16, "1", false)), Err(Reason::OutOfRange));
    assert_eq!(of(&[0x3F00, 0], multiplier(ValueType::F32, "1", false)), decimal("0.5"));
    assert_eq!(
        factor(&Answer::Exception(2), &multiplier(ValueType::U16, "1", false), &part(1)),
        Err(Reason::Exception)
    );
}

proptest! {
    #[test]
    fn whatever_was_laid_out_in_any_order_is_read_back(bits: u64) {
        for order in WordOrder::ALL {
            let eight = laid_out(&bits.to_be_bytes(), order);
            prop_assert_eq!(from_words(&eight, ValueType::U64, order, &[]), Ok(RawValue::UInt(bits)));
            prop_assert_eq!(from_words(&eight, ValueType::I64, order, &[]), Ok(RawValue::Int(bits as i64)));
            if !order.fits(2) {
                continue;
            }
            let four = laid_out(&(bits as u32).to_be_bytes(), order);
            let two = laid_out(&(bits as u16).to_be_bytes(), order);
            prop_assert_eq!(from_words(&four, ValueType::U32, order, &[]), Ok(RawValue::UInt((bits as u32).into())));
            prop_assert_eq!(from_words(&four, ValueType::I32, order, &[]), Ok(RawValue::Int((bits as i32).into())));
            prop_assert_eq!(from_words(&two, ValueType::U16, order, &[]), Ok(RawValue::UInt((bits as u16).into())));
            prop_assert_eq!(from_words(&two, ValueType::I16, order, &[]), Ok(RawValue::Int((bits as i16).into())));
            let float = f32::from_bits(bits as u32);
            match from_words(&four, ValueType::F32, order, &[]) {
                Ok(RawValue::Float(wide)) => prop_assert!(float.is_finite() && (wide as f32).to_bits() == float.to_bits()),
                other => prop_assert!(!float.is_finite() && other == Err(Reason::NotANumber)),
            }
        }
    }

    #[test]
    fn digits_are_read_back_from_every_order(number in 0..10_000_000_000_000_000_u64) {
        for registers in 1..=4_u8 {
            let number = number % 10_000_u64.pow(registers.into());
            let count = usize::from(registers);
            let bcd: Vec<u8> = digits(number, 10, 4 * count).chunks(2).map(|two| (two[0] << 4 | two[1]) as u8).collect();
            let words: Vec<u8> = digits(number, 10_000, count).iter().flat_map(|word| (*word as u16).to_be_bytes()).collect();
            let text: Vec<u8> = digits(number, 10, 4 * count).iter().map(|digit| b'0' + *digit as u8).collect();
            for order in orders(registers.into()) {
                let read = |bytes: &[u8], value_type| from_words(&laid_out(bytes, order), value_type, order, &[]);
                prop_assert_eq!(read(&bcd, ValueType::Bcd(registers)), Ok(RawValue::UInt(number)));
                prop_assert_eq!(read(&words, ValueType::Mod10k(registers)), Ok(RawValue::UInt(number)));
            }
            let text = laid_out(&text, WordOrder::Abcd);
            prop_assert_eq!(from_words(&text, ValueType::Ascii(2 * registers), WordOrder::Abcd, &[]), Ok(RawValue::UInt(number)));
        }
    }

    #[test]
    fn any_words_have_a_value_or_a_reason(words in proptest::collection::vec(any::<u16>(), 0..10), choice in 0..22_usize) {
        let types: Vec<_> = ValueType::names().chain(["bit:15", "bits:1:15", "ascii:4"]).map(value_type).collect();
        for order in WordOrder::ALL {
            let found = from_words(&words, types[choice], order, &[]);
            if let (Ok(RawValue::UInt(number)), Some(values)) = (found, types[choice].values()) {
                let whole = types[choice] == ValueType::U64 || types[choice] == ValueType::I64;
                prop_assert!(whole || number < values as u64);
            }
        }
    }
}

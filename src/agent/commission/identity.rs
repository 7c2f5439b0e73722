//! By what a meter's model is known: a read that gives one of its values.

use super::{
    ask::{Ask, Got},
    decoding,
};
use crate::agent::{
    config::{Function, ValueType, WordOrder},
    library::{Library, Model},
    source::{line::Endpoint, modbus},
};
use rust_decimal::Decimal;
use std::{collections::BTreeMap, str::FromStr};

/// What the meter library says.
pub fn of_library(library: &Library) -> Vec<Identity> {
    let of = |model: &Model| {
        let known = model.identity.as_ref()?;
        Some(Identity {
            model: model.id.clone(),
            function: known.function,
            register: known.register,
            value_type: known.value_type,
            word_order: known.word_order,
            values: known.values.clone(),
        })
    };
    library.models().filter_map(of).collect()
}

#[derive(Clone, PartialEq, Debug)]
pub struct Identity {
    /// The model's name in the meter library.
    pub model: String,
    pub function: Function,
    pub register: u16,
    pub value_type: ValueType,
    pub word_order: WordOrder,
    pub values: Vec<Decimal>,
}

impl Identity {
    fn read(&self) -> (u8, u16, u16) {
        (self.function as u8, self.register, self.value_type.registers())
    }

    fn is(&self, words: &[u16]) -> bool {
        let value = modbus::from_words(words, self.value_type, self.word_order, &[]);
        let number = value.ok().and_then(|value| Decimal::from_str(&decoding::shown(&value, self.value_type)).ok());
        number.is_some_and(|number| self.values.contains(&number))
    }
}

/// The models that the meter can be. Each register is read once, whatever the number of models.
pub async fn recognise(identities: &[Identity], unit: u8, endpoint: &mut Endpoint) -> Vec<String> {
    let mut reads: BTreeMap<(u8, u16, u16), Vec<&Identity>> = BTreeMap::new();
    for identity in identities {
        reads.entry(identity.read()).or_default().push(identity);
    }
    let mut models = Vec::new();
    for ((_, register, count), of) in reads {
        let Some(function) = of.first().map(|identity| identity.function) else { continue };
        // a meter that does not have it refuses or is silent: it is another model
        let answer = Ask::modbus(unit, function, register, count).send(endpoint).await;
        if let Ok(Got::Words(words)) = answer {
            models.extend(of.into_iter().filter(|identity| identity.is(&words)).map(|identity| identity.model.clone()));
        }
    }
    models.sort();
    models
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_model_is_known_by_one_of_its_values() {
        let identity = Identity {
            model: "make-model".into(),
            function: Function::HoldingRegisters,
            register: 11,
            value_type: ValueType::U32,
            word_order: WordOrder::Cdab,
            values: vec![Decimal::from(0x0001_0002), Decimal::from(7)],
        };
        assert!(identity.is(&[2, 1]) && identity.is(&[7, 0]));
        assert!(!identity.is(&[1, 2]) && !identity.is(&[7]));
        assert_eq!(identity.read(), (3, 11, 2));
    }
}

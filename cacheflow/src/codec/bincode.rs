//! bincode 2 in its standard configuration: little endian, integers as long as they
//! need to be.

use std::marker::PhantomData;

use bincode::config::standard;
use bincode::serde::{encode_into_std_write, seed_decode_from_slice};
use serde::de::{DeserializeOwned, DeserializeSeed};
use serde::{Deserializer, Serialize};

use super::guard::{self, Traits};
use crate::error::BoxError;

pub(super) const TRAITS: Traits = Traits {
    names_fields: false,
    bare_options: false,
    finite_only: false,
};

pub(super) fn encode<V: Serialize>(value: &V, out: &mut Vec<u8>) -> Result<(), BoxError> {
    guard::write(value, TRAITS, out, |value, out| {
        encode_into_std_write(value, out, standard()).map(drop)
    })
}

pub(super) fn decode<V: DeserializeOwned>(bytes: &[u8]) -> Result<V, BoxError> {
    let value = Value {
        bytes: bytes.len(),
        value: PhantomData,
    };
    let (value, read) = seed_decode_from_slice(value, bytes, standard())?;
    match read == bytes.len() {
        true => Ok(value),
        false => Err(super::TRAILING.into()),
    }
}

/// Reads a `V`, within the limits.
struct Value<V> {
    bytes: usize,
    value: PhantomData<V>,
}

impl<'de, V: DeserializeOwned> DeserializeSeed<'de> for Value<V> {
    type Value = V;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<V, D::Error> {
        guard::read(deserializer, self.bytes, TRAITS)
    }
}

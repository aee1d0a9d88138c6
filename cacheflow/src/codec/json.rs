//! JSON.

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::guard::{self, Traits};
use crate::error::BoxError;

pub(super) const TRAITS: Traits = Traits {
    names_fields: true,
    bare_options: true,
    finite_only: true,
};

pub(super) fn encode<V: Serialize>(value: &V, out: &mut Vec<u8>) -> Result<(), BoxError> {
    guard::write(value, TRAITS, out, |value, out| {
        serde_json::to_writer(out, value)
    })
}

pub(super) fn decode<V: DeserializeOwned>(bytes: &[u8]) -> Result<V, BoxError> {
    let mut deserializer = serde_json::Deserializer::from_slice(bytes);
    let value = guard::read(&mut deserializer, bytes.len(), TRAITS)?;
    deserializer.end()?;
    Ok(value)
}

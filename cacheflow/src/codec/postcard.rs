//! postcard.

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::guard::{self, Traits};
use crate::error::BoxError;

pub(super) const TRAITS: Traits = Traits {
    names_fields: false,
    bare_options: false,
    finite_only: false,
};

pub(super) fn encode<V: Serialize>(value: &V, out: &mut Vec<u8>) -> Result<(), BoxError> {
    guard::write(value, TRAITS, out, |value, out| {
        postcard::to_io(value, out).map(drop)
    })
}

pub(super) fn decode<V: DeserializeOwned>(bytes: &[u8]) -> Result<V, BoxError> {
    let mut deserializer = postcard::Deserializer::from_bytes(bytes);
    let value = guard::read(&mut deserializer, bytes.len(), TRAITS)?;
    match deserializer.finalize()?.is_empty() {
        true => Ok(value),
        false => Err(super::TRAILING.into()),
    }
}

//! MessagePack with field names.

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::guard::{self, Traits};
use crate::error::BoxError;

pub(super) const TRAITS: Traits = Traits {
    names_fields: true,
    bare_options: true,
    finite_only: false,
};

/// How deep MessagePack's own reader may go: deeper than the limits around it, which
/// are met first.
const DEPTH: usize = 1024;

pub(super) fn encode<V: Serialize>(value: &V, out: &mut Vec<u8>) -> Result<(), BoxError> {
    guard::write(value, TRAITS, out, |value, out| {
        value.serialize(&mut rmp_serde::Serializer::new(out).with_struct_map())
    })
}

pub(super) fn decode<V: DeserializeOwned>(bytes: &[u8]) -> Result<V, BoxError> {
    let mut rest = bytes;
    let mut deserializer = rmp_serde::Deserializer::new(&mut rest);
    deserializer.set_max_depth(DEPTH);
    let value = guard::read(&mut deserializer, bytes.len(), TRAITS)?;
    match rest.is_empty() {
        true => Ok(value),
        false => Err(super::TRAILING.into()),
    }
}

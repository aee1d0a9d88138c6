//! MessagePack with field names.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

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
    // Of a slice, so that texts are read where they are.
    let mut deserializer = rmp_serde::Deserializer::from_read_ref(bytes);
    deserializer.set_max_depth(DEPTH);
    let value = guard::read(&mut deserializer, bytes.len(), TRAITS)?;
    // It does not tell how far it has come; but at the end there is no next value.
    match <()>::deserialize(&mut deserializer) {
        Err(rmp_serde::decode::Error::InvalidMarkerRead(_)) => Ok(value),
        _ => Err(super::TRAILING.into()),
    }
}

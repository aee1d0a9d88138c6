//! The fingerprint of a type's schema: what its `Deserialize` asks for.
//!
//! A type is traced once. A deserializer without bytes is handed to it, which walks
//! into one part of the type at a time, writes down what is asked for there, and ends
//! the attempt. So no value has to be made of the types that lie beside the way: a
//! date, an address or a number that must not be zero are a text, a text and a number.
//! Only what stands *before* a part of a tuple has to be made up ([`made_up`]).
//!
//! ```text
//! struct User { id: u64, nick: Option<String> }
//!
//! attempt 1   the whole              → struct "User" with "id" and "nick"
//! attempt 2   "id" of the struct     → u64
//! attempt 3   "nick" of the struct   → option of str
//! ```
//!
//! The fingerprint covers names of types, fields and variants, the types of fields,
//! options, sequences, maps and tuples. Where fields have names when they are written,
//! it does not cover their order.
//!
//! What asks for "whatever there is" cannot be traced: untagged and internally tagged
//! enums, flattened fields, `serde_json::Value`. And what a hand-written `Deserialize`
//! makes of a text or a number is its own business: a `schema_version` says that it
//! has changed.

mod made_up;
mod shape;
mod walk;

use std::any::TypeId;
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use serde::de::DeserializeOwned;

use shape::Shapes;

/// How a type is asked, and what matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Way {
    pub(super) is_human_readable: bool,
    /// Fields are found by their names, in any order.
    pub(super) names_fields: bool,
}

/// What was traced before: once for each type and way.
static TRACED: Mutex<Option<Traced>> = Mutex::new(None);

type Traced = HashMap<(TypeId, Way), Option<u64>>;

/// The fingerprint of `V`; `None` if it cannot be traced.
pub(super) fn fingerprint<V: DeserializeOwned + 'static>(way: Way) -> Option<u64> {
    let key = (TypeId::of::<V>(), way);
    let known = |traced: &Option<Traced>| traced.as_ref()?.get(&key).copied();
    if let Some(fingerprint) = known(&TRACED.lock().unwrap_or_else(PoisonError::into_inner)) {
        return fingerprint;
    }
    // Without the lock: it runs code of the type's own.
    let description = describe::<V>(way);
    let fingerprint = description.map(|description| hash(description.as_bytes()));
    let mut traced = TRACED.lock().unwrap_or_else(PoisonError::into_inner);
    traced.get_or_insert_default().insert(key, fingerprint);
    fingerprint
}

/// A fingerprint together with what the user says of the type.
pub(super) fn versioned(fingerprint: Option<u64>, version: u32) -> u64 {
    let fingerprint = fingerprint.unwrap_or(0).to_le_bytes();
    hash(&[b"version", &version.to_le_bytes()[..], &fingerprint].concat())
}

/// Never 0, which stands for none.
fn hash(bytes: &[u8]) -> u64 {
    let hash = blake3::hash(bytes);
    let first = hash.as_bytes().first_chunk().copied();
    first.map_or(1, u64::from_le_bytes).max(1)
}

/// So many attempts are made at a type at most.
const ATTEMPTS: usize = 20_000;

/// The schema as text.
fn describe<V: DeserializeOwned>(way: Way) -> Option<String> {
    let mut shapes = Shapes::default();
    for _ in 0..ATTEMPTS {
        let Some(wanted) = shapes.wanted() else {
            return shapes.describe(way.names_fields);
        };
        let attempt = walk::Attempt::new(shapes, way.is_human_readable, wanted);
        // The value is of no interest; nor, if there is none, the reason.
        let _ = V::deserialize(walk::Walk::begin(&attempt));
        shapes = attempt.end()?;
    }
    None
}

#[cfg(test)]
mod tests;

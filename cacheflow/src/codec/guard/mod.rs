//! Limits on the way of a value into bytes and out of them, the same for every
//! format.
//!
//! A format's own serializer and deserializer are wrapped, and with them whatever
//! they hand out, so that each step into a nested value is seen here:
//!
//! - **depth**: a type that contains itself is followed [`MAX_DEPTH`] steps deep and
//!   no further, whether the steps take bytes or not;
//! - **elements**: what takes no bytes, such as the elements of a `Vec<()>`, may not
//!   come by the billion;
//! - **agreement**: what the format would read back as something else is refused when
//!   it is written: `Some(None)` where both are the same byte, a number that is none
//!   in JSON, a field that is left out where fields have no names.

mod read;
mod write;

use std::cell::Cell;

use serde::de::DeserializeOwned;
use serde::{Deserializer, Serialize};

pub(super) use write::Written;

/// How many steps deep values may be nested: into an option, a newtype, a variant, an
/// element or a field. Deeper ones could overflow a thread's stack. A little less than
/// what `serde_json` bears by itself.
pub const MAX_DEPTH: u32 = 120;

/// So many elements may come beside those that take a byte at least.
const FREE_ELEMENTS: usize = 64 * 1024;

/// What a format can express, as far as it matters here.
#[derive(Clone, Copy, Debug)]
pub(super) struct Traits {
    /// Fields are written with their names.
    pub(super) names_fields: bool,
    /// An option is written as its content or as nothing, so that `Some(None)` is
    /// `None` when it is read.
    pub(super) bare_options: bool,
    /// Infinities and what is not a number are written as nothing.
    pub(super) finite_only: bool,
}

/// The limits of one value on its way.
#[derive(Debug)]
pub(super) struct Bounds {
    traits: Traits,
    /// How many elements may come yet.
    elements: Cell<usize>,
    /// Why a value was refused: not every format's error tells.
    refused: Cell<Option<&'static str>>,
}

impl Bounds {
    fn new(traits: Traits, elements: usize) -> Self {
        Self {
            traits,
            elements: Cell::new(elements),
            refused: Cell::new(None),
        }
    }

    /// Counts one element; `false` if there were too many.
    fn element(&self) -> bool {
        let left = self.elements.get();
        self.elements.set(left.saturating_sub(1));
        left > 0
    }
}

/// What is wrong with a value that is nested too deep.
const TOO_DEEP: &str = "nested too deep";
/// What is wrong with one that has too many elements for its bytes.
const TOO_MANY: &str = "too many elements that take no bytes";

/// Reads a value of `bytes` bytes with `deserializer`, within the limits.
pub(super) fn read<'de, D, V>(deserializer: D, bytes: usize, traits: Traits) -> Result<V, D::Error>
where
    D: Deserializer<'de>,
    V: DeserializeOwned,
{
    let bounds = Bounds::new(traits, bytes.saturating_add(FREE_ELEMENTS));
    V::deserialize(read::Guard::new(deserializer, &bounds))
}

/// Writes `value` with what `write` does with it, within the limits.
///
/// # Errors
///
/// What `write` answers, and if what it wrote could not be read again.
pub(super) fn write<V, E>(
    value: &V,
    traits: Traits,
    out: &mut Vec<u8>,
    write: impl FnOnce(&Written<'_, V>, &mut Vec<u8>) -> Result<(), E>,
) -> Result<(), crate::error::BoxError>
where
    V: Serialize + ?Sized,
    E: Into<crate::error::BoxError>,
{
    let bounds = Bounds::new(traits, usize::MAX);
    let before = out.len();
    if let Err(error) = write(&Written::new(value, &bounds), out) {
        return Err(bounds
            .refused
            .get()
            .map_or_else(|| error.into(), Into::into));
    }
    let elements = usize::MAX - bounds.elements.get();
    if elements > (out.len() - before).saturating_add(FREE_ELEMENTS) {
        return Err(TOO_MANY.into());
    }
    Ok(())
}

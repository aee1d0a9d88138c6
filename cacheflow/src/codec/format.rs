//! Formats of one's own.

use std::fmt;

use serde::de::DeserializeOwned;
use serde::{Deserializer, Serialize};

use super::guard::{self, Traits};
use crate::error::BoxError;

/// A format of your own, as an object: [`Codec::custom`](super::Codec::custom).
///
/// What a value looks like is serde's business; a format says with which serializer
/// and deserializer. Limits on nesting, size and schema are kept around it.
///
/// ```
/// use cacheflow::codec::{Codec, Format, Reading, erased_serde};
/// use cacheflow::{BoxError, Cache, CacheFlow};
///
/// /// JSON that people can read.
/// struct PrettyJson;
///
/// impl Format for PrettyJson {
///     fn id(&self) -> u8 {
///         128
///     }
///
///     fn name(&self) -> &'static str {
///         "pretty-json"
///     }
///
///     fn encode(
///         &self,
///         value: &dyn erased_serde::Serialize,
///         out: &mut Vec<u8>,
///     ) -> Result<(), BoxError> {
///         Ok(serde_json::to_writer_pretty(out, value)?)
///     }
///
///     fn decode(&self, bytes: &[u8], reading: Reading<'_>) -> Result<(), BoxError> {
///         let mut deserializer = serde_json::Deserializer::from_slice(bytes);
///         reading.read(&mut deserializer)?;
///         Ok(deserializer.end()?)
///     }
/// }
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let flow = CacheFlow::builder().codec(Codec::custom(PrettyJson)).build().await?;
/// let users: Cache<u64, String> = flow.cache("users").build()?;
/// # Ok(()) }
/// ```
pub trait Format: Send + Sync + 'static {
    /// What stands in an entry to name this format: 128 to 255. An entry that another
    /// has written is a miss.
    fn id(&self) -> u8;

    /// What it is called in messages.
    fn name(&self) -> &'static str;

    /// Whether fields are written with their names. If not, only types whose schema is
    /// known can be cached. By default they are.
    fn names_fields(&self) -> bool {
        true
    }

    /// Whether infinities, and what is not a number, are read as they were written. By
    /// default not: such values are not kept.
    fn keeps_non_finite(&self) -> bool {
        false
    }

    /// Appends the value's bytes to `out`.
    ///
    /// # Errors
    ///
    /// Whatever the format cannot express: the value is not kept.
    fn encode(
        &self,
        value: &dyn erased_serde::Serialize,
        out: &mut Vec<u8>,
    ) -> Result<(), BoxError>;

    /// Gives `reading` a deserializer of `bytes`, the whole of which must be the value.
    ///
    /// # Errors
    ///
    /// Whatever is no such value: a miss.
    fn decode(&self, bytes: &[u8], reading: Reading<'_>) -> Result<(), BoxError>;
}

/// What [`Format::decode`] gives its deserializer to.
pub struct Reading<'r>(&'r mut ReadErased<'r>);

type ReadErased<'r> =
    dyn FnMut(&mut dyn erased_serde::Deserializer<'_>) -> Result<(), erased_serde::Error> + 'r;

impl Reading<'_> {
    /// Reads the value.
    ///
    /// # Errors
    ///
    /// Whatever is no such value.
    pub fn read<'de, D: Deserializer<'de>>(self, deserializer: D) -> Result<(), BoxError> {
        let mut erased = <dyn erased_serde::Deserializer<'de>>::erase(deserializer);
        Ok((self.0)(&mut erased)?)
    }
}

impl fmt::Debug for Reading<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Reading")
    }
}

pub(super) fn traits(format: &dyn Format) -> Traits {
    Traits {
        names_fields: format.names_fields(),
        bare_options: true,
        finite_only: !format.keeps_non_finite(),
    }
}

pub(super) fn encode<V: Serialize>(
    format: &dyn Format,
    value: &V,
    out: &mut Vec<u8>,
) -> Result<(), BoxError> {
    guard::write(value, traits(format), out, |value, out| {
        format.encode(value, out)
    })
}

pub(super) fn decode<V: DeserializeOwned>(
    format: &dyn Format,
    bytes: &[u8],
) -> Result<V, BoxError> {
    let mut value = None;
    let mut read = |deserializer: &mut dyn erased_serde::Deserializer<'_>| {
        value = Some(guard::read(deserializer, bytes.len(), traits(format))?);
        Ok(())
    };
    format.decode(bytes, Reading(&mut read))?;
    value.ok_or_else(|| "the format has read nothing".into())
}

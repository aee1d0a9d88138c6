//! Codecs: values as bytes, and back.
//!
//! A codec is chosen by configuration, never by what the bytes say of
//! themselves.

mod msgpack;

use serde::Serialize;
use serde::de::DeserializeOwned;

pub use msgpack::MessagePack;

use crate::error::{BoxError, Error, ErrorKind, Result};

/// A way to write values as bytes.
///
/// Implement it for a format of your own; an entry that another codec wrote is
/// a miss.
pub trait Codec: Send + Sync + 'static {
    /// What stands in an entry to name this codec. 0 to 127 are the
    /// framework's; use 128 to 255 for your own.
    const ID: u8;

    /// Appends `value`'s bytes to `out`.
    ///
    /// # Errors
    ///
    /// Whatever the format cannot express.
    fn encode<V: Serialize>(&self, value: &V, out: &mut Vec<u8>) -> Result<(), BoxError>;

    /// Reads a value that this codec wrote; the whole of `bytes` must be it.
    ///
    /// # Errors
    ///
    /// Whatever is not such a value, in bounded time, memory and stack.
    fn decode<V: DeserializeOwned>(&self, bytes: &[u8]) -> Result<V, BoxError>;
}

/// A [`Codec`] for one type of value, as an object.
pub(crate) trait ValueCodec<V>: Send + Sync {
    fn id(&self) -> u8;
    fn encode(&self, value: &V) -> Result<Vec<u8>>;
    fn decode(&self, bytes: &[u8]) -> Result<V>;
}

impl<C: Codec, V: Serialize + DeserializeOwned> ValueCodec<V> for C {
    fn id(&self) -> u8 {
        C::ID
    }

    fn encode(&self, value: &V) -> Result<Vec<u8>> {
        let mut out = Vec::new();
        Codec::encode(self, value, &mut out)
            .map_err(|error| Error::new(ErrorKind::Codec, "encode", "").because(error))?;
        Ok(out)
    }

    fn decode(&self, bytes: &[u8]) -> Result<V> {
        Codec::decode(self, bytes)
            .map_err(|error| Error::new(ErrorKind::Codec, "decode", "").because(error))
    }
}

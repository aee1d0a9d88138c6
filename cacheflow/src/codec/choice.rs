//! Which codec, as an option.

use std::fmt;
use std::sync::Arc;

use serde::Serialize;
use serde::de::DeserializeOwned;

#[cfg(feature = "bincode")]
use super::bincode;
use super::format::{self, Format};
use super::guard::Traits;
#[cfg(feature = "json")]
use super::json;
#[cfg(feature = "msgpack")]
use super::msgpack;
#[cfg(feature = "postcard")]
use super::postcard;
use crate::error::{BoxError, Error, ErrorKind, Result};

/// How values are written as bytes: an option of a flow and of a cache.
///
/// | codec | feature | id | fields have names | good for |
/// |---|---|---|---|---|
/// | `MessagePack` | `msgpack`, a default | 1 | yes | nearly everything |
/// | `Json` | `json` | 2 | yes | values that people look at |
/// | `Bincode` | `bincode` | 3 | no | many small values, quickly |
/// | `Postcard` | `postcard` | 4 | no | the fewest bytes |
/// | [`custom`](Self::custom) | | 128 to 255 | as it says | what you have |
///
/// An entry that another codec has written is a miss, and so is one of a type whose
/// schema has changed. Where fields have names, a type may have its fields and variants
/// reordered; where they have none, not even that is left.
///
/// Not every value can be read back as what it was. Such a value is returned, and not
/// kept: `Some(None)` where fields have names, which would be read as `None`; a number
/// in JSON that is not finite; a field that is left out (`skip_serializing_if`) where
/// fields have no names; what is nested deeper than
/// [`MAX_DEPTH`](super::MAX_DEPTH).
///
/// What a type leaves out on purpose (`#[serde(skip)]`), memory has and the shared store
/// has not. A type whose `Serialize` and `Deserialize` disagree is not for a codec
/// without names.
///
/// ```
/// use cacheflow::codec::Codec;
///
/// let codec = Codec::MessagePack;
/// let mut bytes = Vec::new();
/// codec.encode(&("Ada", 36), &mut bytes)?;
/// let back: (String, u32) = codec.decode(&bytes)?;
/// assert_eq!(back, ("Ada".to_owned(), 36));
/// # Ok::<_, cacheflow::Error>(())
/// ```
#[derive(Clone)]
#[non_exhaustive]
pub enum Codec {
    /// MessagePack with field names.
    #[cfg(feature = "msgpack")]
    MessagePack,
    /// JSON.
    #[cfg(feature = "json")]
    Json,
    /// bincode 2, standard configuration. Without a maintainer since 2025: not the
    /// first choice for something new.
    #[cfg(feature = "bincode")]
    Bincode,
    /// postcard.
    #[cfg(feature = "postcard")]
    Postcard,
    /// A format of your own.
    Custom(Arc<dyn Format>),
}

impl Codec {
    /// All that are compiled in.
    const ALL: &'static [Self] = &[
        #[cfg(feature = "msgpack")]
        Self::MessagePack,
        #[cfg(feature = "json")]
        Self::Json,
        #[cfg(feature = "bincode")]
        Self::Bincode,
        #[cfg(feature = "postcard")]
        Self::Postcard,
    ];

    /// A format of your own.
    pub fn custom(format: impl Format) -> Self {
        Self::Custom(Arc::new(format))
    }

    /// The codec of this name, for configuration: `msgpack`, `json`, `bincode`,
    /// `postcard`.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidConfig`], naming what is compiled in.
    pub fn named(name: &str) -> Result<Self> {
        Self::named_or_fault(name)
            .map_err(|fault| Error::new(ErrorKind::InvalidConfig, "codec", fault))
    }

    /// The same for those who collect faults.
    pub(crate) fn named_or_fault(name: &str) -> Result<Self, String> {
        let known = Self::ALL.iter().find(|codec| codec.name() == name);
        known.cloned().ok_or_else(|| {
            let all: Vec<_> = Self::ALL.iter().map(Self::name).collect();
            format!("codec = {name:?}: allowed are {}", all.join(", "))
        })
    }

    /// The name of the codec that writes this id into its entries, if it is one of those
    /// that are compiled in.
    pub(crate) fn name_of(id: u8) -> Option<&'static str> {
        let known = Self::ALL.iter().find(|codec| codec.id() == id);
        known.map(Self::name)
    }

    /// The one that is taken where nobody chooses: MessagePack, if it is compiled in.
    pub(crate) fn preset() -> Option<Self> {
        #[cfg(feature = "msgpack")]
        return Some(Self::MessagePack);
        #[cfg(not(feature = "msgpack"))]
        return None;
    }

    /// Its name in configuration and messages.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            #[cfg(feature = "msgpack")]
            Self::MessagePack => "msgpack",
            #[cfg(feature = "json")]
            Self::Json => "json",
            #[cfg(feature = "bincode")]
            Self::Bincode => "bincode",
            #[cfg(feature = "postcard")]
            Self::Postcard => "postcard",
            Self::Custom(format) => format.name(),
        }
    }

    /// What names it in an entry.
    #[must_use]
    pub fn id(&self) -> u8 {
        match self {
            #[cfg(feature = "msgpack")]
            Self::MessagePack => 1,
            #[cfg(feature = "json")]
            Self::Json => 2,
            #[cfg(feature = "bincode")]
            Self::Bincode => 3,
            #[cfg(feature = "postcard")]
            Self::Postcard => 4,
            Self::Custom(format) => format.id(),
        }
    }

    /// What is wrong with it.
    pub(crate) fn fault(&self) -> Option<String> {
        match self {
            Self::Custom(format) if format.id() < 128 => Some(format!(
                "codec {}: its id is {}, allowed is 128 to 255",
                format.name(),
                format.id()
            )),
            _ => None,
        }
    }

    pub(super) fn traits(&self) -> Traits {
        match self {
            #[cfg(feature = "msgpack")]
            Self::MessagePack => msgpack::TRAITS,
            #[cfg(feature = "json")]
            Self::Json => json::TRAITS,
            #[cfg(feature = "bincode")]
            Self::Bincode => bincode::TRAITS,
            #[cfg(feature = "postcard")]
            Self::Postcard => postcard::TRAITS,
            Self::Custom(format) => format::traits(&**format),
        }
    }

    /// Whether it is a text, for which some types are written in another way.
    pub(super) fn is_human_readable(&self) -> bool {
        match self {
            #[cfg(feature = "json")]
            Self::Json => true,
            // Nobody knows: what differs between the two is then not in the schema.
            _ => false,
        }
    }

    /// Appends `value`'s bytes to `out`.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Codec`]: what the format cannot express, or would read back as
    /// something else. What `out` holds then is of no use.
    pub fn encode<V: Serialize>(&self, value: &V, out: &mut Vec<u8>) -> Result<()> {
        let encoded = match self {
            #[cfg(feature = "msgpack")]
            Self::MessagePack => msgpack::encode(value, out),
            #[cfg(feature = "json")]
            Self::Json => json::encode(value, out),
            #[cfg(feature = "bincode")]
            Self::Bincode => bincode::encode(value, out),
            #[cfg(feature = "postcard")]
            Self::Postcard => postcard::encode(value, out),
            Self::Custom(format) => format::encode(&**format, value, out),
        };
        encoded.map_err(|error| self.failed("encode", error))
    }

    /// Reads a value that this codec wrote; the whole of `bytes` must be it.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Codec`]: whatever is not such a value, in time, memory and stack
    /// that are bounded by the length of `bytes` and the size of `V`.
    pub fn decode<V: DeserializeOwned>(&self, bytes: &[u8]) -> Result<V> {
        let value = match self {
            #[cfg(feature = "msgpack")]
            Self::MessagePack => msgpack::decode(bytes),
            #[cfg(feature = "json")]
            Self::Json => json::decode(bytes),
            #[cfg(feature = "bincode")]
            Self::Bincode => bincode::decode(bytes),
            #[cfg(feature = "postcard")]
            Self::Postcard => postcard::decode(bytes),
            Self::Custom(format) => format::decode(&**format, bytes),
        };
        value.map_err(|error| self.failed("decode", error))
    }

    #[cold]
    fn failed(&self, operation: &'static str, error: BoxError) -> Error {
        Error::new(ErrorKind::Codec, operation, self.name()).because(error)
    }
}

/// Two codecs are equal if entries of the one are those of the other.
impl PartialEq for Codec {
    fn eq(&self, other: &Self) -> bool {
        self.id() == other.id()
    }
}

impl Eq for Codec {}

impl fmt::Debug for Codec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl fmt::Display for Codec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

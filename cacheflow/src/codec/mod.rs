//! Values as bytes, and back.
//!
//! What lies in the shared store outlives a deploy, is read by other versions of the
//! service, and may have been written by somebody else. Whatever lies there, reading it
//! gives the value that was kept, or is a miss; quickly, in bounded memory and stack.
//!
//! ```text
//! value ─▶ encode ─▶ compress ─▶ seal ─▶ bytes in the shared store
//!          Codec     Compression  KeyRing
//! ```
//!
//! A codec is chosen by configuration, never by what the bytes say of themselves. How
//! they are laid out, byte for byte, stands in `docs/wire-format.md`.
//!
//! | option | of | what | default |
//! |---|---|---|---|
//! | `codec` | flow, cache | the format: [`Codec`] | MessagePack with field names |
//! | `schema_version` | cache | what the type's schema does not say | none |
//! | `compression`, `compress_above` | flow, cache | [`Compression`] | zstd above 1 KiB |
//! | `sealing` | flow | encryption: [`KeyRing`] | none |
//! | `max_value_bytes` | cache | the longest encoding | 1 MiB |
//!
//! Not promised: that what a value takes in memory is bounded by its bytes. A type whose
//! elements are a thousand times as large as the least of their bytes takes that much.

#[cfg(feature = "bincode")]
mod bincode;
mod choice;
mod compress;
mod format;
mod guard;
#[cfg(feature = "json")]
mod json;
#[cfg(feature = "msgpack")]
mod msgpack;
#[cfg(feature = "postcard")]
mod postcard;
mod schema;
#[cfg(feature = "seal")]
mod seal;
mod value;
mod wire;

pub use choice::Codec;
pub use compress::Compression;
#[cfg(feature = "zstd")]
pub use compress::{Dictionaries, Dictionary};
pub use erased_serde;
pub use format::{Format, Reading};
pub use guard::MAX_DEPTH;
#[cfg(feature = "seal")]
pub use seal::KeyRing;
pub(crate) use value::ValueCodec;
pub(crate) use wire::Sealing;
pub use wire::{Packed, Wire};

/// What is wrong with bytes that go on behind their value.
#[cfg(any(feature = "msgpack", feature = "bincode", feature = "postcard"))]
const TRAILING: &str = "bytes after the value";

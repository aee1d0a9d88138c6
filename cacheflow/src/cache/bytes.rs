//! How a cache's values are written: options of its builder.

use super::{CacheBuilder, CacheValue};
use crate::codec::{Codec, Compression};
use crate::config::{CacheConfig, Written};

impl<K, V: CacheValue> CacheBuilder<K, V> {
    /// How values are written in the shared store, in place of the flow's codec.
    ///
    /// A codec that does not write the names of fields (bincode, postcard) is refused for
    /// a type whose schema cannot be traced, unless there is a
    /// [`schema_version`](Self::schema_version).
    pub fn codec(self, codec: Codec) -> Self {
        self.set(move |config| config.bytes.codec = Some(codec.clone()))
    }

    /// To be raised when values change their meaning: what was kept under another version
    /// is a miss.
    ///
    /// Names and types of fields and variants are looked at by themselves. Of what cannot
    /// be traced (untagged and internally tagged enums, flattened fields,
    /// `serde_json::Value`), and of what a hand-written `Deserialize` makes of a text or a
    /// number, the version alone tells.
    pub fn schema_version(self, version: u32) -> Self {
        self.set(move |config| config.bytes.schema_version = Some(version))
    }

    /// Whether and how values are compressed in the shared store, in place of the flow's.
    pub fn compression(self, compression: Compression) -> Self {
        self.set(move |config| config.bytes.compression = Some(compression.clone()))
    }

    /// Encodings of up to this many bytes are stored as they are; whatever
    /// [`compression`](Self::compression) says. 0 to 512 MiB.
    pub fn compress_above(self, bytes: usize) -> Self {
        self.set(move |config| config.bytes.compress_above = Some(bytes))
    }

    /// How values are written, and what stands for their schema.
    pub(super) fn schema(&self, config: &CacheConfig) -> Result<(Written, u64), String> {
        let written = config.bytes.within(&self.flow.present().bytes)?;
        // What stays in this process is not written at all.
        let schema = match config.in_process {
            true => 0,
            false => written.codec.schema::<V>(written.schema_version)?,
        };
        Ok((written, schema))
    }
}

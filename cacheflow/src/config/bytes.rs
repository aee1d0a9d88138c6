//! How values are written: options of a flow and of a cache.

use super::Faults;
use crate::codec::{Codec, Compression};

/// What is said of a flow's values, or of a cache's. What a cache does not say, its flow
/// does; what neither says has a preset.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct BytesConfig {
    pub(crate) codec: Option<Codec>,
    pub(crate) compression: Option<Compression>,
    /// The longest encoding that is stored as it is: wins over the one in
    /// `compression`.
    pub(crate) compress_above: Option<usize>,
    /// What the schema of the cache's values does not say.
    pub(crate) schema_version: Option<u32>,
}

/// How a cache's values are written.
#[derive(Clone, Debug)]
pub(crate) struct Written {
    pub(crate) codec: Codec,
    pub(crate) compression: Compression,
    pub(crate) schema_version: Option<u32>,
}

impl BytesConfig {
    /// Adds all that is wrong with these options to `faults`.
    pub(crate) fn check(&self, faults: &mut Faults) {
        let Self {
            codec,
            compression,
            compress_above,
            schema_version: _,
        } = self;
        if let Some(fault) = codec.as_ref().and_then(Codec::fault) {
            faults.add(fault);
        }
        let mut compression = compression.clone().unwrap_or_default();
        compression.above = compress_above.or(compression.above);
        for fault in compression.faults() {
            faults.add(fault);
        }
    }

    /// A cache's options, with its flow's where it has none of its own.
    ///
    /// # Errors
    ///
    /// If nobody chooses a codec, and the preset is not compiled in.
    pub(crate) fn within(&self, flow: &Self) -> Result<Written, String> {
        let codec = self.codec.as_ref().or(flow.codec.as_ref());
        let codec = codec.cloned().or_else(Codec::preset).ok_or(
            "codec: the feature msgpack is off, so there is no default; allowed is another one",
        )?;
        let compression = self.compression.as_ref().or(flow.compression.as_ref());
        let mut compression = compression.cloned().unwrap_or_default();
        if let Some(above) = self.compress_above.or(flow.compress_above) {
            compression.above = Some(above);
        }
        Ok(Written {
            codec,
            compression,
            schema_version: self.schema_version,
        })
    }
}

#[cfg(all(test, feature = "msgpack", feature = "zstd"))]
mod tests {
    use super::*;

    /// The defaults that the builders' documentation names.
    #[test]
    fn defaults() {
        let nothing = BytesConfig::default();
        let written = nothing.within(&nothing).unwrap();
        assert_eq!(written.codec, Codec::MessagePack);
        assert_eq!(written.compression, Compression::zstd());
        assert_eq!(written.compression.level, Some(3));
        assert_eq!(written.compression.threshold(), 1024);
        assert_eq!(written.schema_version, None);
    }

    #[test]
    fn what_a_cache_does_not_say_its_flow_does() {
        let flow = BytesConfig {
            compression: Some(Compression::zstd().level(7)),
            compress_above: Some(5),
            ..BytesConfig::default()
        };
        let written = BytesConfig::default().within(&flow).unwrap();
        let expected = Compression::zstd().level(7).above(5);
        assert_eq!(written.compression, expected);

        let cache = BytesConfig {
            compression: Some(Compression::none()),
            compress_above: Some(9),
            ..BytesConfig::default()
        };
        let written = cache.within(&flow).unwrap();
        assert_eq!(written.compression, Compression::none().above(9));
    }
}

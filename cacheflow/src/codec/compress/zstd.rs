//! zstd, with contexts that are used again: to make one costs seven times what it
//! does with a short value.

use std::collections::BTreeMap;
use std::fmt;

use zstd::bulk::{Compressor, Decompressor};
use zstd::zstd_safe::{get_dict_id_from_frame, get_frame_content_size};

use super::pool::Pool;
use super::{Compression, Dictionary};
use crate::error::Unreadable;
use crate::live::Live;

/// Compresses and decompresses the values of one cache.
pub(in crate::codec) struct Packer {
    how: Live<How>,
    newest: Option<Dictionary>,
    plain: Pool<Decompressor<'static>>,
    by_version: BTreeMap<u32, (Dictionary, Pool<Decompressor<'static>>)>,
}

/// How values are compressed at present.
struct How {
    /// `None` if nothing is compressed.
    level: Option<i32>,
    above: usize,
    /// Of this level.
    compressors: Pool<Compressor<'static>>,
}

impl How {
    fn new(compression: &Compression) -> Self {
        Self {
            level: compression.level,
            above: compression.threshold(),
            compressors: Pool::new(),
        }
    }

    /// `None` if they are stored as they are, whatever would become of them.
    fn level_for(&self, bytes: &[u8]) -> Option<i32> {
        self.level.filter(|_| bytes.len() > self.above)
    }
}

impl Packer {
    pub(in crate::codec) fn new(compression: &Compression) -> Self {
        let all = compression.dictionaries.iter();
        Self {
            how: Live::new(How::new(compression)),
            newest: compression.dictionaries.newest().cloned(),
            plain: Pool::new(),
            by_version: all
                .map(|it| (it.version(), (it.clone(), Pool::new())))
                .collect(),
        }
    }

    /// Whether they are compressed, if that makes them shorter.
    pub(in crate::codec) fn tries(&self, bytes: &[u8]) -> bool {
        self.how.get().level_for(bytes).is_some()
    }

    /// Compresses so from here on; the dictionaries stay.
    pub(in crate::codec) fn compress(&self, compression: &Compression) {
        let before = self.how.get();
        let after = How::new(compression);
        if (before.level, before.above) != (after.level, after.above) {
            self.how.set(after);
        }
    }

    /// The compressed bytes; `None` if they are to be stored as they are.
    pub(in crate::codec) fn pack(&self, bytes: &[u8]) -> Option<Vec<u8>> {
        let how = self.how.get();
        let level = how.level_for(bytes)?;
        let make = || match &self.newest {
            Some(dictionary) => Compressor::with_dictionary(level, dictionary.as_bytes()),
            None => Compressor::new(level),
        };
        // What does not become shorter does not find room, which ends the attempt.
        let mut packed = Vec::with_capacity(bytes.len().saturating_sub(1));
        let compressed = how.compressors.with(make, |compressor| {
            compressor.compress_to_buffer(bytes, &mut packed)
        });
        compressed.ok().map(|_| packed)
    }

    /// The bytes that were compressed, if there are no more than `most`.
    pub(in crate::codec) fn unpack(
        &self,
        bytes: &[u8],
        most: usize,
    ) -> Result<Vec<u8>, Unreadable> {
        let length = match get_frame_content_size(bytes) {
            Ok(Some(length)) => usize::try_from(length).map_err(|_| Unreadable::TooLong)?,
            _ => return Err(Unreadable::Payload),
        };
        if length > most {
            return Err(Unreadable::TooLong);
        }
        let version = get_dict_id_from_frame(bytes);
        let mut unpacked = Vec::with_capacity(length);
        let decompress =
            |it: &mut Decompressor<'static>| it.decompress_to_buffer(bytes, &mut unpacked);
        let done = match version {
            None => self.plain.with(Decompressor::new, decompress),
            Some(version) => {
                let known = self.by_version.get(&version.get());
                let (dictionary, pool) = known.ok_or(Unreadable::Dictionary)?;
                let make = || Decompressor::with_dictionary(dictionary.as_bytes());
                pool.with(make, decompress)
            }
        };
        match done {
            Ok(_) if unpacked.len() == length => Ok(unpacked),
            _ => Err(Unreadable::Payload),
        }
    }
}

impl fmt::Debug for Packer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Packer")
            .field("level", &self.how.get().level)
            .field("above", &self.how.get().above)
            .field("newest", &self.newest)
            .finish_non_exhaustive()
    }
}

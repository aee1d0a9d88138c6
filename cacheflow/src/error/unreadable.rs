//! Why stored bytes are a miss.

use std::fmt;

/// Why bytes cannot be taken for an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Unreadable {
    /// Shorter than its header, or than its header says.
    Truncated,
    /// Not written by this framework.
    Magic,
    /// Written in another version of the format.
    Version,
    /// Written by another codec than the one configured.
    Codec,
    /// Uses a feature that this version does not know.
    Flags,
    /// Another type of value, or the same type with other fields.
    Schema,
    /// Belongs to another key.
    Key,
    /// Changed since it was written.
    Checksum,
    /// Longer than the configured limit.
    TooLong,
    /// The codec could not decode the payload.
    Payload,
    /// Compressed with a dictionary that this cache was not given.
    Dictionary,
    /// Not encrypted, in a flow that encrypts.
    Unsealed,
    /// Encrypted under a key that this flow was not given.
    SealKey,
    /// Encrypted, in a flow that does not; or changed or moved since.
    Seal,
    /// Written under another incarnation of the journal: whether it was
    /// forgotten since cannot be told.
    Incarnation,
    /// The cache's [validation](crate::CacheBuilder::validate) refuses it.
    Refused,
    /// It was forgotten, and is not removed yet.
    Forgotten,
    /// Its store has not made sure of it yet.
    Provisional,
}

impl fmt::Display for Unreadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Truncated => "truncated",
            Self::Magic => "not an entry",
            Self::Version => "another version of the format",
            Self::Codec => "another codec",
            Self::Flags => "unknown flags",
            Self::Schema => "another schema",
            Self::Key => "another key",
            Self::Checksum => "checksum differs",
            Self::TooLong => "longer than allowed",
            Self::Payload => "payload cannot be decoded",
            Self::Dictionary => "another dictionary",
            Self::Unsealed => "not sealed",
            Self::SealKey => "sealed under another key",
            Self::Seal => "the seal is broken",
            Self::Incarnation => "another incarnation of the journal",
            Self::Refused => "refused by the cache",
            Self::Forgotten => "forgotten",
            Self::Provisional => "not made sure of yet",
        })
    }
}

//! The bytes in which a value lies in the shared store.
//!
//! ```text
//! offset  bytes  what
//!      0      8  as-of: number of the journal's record, little endian
//!      8      8  the same once more
//!     16      2  magic "CF", or "Cf" while the value is provisional
//!     18      1  version of this format
//!     19      1  codec
//!     20      2  flags: 1 = there is no value, the payload is empty;
//!               2 = the payload is compressed; 4 = the payload is sealed
//!     22      8  schema fingerprint, 0 = none
//!     30      8  created, milliseconds since 1970
//!     38      8  expires, the same
//!     46      8  served stale until, the same
//!     54      8  incarnation of the journal
//!     62      4  load cost, microseconds
//!     66      2  length of the key
//!     68      2  length of the marks
//!     70      4  length of the payload
//!     74      4  CRC-32 of everything from offset 18 but these four bytes
//!     78      …  key, marks, seal (44 bytes, if it is sealed), payload
//! ```
//!
//! The same with examples, down to the payload's own bytes: `docs/wire-format.md`.
//!
//! A mark is a letter, `t` for a tag, `d` for the key of a dependency or `v` for the
//! value's version, a length of two bytes, and its text.
//!
//! The as-of number stands first and twice, outside the checksum, because a
//! store that gives out the number and writes the value in one step puts it
//! there itself; see [`Envelope::AS_OF_BYTES`]. The magic is outside of it as
//! well: a store that needs several steps to keep a value marks it as
//! provisional and unmarks it at last, see [`Envelope::provisional`].
//!
//! Whatever does not fit in every respect is [`Unreadable`], which is a miss.

use std::borrow::Cow;
use std::sync::Arc;

use crate::error::Unreadable;
use crate::key::{FullKey, Marks, Tag};

const HEADER_BYTES: usize = Envelope::HEADER_BYTES;
const INCARNATION_AT: usize = 54;
const CRC_AT: usize = 74;
const MAGIC_AT: usize = 16;
const CHECKED_FROM: usize = 18;
const MAGIC: [u8; 2] = *b"CF";
const PROVISIONAL: [u8; 2] = *b"Cf";
const VERSION: u8 = 1;
/// The flag of an envelope without a value.
const ABSENT: u16 = 1;
const COMPRESSED: u16 = 2;
const SEALED: u16 = 4;

/// What stands before a sealed payload: a key's id, a nonce and a tag.
pub(crate) type Seal = [u8; SEAL_BYTES];

/// How many bytes it has.
const SEAL_BYTES: usize = 44;

/// A value's bytes with what must be known to trust them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Envelope<'a> {
    /// The number of the last journal record that the value takes into account.
    pub as_of: u64,
    /// The incarnation of the journal that gave out `as_of`.
    pub incarnation: u64,
    /// The id of the codec that wrote the payload.
    pub codec: u8,
    /// The fingerprint of the value's type, 0 where there is none.
    pub schema: u64,
    /// When the value was loaded, in milliseconds since 1970.
    pub created: u64,
    /// When it expires, in milliseconds since 1970.
    pub expires: u64,
    /// Until when it may be served stale, in milliseconds since 1970; equal to
    /// `expires` where it may not.
    pub stale_until: u64,
    /// What the load took, in microseconds, at most 71 minutes.
    pub load_micros: u32,
    /// The whole key.
    pub key: &'a [u8],
    /// What the value is forgotten by, beside its key.
    pub marks: Cow<'a, Marks>,
    /// What the source calls this version of the value.
    pub version: Option<Cow<'a, str>>,
    /// Whether the payload is compressed.
    pub is_compressed: bool,
    /// What opens the payload, if it is sealed.
    pub seal: Option<&'a [u8; SEAL_BYTES]>,
    /// The value, encoded, compressed and sealed; `None` if the source has none.
    pub payload: Option<&'a [u8]>,
}

impl<'a> Envelope<'a> {
    /// How many bytes at the front hold the as-of number, twice as eight bytes
    /// in little endian. A store that numbers a value while it writes it puts
    /// its number there in place of what [`Envelope::encode`] wrote.
    pub const AS_OF_BYTES: usize = 16;

    /// How many bytes stand before the key. They tell a value from every other of the
    /// same key: they hold when it was kept, until when, and its checksum.
    pub const HEADER_BYTES: usize = 78;

    /// How many bytes stand before a sealed payload.
    pub const SEAL_BYTES: usize = SEAL_BYTES;

    /// No more than this stands before a payload: header, key, marks and seal.
    pub(crate) const ROOM: usize = 2 * u16::MAX as usize + 512;

    /// An envelope of an entry of `key`, from which a new one can be made: all numbers
    /// are 0, and there is neither a mark nor a value.
    #[must_use]
    pub fn of(key: &'a [u8]) -> Self {
        Self {
            as_of: 0,
            incarnation: 0,
            codec: 0,
            schema: 0,
            created: 0,
            expires: 0,
            stale_until: 0,
            load_micros: 0,
            key,
            marks: Cow::Borrowed(Marks::NONE),
            version: None,
            is_compressed: false,
            seal: None,
            payload: None,
        }
    }

    /// The header of encoded `bytes` as a store keeps it that gives them the number
    /// `as_of`.
    pub(crate) fn header(bytes: &[u8], as_of: u64) -> Option<Arc<[u8]>> {
        let mut header: [u8; HEADER_BYTES] = *bytes.first_chunk()?;
        let (number, _) = header.split_at_mut(Self::AS_OF_BYTES);
        for half in number.chunks_mut(size_of::<u64>()) {
            half.copy_from_slice(&as_of.to_le_bytes());
        }
        Some(header.into())
    }

    /// The bytes to store.
    ///
    /// # Errors
    ///
    /// [`Unreadable::TooLong`] if the key or the marks are longer than 65,535
    /// bytes or the payload longer than 4 GiB.
    pub fn encode(&self) -> Result<Vec<u8>, Unreadable> {
        let key_len = u16::try_from(self.key.len()).map_err(|_| Unreadable::TooLong)?;
        let payload = self.payload.unwrap_or_default();
        let payload_len = u32::try_from(payload.len()).map_err(|_| Unreadable::TooLong)?;
        let seal = self.seal.map_or(&[][..], |seal| seal);
        let flag = |is_set: bool, flag: u16| if is_set { flag } else { 0 };
        let flags = flag(self.payload.is_none(), ABSENT)
            | flag(self.is_compressed, COMPRESSED)
            | flag(self.seal.is_some(), SEALED);
        let marks = encode_marks(&self.marks, self.version.as_deref())?;
        let marks_len = u16::try_from(marks.len()).map_err(|_| Unreadable::TooLong)?;
        let mut bytes = Vec::with_capacity(
            HEADER_BYTES + self.key.len() + marks.len() + seal.len() + payload.len(),
        );
        bytes.extend_from_slice(&self.as_of.to_le_bytes());
        bytes.extend_from_slice(&self.as_of.to_le_bytes());
        bytes.extend_from_slice(&MAGIC);
        bytes.extend_from_slice(&[VERSION, self.codec]);
        bytes.extend_from_slice(&flags.to_le_bytes());
        bytes.extend_from_slice(&self.schema.to_le_bytes());
        bytes.extend_from_slice(&self.created.to_le_bytes());
        bytes.extend_from_slice(&self.expires.to_le_bytes());
        bytes.extend_from_slice(&self.stale_until.to_le_bytes());
        bytes.extend_from_slice(&self.incarnation.to_le_bytes());
        bytes.extend_from_slice(&self.load_micros.to_le_bytes());
        bytes.extend_from_slice(&key_len.to_le_bytes());
        bytes.extend_from_slice(&marks_len.to_le_bytes());
        bytes.extend_from_slice(&payload_len.to_le_bytes());
        debug_assert_eq!(bytes.len(), CRC_AT);
        bytes.extend_from_slice(&[0; 4]);
        bytes.extend_from_slice(self.key);
        bytes.extend_from_slice(&marks);
        bytes.extend_from_slice(seal);
        bytes.extend_from_slice(payload);
        let crc = checksum(&bytes).to_le_bytes();
        bytes[CRC_AT..HEADER_BYTES].copy_from_slice(&crc);
        Ok(bytes)
    }

    /// What stands at offset 16 of a provisional value in place of `CF`.
    pub const PROVISIONAL: [u8; 2] = PROVISIONAL;

    /// Marks encoded `bytes` as provisional: readers take them for a miss until
    /// `CF` stands at offset 16 again.
    pub fn provisional(bytes: &mut [u8]) {
        if let Some(magic) = bytes.get_mut(MAGIC_AT..CHECKED_FROM) {
            magic.copy_from_slice(&PROVISIONAL);
        }
    }

    /// The incarnation in `bytes`, if they look like an entry; they are not
    /// checked in any other respect.
    #[must_use]
    pub fn incarnation_in(bytes: &[u8]) -> Option<u64> {
        let header: &[u8; HEADER_BYTES] = bytes.first_chunk()?;
        let magic: [u8; 2] = [header[MAGIC_AT], header[MAGIC_AT + 1]];
        (magic == MAGIC || magic == PROVISIONAL).then(|| u64_at(header, INCARNATION_AT))
    }

    /// Reads `bytes` as an entry of `key` that `codec` wrote for a type with
    /// fingerprint `schema`.
    ///
    /// # Errors
    ///
    /// Whatever does not fit is [`Unreadable`]: to be treated as a miss.
    pub fn decode(bytes: &'a [u8], key: &[u8], codec: u8, schema: u64) -> Result<Self, Unreadable> {
        let header: &[u8; HEADER_BYTES] = bytes.first_chunk().ok_or(Unreadable::Truncated)?;
        match header[MAGIC_AT..CHECKED_FROM] {
            ref magic if *magic == MAGIC => {}
            ref magic if *magic == PROVISIONAL => return Err(Unreadable::Provisional),
            _ => return Err(Unreadable::Magic),
        }
        if header[18] != VERSION {
            return Err(Unreadable::Version);
        }
        if checksum(bytes) != u32_at(header, CRC_AT) || u64_at(header, 0) != u64_at(header, 8) {
            return Err(Unreadable::Checksum);
        }
        if header[19] != codec {
            return Err(Unreadable::Codec);
        }
        let flags = u16_at(header, 20);
        let is_absent = flags & ABSENT != 0;
        let is_compressed = flags & COMPRESSED != 0;
        let is_sealed = flags & SEALED != 0;
        // What is not there is not compressed either.
        if flags > (ABSENT | COMPRESSED | SEALED) || is_absent && is_compressed {
            return Err(Unreadable::Flags);
        }
        if u64_at(header, 22) != schema {
            return Err(Unreadable::Schema);
        }
        let key_len = usize::from(u16_at(header, 66));
        let marks_len = usize::from(u16_at(header, 68));
        let payload_len = u32_at(header, 70) as usize;
        let rest = &bytes[HEADER_BYTES..];
        let seal_len = if is_sealed { Self::SEAL_BYTES } else { 0 };
        if rest.len() != (key_len + marks_len + seal_len).saturating_add(payload_len) {
            return Err(Unreadable::Truncated);
        }
        let (its_key, rest) = rest.split_at(key_len);
        let (marks, rest) = rest.split_at(marks_len);
        let (seal, payload) = rest.split_at(seal_len);
        if its_key != key {
            return Err(Unreadable::Key);
        }
        if is_absent && !payload.is_empty() {
            return Err(Unreadable::Payload);
        }
        let (marks, version) = decode_marks(marks).ok_or(Unreadable::Truncated)?;
        Ok(Self {
            as_of: u64_at(header, 0),
            incarnation: u64_at(header, INCARNATION_AT),
            codec,
            schema,
            created: u64_at(header, 30),
            expires: u64_at(header, 38),
            stale_until: u64_at(header, 46),
            load_micros: u32_at(header, 62),
            key: its_key,
            marks: Cow::Owned(marks),
            version: version.map(Cow::Borrowed),
            is_compressed,
            seal: seal.first_chunk(),
            payload: (!is_absent).then_some(payload),
        })
    }

    /// Reads `bytes` as an entry of whatever key, codec and type, for who only looks at
    /// it: what it says of itself, which is not to be believed otherwise.
    ///
    /// # Errors
    ///
    /// [`Unreadable`]: it is no whole entry.
    pub(crate) fn inspect(bytes: &'a [u8]) -> Result<Self, Unreadable> {
        let header: &[u8; HEADER_BYTES] = bytes.first_chunk().ok_or(Unreadable::Truncated)?;
        let key_len = usize::from(u16_at(header, 66));
        let key = bytes.get(HEADER_BYTES..HEADER_BYTES + key_len);
        let key = key.ok_or(Unreadable::Truncated)?;
        Self::decode(bytes, key, header[19], u64_at(header, 22))
    }

    /// What of an entry's `bytes` stays as it is from when they are written: the header
    /// without what a store changes, without the checksum; and key with marks.
    pub(crate) fn associated(bytes: &[u8]) -> Option<[&[u8]; 2]> {
        let header: &[u8; HEADER_BYTES] = bytes.first_chunk()?;
        let names = usize::from(u16_at(header, 66)) + usize::from(u16_at(header, 68));
        let names = bytes.get(HEADER_BYTES..HEADER_BYTES + names)?;
        Some([&bytes[CHECKED_FROM..CRC_AT], names])
    }

    /// Seals the payload of encoded `bytes`, which have room for the seal: `seal` is
    /// given what is [associated](Self::associated) with it, and the payload.
    pub(crate) fn seal<E>(
        bytes: &mut [u8],
        seal: impl FnOnce([&[u8]; 2], &mut [u8]) -> Result<Seal, E>,
    ) -> Result<(), E> {
        let names = Self::associated(bytes).map_or(0, |[_, names]| names.len());
        let (front, rest) = bytes.split_at_mut(HEADER_BYTES + names);
        let (place, payload) = rest.split_at_mut(Self::SEAL_BYTES);
        let entry = [&front[CHECKED_FROM..CRC_AT], &front[HEADER_BYTES..]];
        place.copy_from_slice(&seal(entry, payload)?);
        let crc = checksum(bytes).to_le_bytes();
        bytes[CRC_AT..HEADER_BYTES].copy_from_slice(&crc);
        Ok(())
    }
}

fn encode_marks(marks: &Marks, version: Option<&str>) -> Result<Vec<u8>, Unreadable> {
    let tags = marks.tags().iter().map(|tag| (b't', tag.as_str()));
    let dependencies = marks.dependencies().iter().map(|key| (b'd', key.as_str()));
    let mut bytes = Vec::new();
    let version = version.map(|version| (b'v', version));
    for (kind, text) in tags.chain(dependencies).chain(version) {
        let len = u16::try_from(text.len()).map_err(|_| Unreadable::TooLong)?;
        bytes.push(kind);
        bytes.extend_from_slice(&len.to_le_bytes());
        bytes.extend_from_slice(text.as_bytes());
    }
    Ok(bytes)
}

fn decode_marks(mut bytes: &[u8]) -> Option<(Marks, Option<&str>)> {
    let (mut tags, mut dependencies) = (Vec::new(), Vec::new());
    let mut version = None;
    while let Some((head, rest)) = bytes.split_first_chunk::<3>() {
        let len = usize::from(u16::from_le_bytes([head[1], head[2]]));
        let (text, rest) = rest.split_at_checked(len)?;
        let text = std::str::from_utf8(text).ok()?;
        match head[0] {
            b't' => tags.push(Tag::new(text).ok()?),
            b'd' => dependencies.push(FullKey::parse(text)?),
            b'v' if version.is_none() => version = Some(text),
            _ => return None,
        }
        bytes = rest;
    }
    bytes
        .is_empty()
        .then(|| (Marks::new(tags, dependencies), version))
}

fn checksum(bytes: &[u8]) -> u32 {
    let mut crc = crc32fast::Hasher::new();
    crc.update(&bytes[CHECKED_FROM..CRC_AT]);
    crc.update(&bytes[HEADER_BYTES..]);
    crc.finalize()
}

fn u16_at(header: &[u8; HEADER_BYTES], at: usize) -> u16 {
    u16::from_le_bytes([header[at], header[at + 1]])
}

fn u32_at(header: &[u8; HEADER_BYTES], at: usize) -> u32 {
    let mut bytes = [0; 4];
    bytes.copy_from_slice(&header[at..at + 4]);
    u32::from_le_bytes(bytes)
}

fn u64_at(header: &[u8; HEADER_BYTES], at: usize) -> u64 {
    let mut bytes = [0; 8];
    bytes.copy_from_slice(&header[at..at + 8]);
    u64::from_le_bytes(bytes)
}

#[cfg(test)]
mod tests;

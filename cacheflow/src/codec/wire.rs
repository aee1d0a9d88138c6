//! From a value to the bytes of its entry, and back.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::{Codec, Compression, ValueCodec};
use crate::entry::{Envelope, Seal};
use crate::error::{Error, ErrorKind, Result, Unreadable};

#[cfg(feature = "zstd")]
use super::compress::Packer;

/// Encrypts payloads, and decrypts them.
pub(crate) trait Seals: Send + Sync {
    /// Encrypts `payload` where it is. `entry` is what else is authenticated of the
    /// entry.
    ///
    /// # Errors
    ///
    /// If the system gives no random bytes.
    fn seal(&self, entry: [&[u8]; 2], payload: &mut [u8]) -> Result<Seal>;

    /// Decrypts it.
    ///
    /// # Errors
    ///
    /// Whatever was not sealed so.
    fn open(&self, seal: &Seal, entry: [&[u8]; 2], payload: &mut [u8]) -> Result<(), Unreadable>;
}

/// What a value is given room for before it is encoded, in bytes; so much, however short
/// or long the last one was.
const LEAST_ROOM: usize = 256;
const MOST_ROOM: usize = 64 << 10;

/// Whether and how payloads are encrypted.
pub(crate) type Sealing = Option<Arc<dyn Seals>>;

/// How the values of one type become the bytes of entries: encoded, compressed, sealed,
/// in an [`Envelope`]; and how such bytes are read.
///
/// A cache does this by itself. It stands here for tools that look into a store, and for
/// tests and benches.
///
/// ```
/// use cacheflow::codec::{Codec, Compression, Wire};
///
/// let wire = Wire::<String>::new(&Codec::MessagePack, &Compression::default(), None)?;
/// let packed = wire.pack(wire.encode(&"Ada".to_owned())?);
/// assert_eq!((packed.encoded(), packed.stored()), (4, 4));
/// # Ok::<_, cacheflow::Error>(())
/// ```
pub struct Wire<V> {
    codec: Arc<dyn ValueCodec<V>>,
    id: u8,
    schema: u64,
    most: usize,
    /// How many bytes the last value had: the next may have as many.
    last: AtomicUsize,
    #[cfg(feature = "zstd")]
    packer: Packer,
    sealing: Sealing,
}

/// An encoded value, compressed if that makes it shorter.
#[derive(Clone, Debug)]
pub struct Packed {
    bytes: Vec<u8>,
    encoded: usize,
    is_compressed: bool,
    /// Compression was tried in vain.
    is_incompressible: bool,
}

impl Packed {
    /// How many bytes the encoding has.
    #[must_use]
    pub fn encoded(&self) -> usize {
        self.encoded
    }

    /// How many of them are stored.
    #[must_use]
    pub fn stored(&self) -> usize {
        self.bytes.len()
    }

    /// Whether they are compressed.
    #[must_use]
    pub fn is_compressed(&self) -> bool {
        self.is_compressed
    }

    /// Whether compression was tried and did not make them shorter.
    #[must_use]
    pub fn is_incompressible(&self) -> bool {
        self.is_incompressible
    }
}

impl<V: serde::Serialize + serde::de::DeserializeOwned + 'static> Wire<V> {
    /// For values of type `V`, of whose schema the user says `schema_version`; of up to
    /// 1 MiB, not sealed.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidConfig`] if `codec` does not write the names of fields, `V`
    /// cannot be traced, and there is no `schema_version`.
    pub fn new(
        codec: &Codec,
        compression: &Compression,
        schema_version: Option<u32>,
    ) -> Result<Self> {
        let schema = codec
            .schema::<V>(schema_version)
            .map_err(|fault| Error::new(ErrorKind::InvalidConfig, "wire", fault))?;
        Ok(Self::with_schema(codec, compression, schema))
    }

    /// The same for a schema that is known already.
    pub(crate) fn with_schema(codec: &Codec, compression: &Compression, schema: u64) -> Self {
        #[cfg(not(feature = "zstd"))]
        let _ = compression;
        Self {
            id: codec.id(),
            codec: Arc::new(codec.clone()),
            schema,
            most: 1024 * 1024,
            last: AtomicUsize::new(0),
            #[cfg(feature = "zstd")]
            packer: Packer::new(compression),
            sealing: None,
        }
    }
}

impl<V> Wire<V> {
    /// Values whose encoding is longer than `most` are neither written nor read.
    #[must_use]
    pub fn at_most(mut self, most: usize) -> Self {
        self.most = most;
        self
    }

    /// Sealed with the newest of `keys`, as in `namespace`.
    #[cfg(feature = "seal")]
    #[must_use]
    pub fn sealed(self, keys: super::KeyRing, namespace: &str) -> Self {
        self.with_sealing(Some(Arc::new(keys.within(namespace.to_owned()))))
    }

    /// Compresses so from here on; with the dictionaries that it had.
    pub(crate) fn compress(&self, compression: &Compression) {
        #[cfg(feature = "zstd")]
        self.packer.compress(compression);
        #[cfg(not(feature = "zstd"))]
        let _ = compression;
    }

    pub(crate) fn with_sealing(mut self, sealing: Sealing) -> Self {
        self.sealing = sealing;
        self
    }

    /// The value's encoding.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Codec`]: what the codec cannot express.
    pub fn encode(&self, value: &V) -> Result<Vec<u8>> {
        // Each growth doubles the room, and copies.
        let last = self.last.load(Ordering::Relaxed);
        let mut out = Vec::with_capacity(last.clamp(LEAST_ROOM, MOST_ROOM));
        self.codec.encode(value, &mut out)?;
        if out.len() != last {
            self.last.store(out.len(), Ordering::Relaxed);
        }
        Ok(out)
    }

    /// The same, compressed if that makes it shorter.
    #[must_use]
    pub fn pack(&self, encoded: Vec<u8>) -> Packed {
        #[cfg(feature = "zstd")]
        if let Some(bytes) = self.packer.pack(&encoded) {
            return Packed {
                bytes,
                encoded: encoded.len(),
                is_compressed: true,
                is_incompressible: false,
            };
        }
        Packed {
            encoded: encoded.len(),
            #[cfg(feature = "zstd")]
            is_incompressible: self.packer.tries(&encoded),
            #[cfg(not(feature = "zstd"))]
            is_incompressible: false,
            bytes: encoded,
            is_compressed: false,
        }
    }

    /// The bytes of an entry: `head` says all but codec, schema and payload, which is
    /// `packed`, or `None` if there is no value.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Codec`] if a part is too long, or the payload cannot be sealed.
    pub fn write(&self, head: Envelope<'_>, packed: Option<&Packed>) -> Result<Vec<u8>> {
        let envelope = Envelope {
            codec: self.id,
            schema: self.schema,
            is_compressed: packed.is_some_and(|packed| packed.is_compressed),
            seal: None,
            payload: packed.map(|packed| &packed.bytes[..]),
            ..head
        };
        let too_long =
            |fault: Unreadable| Error::new(ErrorKind::Codec, "encode", fault.to_string());
        let Some(sealing) = &self.sealing else {
            return envelope.encode().map_err(too_long);
        };
        let placeholder = Some(&[0; Envelope::SEAL_BYTES]);
        let unsealed = Envelope {
            seal: placeholder,
            ..envelope
        };
        let mut bytes = unsealed.encode().map_err(too_long)?;
        Envelope::seal(&mut bytes, |entry, payload| sealing.seal(entry, payload))?;
        Ok(bytes)
    }

    /// Reads the envelope in `bytes`, if it is one of `key` that was written so; its
    /// payload is not looked at yet.
    ///
    /// # Errors
    ///
    /// Whatever does not fit: a miss.
    pub fn open<'a>(&self, bytes: &'a [u8], key: &[u8]) -> Result<Envelope<'a>, Unreadable> {
        // Before anything is read or allocated.
        if bytes.len() > self.most.saturating_add(Envelope::ROOM) {
            return Err(Unreadable::TooLong);
        }
        let envelope = Envelope::decode(bytes, key, self.id, self.schema)?;
        let payload = envelope.payload.unwrap_or_default();
        if payload.len() > self.most {
            return Err(Unreadable::TooLong);
        }
        match (&self.sealing, envelope.seal) {
            (Some(_), None) => Err(Unreadable::Unsealed),
            (None, Some(_)) => Err(Unreadable::Seal),
            _ => Ok(envelope),
        }
    }

    /// The value in an `envelope`, which `bytes` were [opened](Self::open) as; `None` if
    /// there is none.
    ///
    /// # Errors
    ///
    /// Whatever cannot be opened, decompressed or decoded: a miss.
    pub fn value(&self, envelope: &Envelope<'_>, bytes: &[u8]) -> Result<Option<V>, Unreadable> {
        let decoded = self.decoded(envelope, bytes)?;
        Ok(decoded.map(|(value, _)| value))
    }

    /// The same, with how many bytes the value's encoding has.
    pub(crate) fn decoded(
        &self,
        envelope: &Envelope<'_>,
        bytes: &[u8],
    ) -> Result<Option<(V, usize)>, Unreadable> {
        let Some(payload) = self.opened(envelope, bytes)? else {
            return Ok(None);
        };
        let payload = self.unpacked(payload, envelope.is_compressed)?;
        match self.codec.decode(&payload) {
            Ok(value) => Ok(Some((value, payload.len()))),
            Err(_) => Err(Unreadable::Payload),
        }
    }

    fn opened<'a>(
        &self,
        envelope: &Envelope<'a>,
        bytes: &[u8],
    ) -> Result<Option<Cow<'a, [u8]>>, Unreadable> {
        let (sealing, seal) = match (&self.sealing, envelope.seal) {
            (None, None) => return Ok(envelope.payload.map(Cow::Borrowed)),
            (Some(sealing), Some(seal)) => (sealing, seal),
            (Some(_), None) => return Err(Unreadable::Unsealed),
            (None, Some(_)) => return Err(Unreadable::Seal),
        };
        let entry = Envelope::associated(bytes).ok_or(Unreadable::Truncated)?;
        let mut payload = envelope.payload.unwrap_or_default().to_vec();
        // That there is no value is sealed as well.
        sealing.open(seal, entry, &mut payload)?;
        Ok(envelope.payload.map(|_| Cow::Owned(payload)))
    }

    fn unpacked<'a>(
        &self,
        payload: Cow<'a, [u8]>,
        is_compressed: bool,
    ) -> Result<Cow<'a, [u8]>, Unreadable> {
        match is_compressed {
            false => Ok(payload),
            #[cfg(feature = "zstd")]
            true => self.packer.unpack(&payload, self.most).map(Cow::Owned),
            #[cfg(not(feature = "zstd"))]
            true => Err(Unreadable::Flags),
        }
    }
}

impl<V> fmt::Debug for Wire<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Wire")
            .field("codec", &self.id)
            .field("schema", &self.schema)
            .field("most", &self.most)
            .field("is_sealed", &self.sealing.is_some())
            .finish_non_exhaustive()
    }
}

//! Encryption of what lies in the shared store.

use std::collections::BTreeMap;
use std::fmt;

use chacha20poly1305::aead::{AeadInOut, Generate, KeyInit};
use chacha20poly1305::{Key, Tag, XChaCha20Poly1305, XNonce};

use super::wire::Seals;
use crate::entry::{Envelope, Seal};
use crate::error::{Error, ErrorKind, Result, Unreadable};

/// Where in a seal the nonce and the tag stand, behind the key's id.
const NONCE_AT: usize = 4;
const TAG_AT: usize = NONCE_AT + 24;

/// The keys under which a flow's values lie in the shared store: an option of a flow.
///
/// Each value is encrypted with XChaCha20-Poly1305 under the newest key, which is that
/// of the highest id unless [`seal_with`](Self::seal_with) says otherwise, and a random
/// nonce. With it are authenticated: the flow's
/// namespace, the entry's full key, its tags and dependencies, its schema, its codec and
/// its times. Under any of the keys it can be read.
///
/// Whatever is not sealed, is sealed under a key that is not here, was changed, or was
/// moved from another key or namespace is a miss. A flow with keys never reads a plain
/// value, and never writes one.
///
/// | not hidden | because |
/// |---|---|
/// | keys, tags, dependencies | Redis finds and forgets entries by them |
/// | how long a value is, and for how long it is kept | |
///
/// Not promised: that an entry is the newest. Somebody who can write to the server may
/// put back what lay there before, until its lifetime ends. Nor that lengths tell
/// nothing: where attackers choose a part of a value beside a secret, switch
/// [compression](super::Compression::none) off.
///
/// To change keys: give the new one to all instances, which go on to
/// [seal with](Self::seal_with) the old one. When all have it, let it seal. Take the old
/// one away when the longest lifetime is over. Without the first step, instances that do
/// not have the new key yet miss what the others write.
///
/// ```
/// use cacheflow::CacheFlow;
/// use cacheflow::codec::KeyRing;
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let (old, new) = ([7; 32], [8; 32]);
/// let keys = KeyRing::new().key(1, old).key(2, new);
/// let flow = CacheFlow::builder().sealing(keys).build().await?;
/// # Ok(()) }
/// ```
#[derive(Clone, Default)]
pub struct KeyRing {
    keys: BTreeMap<u32, XChaCha20Poly1305>,
    /// Which one seals, if not the one of the highest id.
    seals: Option<u32>,
    /// Ids that were given twice.
    twice: Vec<u32>,
}

impl KeyRing {
    /// Without keys, which is refused when a flow is built.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// With this key more: 32 bytes from a source of random bytes, not a password. The
    /// id stands in plain in what is sealed with it.
    #[must_use]
    pub fn key(mut self, id: u32, key: [u8; 32]) -> Self {
        let cipher = XChaCha20Poly1305::new(&Key::from(key));
        if self.keys.insert(id, cipher).is_some() {
            self.twice.push(id);
        }
        self
    }

    /// Seals with the key of this id, and not with that of the highest.
    #[must_use]
    pub fn seal_with(mut self, id: u32) -> Self {
        self.seals = Some(id);
        self
    }

    /// What is wrong with it.
    pub(crate) fn faults(&self) -> Vec<String> {
        let mut faults = Vec::new();
        if self.keys.is_empty() {
            faults.push("sealing: a key ring without keys; allowed is one key or more".to_owned());
        }
        if let Some(id) = self.seals.filter(|id| !self.keys.contains_key(id)) {
            let ids: Vec<_> = self.keys.keys().map(u32::to_string).collect();
            let ids = ids.join(", ");
            faults.push(format!("sealing: seal_with({id}): allowed is one of {ids}"));
        }
        for id in &self.twice {
            faults.push(format!(
                "sealing: two keys with the id {id}; allowed is one"
            ));
        }
        faults
    }

    /// At work in a namespace.
    pub(crate) fn within(self, namespace: String) -> impl Seals {
        let newest = self.keys.last_key_value().map(|(id, _)| *id);
        Sealer {
            seals: self.seals.or(newest),
            keys: self.keys,
            namespace,
        }
    }
}

/// Tells the ids, never the keys.
impl fmt::Debug for KeyRing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("KeyRing").field(&self.keys.keys()).finish()
    }
}

/// A key ring at work.
struct Sealer {
    keys: BTreeMap<u32, XChaCha20Poly1305>,
    seals: Option<u32>,
    namespace: String,
}

impl Sealer {
    /// All that is authenticated beside the payload. The entry's own part has the
    /// lengths of all its parts.
    fn associated(&self, key: u32, entry: [&[u8]; 2]) -> Vec<u8> {
        let namespace = self.namespace.as_bytes();
        let length = namespace.len() as u64;
        let [head, names] = entry;
        let parts: [&[u8]; 5] = [
            &length.to_le_bytes(),
            namespace,
            &key.to_le_bytes(),
            head,
            names,
        ];
        parts.concat()
    }
}

impl Seals for Sealer {
    fn seal(&self, entry: [&[u8]; 2], payload: &mut [u8]) -> Result<Seal> {
        let failed = |why| Error::new(ErrorKind::Codec, "seal", why);
        let id = self.seals.ok_or_else(|| failed("no key"))?;
        let cipher = self.keys.get(&id).ok_or_else(|| failed("no such key"))?;
        let nonce = XNonce::try_generate().map_err(|error| {
            failed("the system gives no random bytes").because(error.to_string())
        })?;
        let associated = self.associated(id, entry);
        let tag = cipher
            .encrypt_inout_detached(&nonce, &associated, payload.into())
            .map_err(|_| failed("too long"))?;
        let mut seal = [0; Envelope::SEAL_BYTES];
        seal[..NONCE_AT].copy_from_slice(&id.to_le_bytes());
        seal[NONCE_AT..TAG_AT].copy_from_slice(&nonce);
        seal[TAG_AT..].copy_from_slice(&tag);
        Ok(seal)
    }

    fn open(&self, seal: &Seal, entry: [&[u8]; 2], payload: &mut [u8]) -> Result<(), Unreadable> {
        let (id, rest) = seal.split_first_chunk().ok_or(Unreadable::Seal)?;
        let (nonce, tag) = rest.split_first_chunk::<24>().ok_or(Unreadable::Seal)?;
        let tag: [u8; 16] = tag.try_into().map_err(|_| Unreadable::Seal)?;
        let id = u32::from_le_bytes(*id);
        let cipher = self.keys.get(&id).ok_or(Unreadable::SealKey)?;
        let associated = self.associated(id, entry);
        cipher
            .decrypt_inout_detached(
                &XNonce::from(*nonce),
                &associated,
                payload.into(),
                &Tag::from(tag),
            )
            .map_err(|_| Unreadable::Seal)
    }
}

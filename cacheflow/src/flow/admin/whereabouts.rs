//! Where an entry lies.

use std::time::Duration;

use serde::Serialize;

use super::{Admin, full_key};
use crate::cache::{Inspected, ShownValue};
use crate::clock::unix_millis;
use crate::codec::Codec;
use crate::entry::{self, EntryInfo, Envelope};
use crate::error::{Result, Unreadable};
use crate::key::{EntryKey, FullKey, Tag};
use crate::store::Stored;

/// Where an entry lies, see [`Admin::find`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Whereabouts {
    /// Its key, with the name of its cache.
    #[serde(serialize_with = "entry::text")]
    pub key: FullKey,
    /// Whether this process uses the cache.
    pub is_used_here: bool,
    /// The entry in this process's memory.
    pub memory: Option<EntryInfo>,
    /// Why memory knows that there is no value.
    pub nothing: Option<&'static str>,
    /// The entry in the shared store.
    pub shared: Option<SharedEntry>,
    /// Why the shared store could not be asked.
    pub shared_trouble: Option<String>,
    /// Whether somebody loads, reads or puts it now, in this process.
    pub is_under_way: bool,
}

/// An entry in the shared store, by what its bytes say.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct SharedEntry {
    /// How many bytes it takes, without its name.
    pub bytes: usize,
    /// How long the store will still keep it.
    #[serde(rename = "remaining_ms", serialize_with = "entry::millis")]
    pub remaining: Duration,
    /// Why a reader on this node is not served it; `None` if it is, or if this process
    /// does not use the cache.
    #[serde(serialize_with = "as_fault")]
    pub fault: Option<Unreadable>,
    /// How long ago it was kept, by the wall clocks of two machines.
    #[serde(rename = "age_ms", serialize_with = "entry::millis")]
    pub age: Duration,
    /// What wrote it: the name of a codec, or the number of one that is not compiled in.
    pub codec: String,
    /// Whether it is compressed.
    pub is_compressed: bool,
    /// Whether it is encrypted.
    pub is_sealed: bool,
    /// Whether it says that there is no value.
    pub is_absent: bool,
    /// What its load took.
    #[serde(rename = "load_cost_ms", serialize_with = "entry::millis")]
    pub load_cost: Duration,
    /// The tags by which it is forgotten.
    #[serde(serialize_with = "entry::texts")]
    pub tags: Vec<Tag>,
    /// The keys of all that it was made of.
    #[serde(serialize_with = "entry::texts")]
    pub dependencies: Vec<FullKey>,
    /// What its loader called this version of it.
    pub version: Option<String>,
}

impl Admin {
    /// Where the entry of a full key, `{cache}:{key}`, lies, and what is known of it there.
    /// [`Cache::full_key`](crate::Cache::full_key) tells one.
    ///
    /// That the shared store cannot be asked is no error but told. To memory's eviction
    /// the question is one reading of the entry.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidConfig`](crate::ErrorKind) if that is no full key.
    pub async fn find(&self, key: &str) -> Result<Whereabouts> {
        let key = full_key(key)?;
        let cache = self.flow.registry().named(key.cache());
        let entry_key = EntryKey::new(key.key());
        let (shared, shared_trouble) = match self.stored(cache.as_deref(), &key).await {
            Ok(stored) => (
                stored.map(|stored| shared_entry(cache.as_deref(), &key, &stored)),
                None,
            ),
            Err(error) => (None, Some(error.to_string())),
        };
        let cache = cache.as_ref();
        Ok(Whereabouts {
            is_used_here: cache.is_some(),
            memory: cache.and_then(|cache| cache.look(&entry_key)),
            nothing: cache.and_then(|cache| cache.look_for_nothing(&entry_key)),
            shared,
            shared_trouble,
            is_under_way: cache.is_some_and(|cache| cache.is_under_way(&entry_key)),
            key,
        })
    }

    /// What the shared store has, unless the cache keeps out of it.
    async fn stored(&self, cache: Option<&dyn Inspected>, key: &FullKey) -> Result<Option<Stored>> {
        let is_shared = cache.is_none_or(Inspected::has_shared);
        match self.flow.shared().filter(|_| is_shared) {
            Some(shared) => shared.get(key).await,
            None => Ok(None),
        }
    }

    pub(super) async fn shared_value(
        &self,
        cache: &dyn Inspected,
        key: &FullKey,
    ) -> Result<Option<ShownValue>> {
        let Some(stored) = self.stored(Some(cache), key).await? else {
            return Ok(None);
        };
        // What is not readable is a miss here as it is elsewhere.
        Ok(identity(key, &stored)
            .and_then(|identity| cache.shared_value(key, identity, &stored))
            .unwrap_or(None))
    }
}

/// The key as the entry has it: longer than its name, where that holds a hash.
fn identity<'a>(key: &FullKey, stored: &'a Stored) -> Result<&'a [u8], Unreadable> {
    let identity = Envelope::inspect(&stored.bytes)?.key;
    match identity.starts_with(key.as_str().as_bytes()) {
        true => Ok(identity),
        false => Err(Unreadable::Key),
    }
}

fn shared_entry(cache: Option<&dyn Inspected>, key: &FullKey, stored: &Stored) -> SharedEntry {
    let served = identity(key, stored).and_then(|identity| match cache {
        Some(cache) => cache.shared_value(key, identity, stored).map(drop),
        None => Ok(()),
    });
    let nothing = Envelope::of(&[]);
    let envelope = Envelope::inspect(&stored.bytes).unwrap_or(nothing);
    let codec = Codec::name_of(envelope.codec);
    SharedEntry {
        bytes: stored.bytes.len(),
        remaining: stored.remaining,
        fault: served.err(),
        age: Duration::from_millis(match envelope.created {
            0 => 0,
            created => unix_millis().saturating_sub(created),
        }),
        codec: codec.map_or_else(|| envelope.codec.to_string(), ToOwned::to_owned),
        is_compressed: envelope.is_compressed,
        is_sealed: envelope.seal.is_some(),
        is_absent: envelope.payload.is_none(),
        load_cost: Duration::from_micros(envelope.load_micros.into()),
        tags: envelope.marks.tags().to_vec(),
        dependencies: envelope.marks.dependencies().to_vec(),
        version: envelope.version.map(|version| version.into_owned()),
    }
}

fn as_fault<S: serde::Serializer>(
    fault: &Option<Unreadable>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    match fault {
        Some(fault) => serializer.collect_str(fault),
        None => serializer.serialize_none(),
    }
}

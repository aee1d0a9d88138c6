//! Reading many keys with one loader.

use std::borrow::Borrow;
use std::collections::HashMap;
use std::future::Future;

use super::core::{LoadedAll, ShareError};
use super::handle::encoded;
use super::{Cache, CacheValue};
use crate::key::{Address, CacheKey, KeyBuf};
use crate::source::{LoadError, Loaded};

/// What [`Cache::get_or_load_many`] has got.
///
/// A failing load takes nothing away from the keys that it was not needed for.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
#[must_use = "some of the keys may have failed"]
pub struct LoadedMany<V, E> {
    /// The values in the order of the keys, one for each key that was asked for,
    /// however often it was. `None` if the source has none, and if the key is among
    /// the [`failed`](Self::failed).
    pub values: Vec<Option<V>>,
    /// The places, in `values`, of the keys that could not be loaded, in rising order:
    /// nothing is known of them.
    pub failed: Vec<usize>,
    /// Why they could not be loaded, the first reason of several; `None` if
    /// `failed` is empty.
    pub error: Option<LoadError<E>>,
}

impl<V, E> LoadedMany<V, E> {
    /// The values in the order of the keys, if each of them was found or is known
    /// not to exist.
    ///
    /// # Errors
    ///
    /// Why some could not be loaded. What was found of the others is dropped.
    pub fn into_result(self) -> Result<Vec<Option<V>>, LoadError<E>> {
        match self.error {
            Some(error) => Err(error),
            None => Ok(self.values),
        }
    }
}

impl<K, V: CacheValue> Cache<K, V> {
    /// The values of many keys; those that no level has are loaded by one call of
    /// `loader`.
    ///
    /// `loader` is given the keys that are missing, each once, and gives pairs of a
    /// key and its value, in any order: a list, a map, an iterator. A key that it
    /// leaves out has no value, which is kept where the cache [is asked
    /// to](crate::CacheBuilder::cache_none); a key that it was not asked for is
    /// ignored; of two values of one key the last counts.
    ///
    /// ```
    /// # use cacheflow::{Cache, CacheFlow};
    /// # struct Db;
    /// # impl Db {
    /// #     async fn names(&self, ids: Vec<&u64>) -> Result<Vec<(u64, String)>, std::io::Error> {
    /// #         Ok(ids.into_iter().rev().filter(|id| **id < 100).map(|id| (*id, format!("user {id}"))).collect())
    /// #     }
    /// # }
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let flow = CacheFlow::builder().build().await?;
    /// # let db = Db;
    /// let users: Cache<u64, String> = flow.cache("users").build()?;
    /// let _ = users.put(&7, "Ada".to_owned()).await?;
    /// // SELECT id, name FROM users WHERE id = ANY($1), with 8 and 404
    /// let loaded = users.get_or_load_many(&[7, 8, 404, 7], |ids| db.names(ids)).await;
    /// let names = loaded.into_result()?;
    /// assert_eq!(names[0].as_deref(), Some("Ada"));
    /// assert_eq!(names[1].as_deref(), Some("user 8"));
    /// assert_eq!((names[2].as_deref(), names[3].as_deref()), (None, Some("Ada")));
    /// # Ok(()) }
    /// ```
    ///
    /// Each key is loaded once among all who ask for it, alone or with others: one
    /// that is being loaded already is waited for and not given to `loader`. If that
    /// load comes to nothing, `loader` is called once more, with all that are left;
    /// after it has failed it is not called again.
    ///
    /// What `loader` reads from caches of the same flow becomes a dependency of all
    /// that it gives in this call. Everything else is as with
    /// [`get_or_load`](Self::get_or_load) of each key, its tags and its lifetime
    /// among it, with these exceptions:
    ///
    /// - A bulkhead, a breaker and a timeout see one load, however many keys it
    ///   has. It ends at the [`soft_timeout`](crate::Strategy::soft_timeout) only if
    ///   there is an old value for each of its keys.
    /// - Values that are due are given as they are: they are refreshed by who asks
    ///   for them alone.
    /// - No lease is taken: with a
    ///   [distributed lock](crate::Strategy::distributed_lock), another process may
    ///   load the same key at the same time.
    ///
    /// # Errors
    ///
    /// [`LoadedMany::error`] is the loader's own error, or what the strategy did in
    /// its place, and [`LoadedMany::failed`] says for which keys. All others have been
    /// served, by a level, another's load, an earlier call of the loader, or by an old
    /// value if the strategy lets one stand in.
    ///
    /// # Panics
    ///
    /// If the loader panics; those who waited for its keys load for themselves.
    ///
    /// # Cancellation
    ///
    /// Dropping the future drops the load; of those who wait for one of its keys, one
    /// begins anew. What was loaded and is about to be kept may be kept or not.
    pub async fn get_or_load_many<'q, Q, F, Fut, I, R, E>(
        &self,
        keys: impl IntoIterator<Item = &'q Q>,
        mut loader: F,
    ) -> LoadedMany<V, E>
    where
        K: Borrow<Q>,
        Q: CacheKey + ?Sized + 'q,
        F: FnMut(Vec<&'q Q>) -> Fut,
        Fut: Future<Output = Result<I, E>>,
        I: IntoIterator<Item = (R, V)>,
        R: Borrow<Q>,
        E: 'static,
    {
        let Asked {
            places,
            found,
            missing,
            addresses,
        } = self.asked(keys);
        if missing.is_empty() {
            return many(&places, &found, None);
        }
        let terms = self.terms(ShareError::never()).or_absent(true);
        let load = |asked: &[usize]| {
            let keys: Vec<&'q Q> = asked.iter().map(|at| missing[*at].1).collect();
            let loading = loader(keys.clone());
            async move { Ok(in_order(&keys, loading.await?)) }
        };
        // Boxed, so that the future of hits stays small.
        let all = Box::pin(self.core.miss_many(&addresses, &terms, load)).await;
        let LoadedAll { loaded, error } = all;
        let mut found = found;
        for ((at, _), loaded) in missing.iter().zip(loaded) {
            found[*at] = loaded.map(|loaded| loaded.map(|made| made.value));
        }
        many(&places, &found, error)
    }

    /// Looks into memory for each key, once.
    fn asked<'q, Q>(&self, keys: impl IntoIterator<Item = &'q Q>) -> Asked<'q, Q, V>
    where
        Q: CacheKey + ?Sized + 'q,
    {
        let mut asked = Asked {
            places: Vec::new(),
            found: Vec::new(),
            missing: Vec::new(),
            addresses: Vec::new(),
        };
        let mut known = HashMap::<_, _, foldhash::fast::RandomState>::default();
        for key in keys {
            let buf = encoded(key);
            let new = asked.found.len();
            let place = *known.entry(identity(&buf)).or_insert(new);
            asked.places.push(place);
            if place < new {
                continue;
            }
            let entry = self.core.hit_entry(&buf);
            if let Some(entry) = entry.as_ref().filter(|entry| entry.is_watched()) {
                let address = || Address::new(&self.core.name, &buf);
                self.core.is_read(entry, address);
            }
            let found = entry.map(|entry| entry.value.clone()).or_else(|| {
                let address = Address::new(&self.core.name, &buf);
                let waiting = self.core.waiting(&address.key);
                if waiting.is_none() {
                    asked.missing.push((place, key));
                    asked.addresses.push(address);
                }
                waiting.map(|made| made.value)
            });
            asked.found.push(found.map(Loaded::Value));
        }
        asked
    }
}

/// What a call asks for, each key once.
struct Asked<'q, Q: ?Sized, V> {
    /// Where the keys of the call stand in `found`.
    places: Vec<usize>,
    /// What is known of each key.
    found: Vec<Option<Loaded<V>>>,
    /// What memory does not have, and where it stands in `found`.
    missing: Vec<(usize, &'q Q)>,
    /// The addresses of these.
    addresses: Vec<Address>,
}

/// What a loader gave, as a value or none for each of `keys`.
fn in_order<Q, R, V>(keys: &[&Q], found: impl IntoIterator<Item = (R, V)>) -> Vec<Option<V>>
where
    Q: CacheKey + ?Sized,
    R: Borrow<Q>,
{
    let places = keys.iter().enumerate();
    let places: HashMap<_, _, foldhash::fast::RandomState> = places
        .map(|(place, key)| (identity(&encoded(*key)), place))
        .collect();
    let mut values: Vec<_> = keys.iter().map(|_| None).collect();
    for (key, value) in found {
        if let Some(place) = places.get(&identity(&encoded(key.borrow()))) {
            values[*place] = Some(value);
        }
    }
    values
}

/// What tells keys apart.
fn identity(key: &KeyBuf) -> Box<[u8]> {
    key.identity().into()
}

/// What is known of each key, in the order of the call.
fn many<V: Clone, E>(
    places: &[usize],
    found: &[Option<Loaded<V>>],
    error: Option<LoadError<E>>,
) -> LoadedMany<V, E> {
    let of_call = || places.iter().map(|place| &found[*place]);
    let failed = of_call().enumerate().filter(|(_, found)| found.is_none());
    LoadedMany {
        values: of_call()
            .map(|found| found.clone().and_then(Loaded::into_option))
            .collect(),
        failed: failed.map(|(place, _)| place).collect(),
        error,
    }
}

//! What is asked for, what is found, and how all candidates are asked.

use std::borrow::Borrow;
use std::fmt::Debug;
use std::hash::Hash;
use std::hint::black_box;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use cacheflow::{CacheKey, CacheValue};
use hitbox_fn::CacheableResponse;
use serde::{Deserialize, Serialize};

/// So many keys are asked for, and are resident everywhere.
pub(crate) const KEYS: usize = 10_000;

/// The bound of every candidate that has one: some room above the keys, because
/// a cache in shards has to be full in one before it is full in all.
pub(crate) const BOUND: u64 = 16_384;

/// The lifetime of every entry of a candidate that has one.
pub(crate) const TTL: Duration = Duration::from_secs(3600);

/// What is found.
#[derive(Clone, Debug, Serialize, Deserialize, CacheableResponse)]
pub(crate) struct User {
    id: u64,
    name: String,
    email: String,
}

static LOADS: AtomicU64 = AtomicU64::new(0);

/// How many were made.
pub(crate) fn loads() -> u64 {
    LOADS.load(Ordering::Relaxed)
}

/// What a function returns.
pub(crate) trait Value: CacheValue {
    /// Makes the value of a key, and counts it.
    fn load(id: u64) -> Self;
}

impl Value for User {
    #[cold]
    fn load(id: u64) -> Self {
        LOADS.fetch_add(1, Ordering::Relaxed);
        Self {
            id,
            name: format!("user {id}"),
            email: format!("user-{id}@example.org"),
        }
    }
}

impl Value for Arc<User> {
    fn load(id: u64) -> Self {
        Self::new(User::load(id))
    }
}

/// What a function is called with.
pub(crate) trait Key:
    Hash + Eq + CacheKey + ToOwned<Owned = Self::Kept> + Send + Sync
{
    /// What a store keeps of it.
    type Kept: Borrow<Self> + Hash + Eq + CacheKey + Clone + Debug + Send + Sync + 'static;

    /// What its value is made of.
    fn number(&self) -> u64;
}

impl Key for u64 {
    type Kept = Self;

    fn number(&self) -> u64 {
        *self
    }
}

impl Key for str {
    type Kept = String;

    fn number(&self) -> u64 {
        self.len() as u64
    }
}

/// A function of a key with a cache before it.
pub(crate) trait Find<Q: ?Sized, V>: Send + Sync {
    /// The value, loaded and kept if it is not there.
    fn find(&self, key: &Q) -> V;
}

/// One whose values can be invalidated.
pub(crate) trait Forget<Q: ?Sized> {
    /// Forgets the value of a key.
    fn forget(&self, key: &Q);
}

/// Who is measured: a function, with its name and its crate.
pub(crate) struct Entrant<Q: ?Sized, V> {
    /// What a table calls it.
    pub(crate) name: &'static str,
    /// The peer; none for ours.
    pub(crate) crate_name: Option<&'static str>,
    /// Asks for keys `from..to` of a sequence, which begins anew at its end.
    pub(crate) ask: Box<Ask<Q>>,
    _value: std::marker::PhantomData<fn() -> V>,
}

type Ask<Q> = dyn Fn(&[&Q], usize, usize) + Send + Sync;

impl<Q: ?Sized + 'static, V: 'static> Entrant<Q, V> {
    pub(crate) fn new(
        name: &'static str,
        crate_name: Option<&'static str>,
        function: impl Find<Q, V> + 'static,
    ) -> Self {
        // The loop is compiled for each candidate: only it, and not each call, is
        // reached by way of a pointer.
        let ask = move |keys: &[&Q], from: usize, to: usize| {
            for index in from..to {
                black_box(function.find(black_box(keys[index % keys.len()])));
            }
        };
        Self {
            name,
            crate_name,
            ask: Box::new(ask),
            _value: std::marker::PhantomData,
        }
    }
}

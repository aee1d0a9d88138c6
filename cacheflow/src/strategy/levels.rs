//! What a strategy that loads stands on.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use super::refresh_ahead::RefreshAhead;
use super::{Nothing, Page};
use crate::clock::Tick;
use crate::codec::Packed;
use crate::entry::Made;
use crate::error::Error;
use crate::key::{Address, FullKey, Marks, Tag};
use crate::source::Ticket;

/// Levels that can be read and filled.
pub(crate) trait Levels<V>: Send + Sync + 'static {
    /// Reads the levels below memory, which the caller has looked at, and keeps
    /// what it finds in those above.
    ///
    /// `ticket` was taken before, so that nothing that is forgotten during the
    /// read is kept.
    fn read(
        &self,
        address: &Address,
        ticket: &Arc<Ticket>,
        how: Reading,
    ) -> impl Future<Output = Read<V>> + Send;

    /// As [`read`](Self::read) of many keys, in their order and in few questions.
    fn read_many(
        &self,
        wanted: &[(&Address, &Arc<Ticket>)],
        how: Reading,
    ) -> impl Future<Output = Vec<Read<V>>> + Send;

    /// Keeps a loaded value in all levels, unless it was forgotten after `ticket`
    /// was taken. What was not kept was counted and told.
    fn fill(
        &self,
        address: &Address,
        ticket: &Arc<Ticket>,
        value: &V,
        fill: FillWith,
    ) -> impl Future<Output = ()> + Send;

    /// As [`fill`](Self::fill) each of `pairs`, which were read as a part of `page`, in
    /// as few steps as there are servers.
    fn fill_page(
        &self,
        page: &Page<V>,
        pairs: Vec<(Pair<V>, FillWith)>,
    ) -> impl Future<Output = PageKept> + Send;

    /// Keeps an old value for a while in memory, so that its source is left alone.
    fn keep_stale(
        &self,
        address: &Address,
        ticket: &Arc<Ticket>,
        made: &Made<V>,
        keep_for: Duration,
    );

    /// Tells the shared store that a value is read, which lives as long as that
    /// goes on.
    fn touch(
        &self,
        address: &Address,
        header: &[u8],
        lifetime: Duration,
    ) -> impl Future<Output = ()> + Send;

    /// As [`fill`](Self::fill), for what is known of why there is no value.
    fn fill_nothing(
        &self,
        address: &Address,
        ticket: &Arc<Ticket>,
        nothing: Nothing,
        fill: FillWith,
    ) -> impl Future<Output = ()> + Send;
}

/// How the levels are read.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Reading {
    /// Not at all: all that is there is to be replaced.
    pub(crate) skip_shared: bool,
    /// What is found is not kept in memory.
    pub(crate) skip_memory: bool,
    /// What ends then is about to be refreshed: unless something newer is found, it is
    /// kept nowhere.
    pub(crate) refreshes: Option<Tick>,
    /// When what is found is to be refreshed.
    pub(crate) refresh: Option<RefreshAhead>,
    /// How long an entry lives that nobody reads.
    pub(crate) idle: Option<Duration>,
}

/// What a read of the lower levels gave.
#[derive(Debug)]
pub(crate) enum Read<V> {
    /// A value that may be served; `is_due` if it is to be refreshed.
    Hit {
        made: Made<V>,
        is_due: bool,
    },
    /// The source had none, a short while ago.
    Absent(Made<()>),
    /// A value whose lifetime is over and that may stand in for one that cannot be
    /// loaded.
    Stale(Made<V>),
    Miss,
    /// The shared store could not be asked. It is not written to in the same
    /// call either: a caller waits for one budget, not for two.
    Failed,
}

/// How a loaded value is kept.
#[derive(Clone, Debug)]
pub(crate) struct FillWith {
    /// How long it may be served.
    pub(crate) ttl: Duration,
    /// For how long beyond that it may stand in for one that cannot be loaded.
    pub(crate) stale: Duration,
    /// How long it lives if nobody reads it.
    pub(crate) idle: Option<Duration>,
    pub(crate) refresh: Option<RefreshAhead>,
    /// What the load took.
    pub(crate) cost: Duration,
    pub(crate) version: Option<Arc<str>>,
    pub(crate) skip_shared: bool,
    pub(crate) skip_memory: bool,
    pub(crate) marks: Arc<Marks>,
}

/// A key and its value, as a page of the source has them.
pub(crate) struct Pair<V> {
    pub(crate) address: Address,
    pub(crate) value: V,
    /// Its bytes, where there is a shared store.
    pub(crate) payload: Option<Packed>,
    /// What it weighs in memory.
    pub(crate) weight: u32,
}

/// What became of the pairs of a page.
#[derive(Debug, Default)]
pub(crate) struct PageKept {
    pub(crate) kept: u64,
    /// They were forgotten or put since the page was begun.
    pub(crate) refused: u64,
    /// They cannot be kept, or not in the shared store.
    pub(crate) failed: u64,
    /// Why the shared store kept none.
    pub(crate) error: Option<Error>,
}

/// What a caller says that an entry is to be forgotten by, beside its key.
#[derive(Clone, Debug, Default)]
pub(crate) struct Given {
    pub(crate) tags: Arc<[Tag]>,
    pub(crate) dependencies: Arc<[FullKey]>,
}

/// Tells a value's tags.
pub(crate) type Tagger<V> = Arc<dyn Fn(&V) -> Vec<String> + Send + Sync>;

/// Tells a value's lifetime; `None` is the cache's.
pub(crate) type Timer<V> = Arc<dyn Fn(&V) -> Option<Duration> + Send + Sync>;

/// Tells what is wrong with a value that must not be kept.
pub(crate) type Validator<V> = Arc<dyn Fn(&V) -> Result<(), String> + Send + Sync>;

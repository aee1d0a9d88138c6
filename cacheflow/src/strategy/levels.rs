//! What a strategy that loads stands on.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use crate::entry::Made;
use crate::key::{Address, FullKey, Marks, Tag};
use crate::source::Ticket;

/// Levels that can be read and filled.
pub(crate) trait Levels<V>: Sync {
    /// Reads the levels below memory, which the caller has looked at, and keeps
    /// what it finds in those above.
    ///
    /// `ticket` was taken before, so that nothing that is forgotten during the
    /// read is kept.
    fn read(&self, address: &Address, ticket: &Arc<Ticket>)
    -> impl Future<Output = Read<V>> + Send;

    /// Keeps a loaded value in all levels, unless it was forgotten after `ticket`
    /// was taken. What was not kept was counted and told.
    fn fill(
        &self,
        address: &Address,
        ticket: &Arc<Ticket>,
        value: &V,
        fill: FillWith,
    ) -> impl Future<Output = ()> + Send;
}

/// What a read of the lower levels gave.
#[derive(Debug)]
pub(crate) enum Read<V> {
    Hit {
        made: Made<V>,
        age: Duration,
        remaining: Duration,
    },
    Miss,
    /// The shared store could not be asked. It is not written to in the same
    /// call either: a caller waits for one budget, not for two.
    Failed,
}

/// How a loaded value is kept.
#[derive(Clone, Debug)]
pub(crate) struct FillWith {
    pub(crate) ttl: Duration,
    pub(crate) cost: Duration,
    pub(crate) skip_shared: bool,
    pub(crate) marks: Arc<Marks>,
}

/// What a caller says that an entry is to be forgotten by, beside its key.
#[derive(Clone, Debug, Default)]
pub(crate) struct Given {
    pub(crate) tags: Arc<[Tag]>,
    pub(crate) dependencies: Arc<[FullKey]>,
}

/// Tells a value's tags.
pub(crate) type Tagger<V> = Arc<dyn Fn(&V) -> Vec<String> + Send + Sync>;

//! Which loads the present task is inside of, and what they are made of.
//!
//! A loader that asks for the key that it is loading would wait for itself. It
//! is recognised by the flights that the task leads. And what a loader reads
//! from caches of the same flow becomes a dependency of what it loads. A loader
//! that asks from a task that it spawned is not recognised: such a caller waits
//! as any other does, and what it reads has to be declared.

use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};

use smallvec::SmallVec;

use super::Ticket;
use crate::clock::Tick;
use crate::key::{FullKey, Marks, Tag};

tokio::task_local! {
    static LOADING: Arc<Loading>;
}

struct Loading {
    /// One for each key that is loaded: a batch loads several at once.
    tickets: SmallVec<[Arc<Ticket>; 1]>,
    made_of: Arc<MadeOf>,
    /// What it was let through by: a breaker, a bulkhead.
    under: Under,
    around: Option<Arc<Loading>>,
}

/// What lets loads through, told apart by where it lies.
pub(crate) type Under = [Option<usize>; 2];

/// The loads that a task is inside of, to be taken along into another that it
/// waits for.
pub(crate) struct Inside(Option<Arc<Loading>>);

/// What the present task is inside of.
pub(crate) fn inside() -> Inside {
    Inside(LOADING.try_with(Arc::clone).ok())
}

impl Inside {
    /// Runs `work` as if it were inside of the same.
    pub(crate) async fn run<F: Future>(self, work: F) -> F::Output {
        match self.0 {
            Some(loading) => LOADING.scope(loading, work).await,
            None => work.await,
        }
    }
}

/// What a load has read from caches so far.
#[derive(Debug)]
pub(crate) struct MadeOf {
    /// Tells the caches of one flow from those of another.
    flow: usize,
    parts: Mutex<Parts>,
}

/// See [`MadeOf`].
#[derive(Clone, Debug, Default)]
pub(crate) struct Parts {
    pub(crate) tags: Vec<Tag>,
    pub(crate) dependencies: Vec<FullKey>,
    /// The end of the part that ends first.
    pub(crate) expires: Option<Tick>,
}

impl Parts {
    /// As marks of what came of it; `None` if nothing was read.
    pub(crate) fn into_marks(self) -> Option<Arc<Marks>> {
        let marks = Marks::new(self.tags, self.dependencies);
        (!marks.is_empty()).then(|| Arc::new(marks))
    }
}

impl MadeOf {
    pub(crate) fn new(flow: usize) -> Self {
        Self {
            flow,
            parts: Mutex::default(),
        }
    }

    /// What was read, with nothing left behind.
    pub(crate) fn take(&self) -> Parts {
        std::mem::take(&mut *self.parts.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn add(&self, key: FullKey, marks: &Marks, expires: Option<Tick>) {
        let mut parts = self.parts.lock().unwrap_or_else(PoisonError::into_inner);
        parts.dependencies.push(key);
        // Flattened: what the part was made of, this is made of too.
        parts.dependencies.extend_from_slice(marks.dependencies());
        parts.tags.extend_from_slice(marks.tags());
        let ends = [parts.expires, expires];
        parts.expires = ends.into_iter().flatten().min();
    }
}

/// Runs `load` as a load under all of `tickets`, let through by what is `under`.
pub(crate) fn while_loading<F: Future>(
    tickets: &[Arc<Ticket>],
    made_of: &Arc<MadeOf>,
    under: Under,
    load: F,
) -> impl Future<Output = F::Output> {
    let loading = Loading {
        tickets: tickets.into(),
        made_of: Arc::clone(made_of),
        under,
        around: LOADING.try_with(Arc::clone).ok(),
    };
    LOADING.scope(Arc::new(loading), load)
}

/// Runs `load`, which is in no flight, let through by what is `under`. What it reads is
/// read by the load around it, if there is one.
pub(crate) fn while_let_through<F: Future>(
    flow: usize,
    under: Under,
    load: F,
) -> impl Future<Output = F::Output> {
    let around = LOADING.try_with(Arc::clone).ok();
    let made_of = match &around {
        Some(around) => Arc::clone(&around.made_of),
        None => Arc::new(MadeOf::new(flow)),
    };
    let loading = Loading {
        tickets: SmallVec::new(),
        made_of,
        under,
        around,
    };
    LOADING.scope(Arc::new(loading), load)
}

/// Whether the present task is inside of the load under `ticket`.
pub(crate) fn is_loading(ticket: &Arc<Ticket>) -> bool {
    let is_it = |other: &Arc<Ticket>| Arc::ptr_eq(other, ticket);
    any(|loading| loading.tickets.iter().any(is_it))
}

/// Whether the present task is inside of a load that `what` has let through: one
/// that waited for a place there would wait for itself.
pub(crate) fn is_under(what: usize) -> bool {
    any(|loading| loading.under.contains(&Some(what)))
}

fn any(of: impl Fn(&Loading) -> bool) -> bool {
    LOADING
        .try_with(|innermost| {
            std::iter::successors(Some(innermost), |loading| loading.around.as_ref())
                .any(|loading| of(loading))
        })
        .unwrap_or(false)
}

/// Whether the present task is inside of any load.
#[inline]
pub(crate) fn is_inside_a_load() -> bool {
    LOADING.try_with(|_| ()).is_ok()
}

/// What is read now becomes a part of what the present task is loading, if
/// anything.
pub(crate) fn read_within_load(
    flow: usize,
    key: impl FnOnce() -> FullKey,
    marks: &Marks,
    expires: Option<Tick>,
) {
    // Outside of every load there is nothing to add to.
    let _ = LOADING.try_with(|innermost| {
        if innermost.made_of.flow == flow {
            innermost.made_of.add(key(), marks, expires);
        }
    });
}

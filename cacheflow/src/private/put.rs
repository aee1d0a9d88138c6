//! What `#[cache_put]` puts.

use std::future::poll_fn;
use std::task::Poll;

use super::companion::Later;
use super::entry::{Entry, Saying};
use super::part::PartOf;
use super::shape::{Probe, ShapeOfPlain};
use super::site::At;
use crate::cache::CacheValue;
use crate::error::Result;
use crate::flow::CacheFlow;
use crate::invalidation::Applied;
use crate::key::KeyBuf;

/// A value that has its place in what a cached function returns, and of which a copy can
/// be put there.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not what this function keeps: it returns `{Whole}`",
    label = "a value of type `{Self}` cannot be put here",
    note = "what is put is what the attributed function gave, out of its `Result` or `Option`: it must be `Clone`, and of the type that the cached function returns"
)]
pub trait Fits<Whole, Level> {
    /// The cached function's return with a copy of this value.
    fn whole(&self) -> Whole;
}

// Else the compiler would say what it misses, and not why.
#[diagnostic::do_not_recommend]
impl<T: Clone + PartOf<Whole, Level>, Whole, Level> Fits<Whole, Level> for T {
    fn whole(&self) -> Whole {
        self.clone().whole()
    }
}

/// A value that is about to be put into an entry of a function that returns `R`.
///
/// Dropped before its end, because the call was cancelled or has panicked, nobody knows
/// whether the source was changed: the entry is forgotten in the background.
#[must_use = "nothing is put until `settle`"]
pub struct Put<R: 'static, F: FnOnce(&Saying, &R)>(State<R, F>);

enum State<R, F> {
    /// There is nothing to put.
    Not,
    /// The source is being changed.
    Begun(Entry<R, F>),
    /// It was: to this, or nobody knows to what.
    Ended(Entry<R, F>, Option<R>),
}

impl<R: 'static, F: FnOnce(&Saying, &R)> Put<R, F> {
    /// Nothing.
    pub fn nothing() -> Self {
        Self(State::Not)
    }

    /// Into this entry.
    pub fn into_entry(entry: Entry<R, F>) -> Self {
        Self(State::Begun(entry))
    }

    /// The function gave this.
    pub fn gave<T: Fits<R, Level>, Level>(&mut self, value: &T) {
        self.end(|| Some(value.whole()));
    }

    /// The same for an entry of values that are kept as they are.
    pub fn gave_value(&mut self, value: &R)
    where
        R: Clone,
    {
        self.end(|| Some(value.clone()));
    }

    /// There is no value to put, and what is kept is old.
    pub fn forget(&mut self) {
        self.end(|| None);
    }

    /// Nothing was changed.
    pub fn leave(&mut self) {
        self.0 = State::Not;
    }

    fn end(&mut self, value: impl FnOnce() -> Option<R>) {
        // The value's own code may panic: the entry is not taken until then.
        if matches!(self.0, State::Begun(_)) {
            let value = value();
            if let State::Begun(entry) = std::mem::replace(&mut self.0, State::Not) {
                self.0 = State::Ended(entry, value);
            }
        }
    }

    /// Whatever it puts.
    pub fn any<'a>(self) -> Box<dyn AnyPut + 'a>
    where
        R: Send,
        F: Send + 'a,
    {
        Box::new(self)
    }
}

impl<R: 'static, F: FnOnce(&Saying, &R)> Drop for Put<R, F> {
    fn drop(&mut self) {
        if let State::Begun(entry) | State::Ended(entry, _) =
            std::mem::replace(&mut self.0, State::Not)
        {
            entry.forget_in_background();
        }
    }
}

/// A [`Put`] of whatever type.
pub trait AnyPut: Send {
    /// What is to be done; from its first poll on it goes on by itself.
    fn begin(self: Box<Self>) -> Option<Later<Result<Applied>>>;
}

impl<R: Send + 'static, F: FnOnce(&Saying, &R) + Send> AnyPut for Put<R, F> {
    fn begin(mut self: Box<Self>) -> Option<Later<Result<Applied>>> {
        match std::mem::replace(&mut self.0, State::Not) {
            State::Not => None,
            State::Begun(entry) | State::Ended(entry, None) => Some(entry.forget()),
            State::Ended(entry, Some(value)) => Some(entry.put(value)),
        }
    }
}

/// Puts all of them. Once polled, that runs to its end.
pub async fn settle<const N: usize>(puts: [Box<dyn AnyPut + '_>; N]) {
    let mut under_way: Vec<_> = puts.into_iter().filter_map(AnyPut::begin).collect();
    // Each is polled before any is waited for: a caller who leaves then has begun all.
    poll_fn(|context| {
        under_way.retain_mut(|put| match put.as_mut().poll(context) {
            Poll::Pending => true,
            Poll::Ready(Ok(_)) => false,
            Poll::Ready(Err(error)) => {
                tracing::warn!(%error, "what an attributed function gave is not kept");
                false
            }
        });
        if under_way.is_empty() {
            Poll::Ready(())
        } else {
            Poll::Pending
        }
    })
    .await;
}

/// The entry under `key` of a named cache whose values are what the function gives.
pub fn keyed<T: CacheValue>(
    at: At,
    flow: &CacheFlow,
    key: &KeyBuf,
    said: &Saying,
) -> Entry<T, fn(&Saying, &T)> {
    let shape = ShapeOfPlain::shape(&Probe::<T>::NEW);
    Entry::new(shape, at, flow, key, said.clone(), |_, _| {})
}

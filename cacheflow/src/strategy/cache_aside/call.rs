//! One call: its loader, and what it goes by.

use std::any::Any;
use std::sync::Arc;

use crate::entry::Made;
use crate::source::{Fault, LoadContext, LoadError, Loaded, SharedError};
use crate::strategy::{CallOptions, Given, Policy};

/// What a call comes back with.
pub(crate) type Reply<V, E> = Result<Loaded<Made<V>>, LoadError<E>>;

/// One caller's load.
pub(crate) struct Load<V, F, E> {
    /// Taken when it is called.
    pub(crate) loader: Option<F>,
    pub(crate) terms: Terms<V, E>,
}

impl<V, F, E> Load<V, F, E> {
    pub(crate) fn new(loader: F, terms: Terms<V, E>) -> Self {
        Self {
            loader: Some(loader),
            terms,
        }
    }
}

/// A loader that has been called already: nothing of its caller is borrowed any
/// more.
pub(crate) fn called<V, Fut>(loading: Fut) -> impl FnOnce(LoadContext<V>) -> Fut {
    |_| loading
}

/// What a load goes by.
pub(crate) struct Terms<V, E> {
    pub(crate) context: LoadContext<V>,
    pub(crate) options: CallOptions,
    pub(crate) given: Given,
    pub(crate) errors: ShareError<E>,
    pub(crate) policy: Arc<Policy>,
    /// Whether the caller can be told that there is no value. Others whose source
    /// always has one may share the cache.
    pub(crate) takes_absent: bool,
}

impl<V, E> Terms<V, E> {
    pub(crate) fn new(policy: &Arc<Policy>, given: &Given, errors: ShareError<E>) -> Self {
        Self {
            context: LoadContext::new(),
            options: CallOptions::default(),
            given: given.clone(),
            errors,
            policy: Arc::clone(policy),
            takes_absent: false,
        }
    }

    /// The same for a caller that can be told that there is no value.
    pub(crate) fn or_absent(self, takes_absent: bool) -> Self {
        Self {
            takes_absent,
            ..self
        }
    }

    /// What others are told of why a load failed, beside that itself.
    pub(super) fn shared(&self, error: LoadError<E>) -> (Fault, LoadError<E>) {
        match error.parts() {
            Ok(error) => {
                let shared = (self.errors.share)(&error);
                (Fault::Source(shared), LoadError::Source(error))
            }
            Err(trouble) => (Fault::Trouble(trouble), trouble.into()),
        }
    }
}

/// How an error that the leader got is handed to its followers, and looked at by
/// those who judge it.
pub(crate) struct ShareError<E> {
    pub(crate) share: fn(&E) -> Option<SharedError>,
    pub(crate) take: fn(&SharedError) -> Option<E>,
    pub(crate) any: fn(&E) -> &dyn Any,
}

impl<E> Clone for ShareError<E> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<E> Copy for ShareError<E> {}

impl<E: 'static> ShareError<E> {
    /// Errors that cannot be copied: every follower of a failed flight loads
    /// for itself.
    pub(crate) fn never() -> Self {
        Self {
            share: |_| None,
            take: |_| None,
            any: |error| error,
        }
    }
}

impl<E: Clone + Send + Sync + 'static> ShareError<E> {
    /// Errors that can: a follower of the same error type gets a copy.
    pub(crate) fn cloned() -> Self {
        Self {
            share: |error| Some(Arc::new(error.clone())),
            take: |shared| shared.downcast_ref::<E>().cloned(),
            any: |error| error,
        }
    }
}

use std::sync::Arc;
use std::time::Duration;

use super::Level;
use crate::clock::Tick;
use crate::key::Marks;

/// A value with what it is forgotten by and until when it may live, on its way
/// to those who asked for it.
#[derive(Clone, Debug)]
pub(crate) struct Made<V> {
    pub(crate) value: V,
    /// `None` is nothing.
    pub(crate) marks: Option<Arc<Marks>>,
    /// Until when what is made of it may live; `None` if it is kept nowhere.
    pub(crate) expires: Option<Tick>,
    /// When it began to be read, see [`Entry::begun`].
    pub(crate) begun: Tick,
    /// When this node has got it.
    pub(crate) seen: Tick,
    /// How old it was then.
    pub(crate) age: Duration,
    /// Until when it may be served from where it lay.
    pub(crate) served_until: Tick,
    /// Where it lay.
    pub(crate) level: Level,
    /// Whether it stands in for a value that could not be loaded.
    pub(crate) is_stale: bool,
    /// What the source calls this version of it.
    pub(crate) version: Option<Arc<str>>,
    /// The header of the shared store's copy, where somebody wants to name it.
    pub(crate) header: Option<Arc<[u8]>>,
}

impl<V> Made<V> {
    pub(crate) fn marks(&self) -> &Marks {
        self.marks.as_deref().unwrap_or(Marks::NONE)
    }

    /// The same of another value.
    pub(crate) fn with<T>(self, value: T) -> Made<T> {
        let Self {
            value: _,
            marks,
            expires,
            begun,
            seen,
            age,
            served_until,
            level,
            is_stale,
            version,
            header,
        } = self;
        Made {
            value,
            marks,
            expires,
            begun,
            seen,
            age,
            served_until,
            level,
            is_stale,
            version,
            header,
        }
    }

    /// The same value, standing in for one that could not be loaded.
    pub(crate) fn stale(self) -> Self {
        Self {
            is_stale: true,
            ..self
        }
    }
}

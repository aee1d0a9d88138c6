//! Invalidations in traces, at the level `DEBUG`.

use tracing::Span;
use tracing::field::Empty;

use super::forget::Outcome;
use super::{Applied, Node};
use crate::event::Forgotten;
use crate::key::{FullKey, Pattern, Tag};

impl Node {
    /// Around an invalidation of this node, until it is applied here.
    pub(super) fn forget_span(&self, forgotten: &Forgotten) -> Span {
        let named = |texts: &dyn Fn() -> String| self.events.logs_keys().then(texts);
        tracing::debug_span!(
            "cacheflow.invalidate",
            batch_size = forgotten.keys.len(),
            cache_keys = named(&|| list(&forgotten.keys, FullKey::as_str)),
            tags = forgotten.tags.len(),
            tag_names = named(&|| list(&forgotten.tags, Tag::as_str)),
            patterns = forgotten.patterns.len(),
            pattern_texts = named(&|| list(&forgotten.patterns, Pattern::as_str)),
            caches = forgotten.caches.len(),
            everything = forgotten.everything,
            applied = Empty,
            deleted_in_memory = Empty,
            deleted_in_store = Empty,
        )
    }
}

impl Outcome {
    /// Tells the span of an invalidation what came of it.
    pub(super) fn record_in(&self, span: &Span) {
        let applied = match self.applied {
            Applied::Local => "local",
            Applied::Recorded => "recorded",
            Applied::Everywhere => "everywhere",
            Applied::Deferred => "deferred",
        };
        span.record("applied", applied);
        span.record("deleted_in_memory", self.deleted.in_memory);
        span.record("deleted_in_store", self.deleted.in_store);
    }
}

/// All of these, with commas between them.
fn list<T>(all: &[T], text: fn(&T) -> &str) -> String {
    all.iter().map(text).collect::<Vec<_>>().join(",")
}

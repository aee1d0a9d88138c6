//! Changes that are under way.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Counts the changes that callers have begun and that have not ended.
#[derive(Debug, Default)]
pub(super) struct Changes(AtomicUsize);

/// One change; ends when it is dropped.
#[derive(Debug)]
pub(super) struct Change(Arc<Changes>);

impl Changes {
    pub(super) fn begin(changes: &Arc<Self>) -> Change {
        changes.0.fetch_add(1, Ordering::AcqRel);
        Change(Arc::clone(changes))
    }

    pub(super) fn under_way(&self) -> usize {
        self.0.load(Ordering::Acquire)
    }
}

impl Drop for Change {
    fn drop(&mut self) {
        self.0.0.fetch_sub(1, Ordering::AcqRel);
    }
}

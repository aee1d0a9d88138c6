//! What `#[cache_update]` touches.

use std::fmt::Display;
use std::future::Future;

use crate::error::{Error, ErrorKind, Result};
use crate::flow::CacheFlow;
use crate::key::Parent;

/// The rows to be touched when a function has changed what is a part of them.
///
/// Dropped before its end, because the call was cancelled or has panicked, nobody knows
/// whether the source was changed: what is known by then is touched in the background. A
/// touch too many does no harm.
#[derive(Debug)]
#[must_use = "nothing is touched until `end`"]
pub struct Touch {
    flow: CacheFlow,
    rows: Vec<Parent>,
    is_on: bool,
}

/// What names a row: `user:7`, or a [`Parent`].
#[diagnostic::on_unimplemented(
    message = "a parent is a `cacheflow::Parent`, or a text like `\"user:7\"`, not `{Self}`",
    label = "no parent",
    note = "with `entity = \"user\"`, the id alone is enough"
)]
pub trait Row {
    /// The row, if it is one.
    ///
    /// # Errors
    ///
    /// What is wrong with its name.
    fn parent(self) -> Result<Parent>;
}

impl Row for Parent {
    fn parent(self) -> Result<Parent> {
        self.fault().map_or(Ok(self), |fault| {
            Err(Error::new(ErrorKind::InvalidConfig, "touch", fault))
        })
    }
}

impl Row for &Parent {
    fn parent(self) -> Result<Parent> {
        self.clone().parent()
    }
}

impl Row for String {
    fn parent(self) -> Result<Parent> {
        self.parse()
    }
}

impl Row for &str {
    fn parent(self) -> Result<Parent> {
        self.parse()
    }
}

impl Touch {
    /// Nothing yet.
    pub fn begin(flow: &CacheFlow) -> Self {
        Self {
            flow: flow.clone(),
            rows: Vec::new(),
            is_on: true,
        }
    }

    /// These rows. What names none is said and left out: the others are touched all the
    /// same.
    pub fn rows<R: Row>(&mut self, rows: impl IntoIterator<Item = R>) {
        for row in rows {
            match row.parent() {
                Ok(row) => self.rows.push(row),
                // What it says may be a secret, and does not go to the log.
                Err(_) => tracing::warn!("no parent, and nothing to touch"),
            }
        }
    }

    /// Rows of one entity, by their ids.
    pub fn rows_of<I: Display>(&mut self, entity: &str, ids: impl IntoIterator<Item = I>) {
        self.rows(ids.into_iter().map(|id| Parent::new(entity, id)));
    }

    /// Whether anything is touched.
    #[must_use]
    pub fn is_on(&self) -> bool {
        self.is_on
    }

    /// Nothing is touched: nothing was changed.
    pub fn keep(&mut self) {
        self.is_on = false;
    }

    /// Touches. Once polled, it runs to its end.
    pub async fn end(mut self) {
        if let Some(touch) = self.take() {
            touch.await;
        }
    }

    /// What is left to be done; nothing is left then.
    fn take(&mut self) -> Option<impl Future<Output = ()> + Send + use<>> {
        let rows = std::mem::take(&mut self.rows);
        let is_on = std::mem::take(&mut self.is_on);
        let flow = self.flow.clone();
        (is_on && !rows.is_empty()).then_some(async move {
            if let Err(error) = flow.touch(rows).await {
                tracing::warn!(%error, "what was changed is a part of rows that are not touched");
            }
        })
    }
}

impl Drop for Touch {
    fn drop(&mut self) {
        if let Some(touch) = self.take() {
            self.flow.in_background(touch);
        }
    }
}

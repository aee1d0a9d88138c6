//! Touching what a changed row is a part of.

use std::sync::Arc;

use tokio::runtime::Handle;

use super::CacheFlow;
use crate::config::Faults;
use crate::error::{Error, ErrorKind, Result};
use crate::key::Parent;
use crate::touch::Touched;

impl CacheFlow {
    /// A row has changed that is a part of `parents`: moves their `updated_at` in their
    /// source, and that of all that they are a part of in turn, and then forgets
    /// everywhere what was made of them. [`touch`](crate::touch) says how.
    ///
    /// To be called strictly *after* the change is committed, as
    /// [`Invalidation::send`](crate::Invalidation::send) is. The row that has changed is
    /// not touched, nor forgotten: name it among the parents, or forget it
    /// by its key.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidConfig`] with all that is wrong with the names of `parents`;
    /// [`ErrorKind::Closed`] after the flow was shut down. In both cases nothing was touched
    /// or forgotten. That a row could not be touched is no error, but told in
    /// [`Touched`], and tried again.
    ///
    /// # Cancellation
    ///
    /// Once it was polled it goes on to its end; outside of a tokio runtime it ends where
    /// it is.
    pub async fn touch(&self, parents: impl IntoIterator<Item = Parent>) -> Result<Touched> {
        let parents: Vec<Parent> = parents.into_iter().collect();
        let mut faults = Faults::default();
        let wrong = parents.iter().filter_map(Parent::fault);
        wrong.for_each(|fault| faults.add(fault));
        faults.into_result("touch")?;
        if self.is_closed() {
            return Err(closed());
        }
        let touching = Arc::clone(&self.0.touching);
        let touch = async move { touching.touch(parents).await };
        // Without a backend as well: touching waits for the source, and a caller may
        // leave meanwhile.
        let runtime = self
            .0
            .runtime
            .clone()
            .or_else(|| Handle::try_current().ok());
        match runtime {
            Some(runtime) => self.to_the_end_on(&runtime, touch).await.ok_or_else(closed),
            None => Ok(touch.await),
        }
    }
}

fn closed() -> Error {
    Error::new(ErrorKind::Closed, "touch", "the flow was shut down")
}

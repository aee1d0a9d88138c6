//! What touched a cache before this node began to watch over it.
//!
//! A node that has just begun cannot know by itself whether what lies in the shared
//! store is newer than all that has touched its cache. The journal tells, as far as it
//! reaches back.

use std::convert::Infallible;

use super::Node;
use crate::event::Position;
use crate::store::{Guarded, Since};

/// So many records are looked at: some hundred kilobytes, once.
const RECORDS: u64 = 1_000;

impl Node {
    /// Runs as long as the flow: asks the journal whenever this node has begun to
    /// watch, or has begun anew.
    pub(crate) async fn look_back_forever(&self, shared: &Guarded) -> Infallible {
        loop {
            self.watching.notified().await;
            let Some(here) = self.standing.position() else {
                // It is told again when there is a place.
                continue;
            };
            let after = Position {
                number: here.number.saturating_sub(RECORDS),
                ..here
            };
            match shared.since(Some(after)).await {
                Ok(Since::Records(records)) => self.standing.looked_back(after, &records),
                // The journal does not reach back so far, or is away. What was kept
                // before is not believed, and loaded anew.
                Ok(Since::Anew(_)) => {}
                Err(error) => tracing::debug!(%error, "older values of a cache are not read"),
            }
        }
    }
}

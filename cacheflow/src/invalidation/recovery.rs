//! The way back after the shared store was away.

use std::convert::Infallible;
use std::time::Duration;

use super::Node;
use crate::bus::Bus;
use crate::error::Result;
use crate::event::Change;
use crate::runtime::jittered;
use crate::store::{Guarded, Recovering};

/// The pause before the first try, and the longest between two.
const FIRST_PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_secs(2);

impl Node {
    /// Runs as long as the flow: whenever the shared store fails or is
    /// distrusted, probes it, tells it what waits in the outbox, and only then
    /// lets callers use it again. At most one probe is under way at a time.
    pub(crate) async fn recover_forever(&self, shared: &Guarded) -> Infallible {
        loop {
            shared.disturbed().await;
            let mut pause = FIRST_PAUSE;
            loop {
                tokio::time::sleep(jittered(pause)).await;
                match self.recover(shared).await {
                    Ok(()) => break,
                    Err(error) => tracing::debug!(%error, "the shared store is still away"),
                }
                pause = (pause * 2).min(LONGEST_PAUSE);
            }
        }
    }

    async fn recover(&self, shared: &Guarded) -> Result<()> {
        let recovering = shared.recovering();
        recovering.ping().await?;
        loop {
            self.send_outbox(&recovering).await?;
            recovering.answers_in_time().await?;
            // Under the outbox' lock: what is added after this look distrusts
            // the store anew.
            let outbox = self.outbox();
            if outbox.is_empty() {
                shared.recovered();
                return Ok(());
            }
        }
    }

    async fn send_outbox(&self, recovering: &Recovering<'_>) -> Result<()> {
        loop {
            let Some(forgotten) = self.outbox().take() else {
                return Ok(());
            };
            let change = Change::Forgotten(forgotten.clone());
            let recorded = recovering.record(&change, self.standing.position()).await;
            if recorded.is_err() {
                self.outbox().add(forgotten);
            }
            let told = recorded.map(|recorded| self.recorded(recorded, || ()));
            self.outbox().sent();
            told?;
        }
    }

    /// Runs as long as the flow: listens, and comes back after each loss.
    pub(crate) async fn listen_forever(&self, bus: &dyn Bus) -> Infallible {
        let mut pause = FIRST_PAUSE;
        let mut told = false;
        loop {
            let Err(error) = bus.listen(self).await;
            if self.bus_lost() {
                pause = FIRST_PAUSE;
                told = false;
            }
            if told {
                tracing::debug!(%error, "the bus is still away");
            } else {
                tracing::warn!(%error, "the bus is away; memory is not trusted until it is back");
                told = true;
            }
            tokio::time::sleep(jittered(pause)).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }
}

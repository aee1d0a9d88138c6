//! The way back after the shared store was away.

use std::convert::Infallible;
use std::time::Duration;

use super::Node;
use crate::bus::Bus;
use crate::error::Result;
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
            self.send_keys(&recovering).await?;
            self.send_clears(&recovering).await?;
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

    async fn send_keys(&self, recovering: &Recovering<'_>) -> Result<()> {
        loop {
            let keys = self.outbox().take_keys();
            if keys.is_empty() {
                return Ok(());
            }
            match recovering.forget(&keys, self.standing.position()).await {
                Ok(recorded) => {
                    self.recorded(recorded, || self.forget_here(&keys));
                    self.outbox().sent();
                }
                Err(error) => {
                    let mut outbox = self.outbox();
                    outbox.add_keys(keys);
                    outbox.sent();
                    return Err(error);
                }
            }
        }
    }

    async fn send_clears(&self, recovering: &Recovering<'_>) -> Result<()> {
        loop {
            let Some(cache) = self.outbox().take_cache() else {
                return Ok(());
            };
            let cleared = self.clear_steps(recovering, &cache).await;
            let mut outbox = self.outbox();
            if cleared.is_err() {
                outbox.add_cache(cache);
            }
            outbox.sent();
            drop(outbox);
            cleared?;
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

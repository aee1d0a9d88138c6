//! The bus of one node.

use std::convert::Infallible;
use std::sync::Arc;

use cacheflow::bus::{Bus, Listener};
use cacheflow::event::{Position, Snapshot};
use cacheflow::{Error, ErrorKind, Namespace, Result};
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::time::MissedTickBehavior;

use super::Shared;
use super::journal::News;

pub(super) struct MemoryBus {
    shared: Arc<Shared>,
    prefix: String,
}

impl MemoryBus {
    pub(super) fn new(shared: Arc<Shared>, namespace: &Namespace) -> Self {
        Self {
            shared,
            prefix: namespace.prefix().to_owned(),
        }
    }

    fn subscribe(&self) -> UnboundedReceiver<News> {
        self.shared.server().journal(&self.prefix).subscribe()
    }

    fn position(&self) -> Position {
        self.shared.server().journal(&self.prefix).position()
    }

    fn snapshot(&self) -> Snapshot {
        self.shared.server().journal(&self.prefix).snapshot()
    }

    /// Tells the others where this node stands.
    fn announce(&self, listener: &dyn Listener) {
        if let Some(position) = listener.position() {
            let now = self.shared.clock.now();
            let mut server = self.shared.server();
            let journal = server.journal(&self.prefix);
            journal.stands(listener.origin(), position, now);
        }
    }

    fn tell(&self, listener: &dyn Listener, news: News) {
        match news {
            News::Record { record, origin } => listener.heard(record, &origin),
            News::Foreign { forgotten, origin } => listener.heard_foreign(&forgotten, &origin),
            News::Released(name) => listener.released(&name),
            News::Garbage => listener.garbled(),
            News::Positions => self.announce(listener),
        }
    }
}

#[async_trait::async_trait]
impl Bus for MemoryBus {
    async fn listen(&self, listener: &dyn Listener) -> Result<Infallible> {
        let mut news = self.subscribe();
        // Asked after subscribing: what is recorded from here on arrives.
        let asked = listener.now();
        listener.subscribed(self.snapshot(), asked);

        let mut heartbeats = tokio::time::interval(cacheflow::bus::HEARTBEAT);
        heartbeats.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                // A heartbeat is told when what came before it has been told.
                biased;
                one = news.recv() => match one {
                    Some(one) => self.tell(listener, one),
                    None => return Err(lost()),
                },
                _ = heartbeats.tick() => {
                    let asked = listener.now();
                    let position = self.position();
                    // Up to `position` everything stands in the queue by now.
                    while let Ok(one) = news.try_recv() {
                        self.tell(listener, one);
                    }
                    if news.is_closed() {
                        return Err(lost());
                    }
                    // First told, then proven: who waits for all nodes must know
                    // of every one that serves from memory.
                    self.announce(listener);
                    listener.alive(position, asked);
                }
            }
        }
    }
}

fn lost() -> Error {
    Error::new(
        ErrorKind::Unavailable,
        "listen",
        "the connection was broken",
    )
}

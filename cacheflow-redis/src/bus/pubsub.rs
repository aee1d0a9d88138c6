//! The bus on Redis' Pub/Sub.
//!
//! Subscription and heartbeat share one connection (RESP3). The server writes a
//! heartbeat's answer after every message that it published before, so that
//! the answer proves that none of them is still on its way.

use std::convert::Infallible;

use cacheflow::bus::{Bus, HEARTBEAT, Listener};
use cacheflow::{Error, ErrorKind, Result};
use redis::aio::MultiplexedConnection;
use redis::{AsyncConnectionConfig, FromRedisValue, ProtocolVersion, PushInfo, PushKind};
use tokio::sync::mpsc;
use tokio::time::{Interval, MissedTickBehavior};

use super::{PATIENCE, heartbeat};
use crate::error::failed;
use crate::link::Link;
use crate::message::{self, Heard};
use crate::names::Names;
use crate::topology::Topology;

/// Messages that may wait to be applied. More are dropped, which the next
/// number or heartbeat reveals.
const BACKLOG: usize = 65_536;

/// So many that have arrived are heard at once.
const AT_ONCE: usize = 256;

/// See the [module's documentation](self).
pub(crate) struct PubSubBus {
    link: Link,
}

impl PubSubBus {
    pub(crate) fn new(topology: Topology, names: Names) -> Self {
        Self {
            link: Link::new(topology, names),
        }
    }

    fn lost(&self, why: &str) -> Error {
        Error::new(ErrorKind::Unavailable, "listen", why).with("server", self.link.server())
    }
}

#[async_trait::async_trait]
impl Bus for PubSubBus {
    async fn listen(&self, listener: &dyn Listener) -> Result<Infallible> {
        let (sender, pushes) = mpsc::channel(BACKLOG);
        let config = AsyncConnectionConfig::new()
            .set_connection_timeout(Some(PATIENCE))
            .set_response_timeout(Some(PATIENCE))
            .set_push_sender(move |push: PushInfo| sender.try_send(push));
        let mut connection = self.link.connect(&config, ProtocolVersion::RESP3).await?;
        connection
            .subscribe(&self.link.names().channel)
            .await
            .map_err(|error| failed("subscribe", self.link.server(), error))?;
        // Asked after subscribing: what is recorded from here on arrives.
        let asked = listener.now();
        let snapshot = self.link.adopt(&mut connection, true).await?;
        listener.subscribed(snapshot, asked);
        Listening {
            bus: self,
            listener,
            connection,
            pushes,
            is_asked: false,
        }
        .run()
        .await
    }
}

/// One connection's life.
struct Listening<'a> {
    bus: &'a PubSubBus,
    listener: &'a dyn Listener,
    connection: MultiplexedConnection,
    pushes: mpsc::Receiver<PushInfo>,
    /// Whether somebody wants to know where all nodes stand.
    is_asked: bool,
}

impl Listening<'_> {
    async fn run(mut self) -> Result<Infallible> {
        let mut heartbeats = heartbeats();
        loop {
            tokio::select! {
                push = self.pushes.recv() => self.hear_all(push)?,
                _ = heartbeats.tick() => self.heartbeat().await?,
            }
            // However often it was asked meanwhile, one answer will do.
            if std::mem::take(&mut self.is_asked) {
                self.heartbeat().await?;
            }
        }
    }

    /// Asks where the journal stands, and goes on hearing meanwhile.
    async fn heartbeat(&mut self) -> Result<()> {
        let (link, listener) = (&self.bus.link, self.listener);
        let mut connection = self.connection.clone();
        let asked = listener.now();
        let stands = listener.position();
        let question = heartbeat(link, &mut connection, listener.origin(), stands);
        tokio::pin!(question);
        let position = loop {
            tokio::select! {
                // What arrived before the answer is heard before it counts.
                biased;
                push = self.pushes.recv() => self.hear(push)?,
                answer = &mut question => break answer?,
            }
        };
        while let Ok(push) = self.pushes.try_recv() {
            self.hear(Some(push))?;
        }
        match position {
            Some(position) => listener.alive(position, asked),
            // The journal vanished, or is another server's: it begins or goes on
            // anew, and so does this node.
            None => {
                let asked = listener.now();
                let snapshot = link.adopt(&mut self.connection, true).await?;
                listener.subscribed(snapshot, asked);
            }
        }
        Ok(())
    }

    /// Hears what has arrived, without a look at the time in between; but of very much, no more
    /// than keeps the heartbeat waiting for a moment.
    fn hear_all(&mut self, first: Option<PushInfo>) -> Result<()> {
        self.hear(first)?;
        for _ in 0..AT_ONCE {
            let Ok(push) = self.pushes.try_recv() else {
                break;
            };
            self.hear(Some(push))?;
        }
        Ok(())
    }

    fn hear(&mut self, push: Option<PushInfo>) -> Result<()> {
        let Some(push) = push else {
            return Err(self.bus.lost("the connection was closed"));
        };
        match push.kind {
            PushKind::Message => self.message(push),
            PushKind::Disconnection => return Err(self.bus.lost("the connection was lost")),
            _ => {}
        }
        Ok(())
    }

    fn message(&mut self, push: PushInfo) {
        let payload = push.data.into_iter().nth(1);
        let bytes = payload.and_then(|payload| Vec::<u8>::from_redis_value(payload).ok());
        match bytes.as_deref().and_then(message::read) {
            Some(Heard::Record { record, origin }) => self.listener.heard(record, &origin),
            Some(Heard::Foreign { change, origin }) => {
                self.listener.heard_foreign(&change, &origin);
            }
            Some(Heard::Released(name)) => self.listener.released(&name),
            Some(Heard::Question) => self.is_asked = true,
            Some(Heard::Nothing) => {}
            None => self.listener.garbled(),
        }
    }
}

fn heartbeats() -> Interval {
    let mut heartbeats = tokio::time::interval(HEARTBEAT);
    heartbeats.set_missed_tick_behavior(MissedTickBehavior::Delay);
    heartbeats
}

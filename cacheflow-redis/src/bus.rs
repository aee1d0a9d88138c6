//! The bus on Redis' Pub/Sub.
//!
//! Subscription and heartbeat share one connection (RESP3). The server writes a
//! heartbeat's answer after every message that it published before, so that
//! the answer proves that none of them is still on its way.

use std::convert::Infallible;
use std::time::Duration;

use cacheflow::bus::{Bus, HEARTBEAT, Listener};
use cacheflow::clock::Tick;
use cacheflow::event::Position;
use cacheflow::{Error, ErrorKind, Result};
use redis::aio::MultiplexedConnection;
use redis::{AsyncConnectionConfig, Client, FromRedisValue, ProtocolVersion, PushInfo, PushKind};
use tokio::sync::mpsc;
use tokio::time::{Interval, MissedTickBehavior};

use crate::error::{failed, unexpected};
use crate::link::Link;
use crate::message::{self, Heard, incarnation};
use crate::names::Names;

/// Messages that may wait to be applied. More are dropped, which the next
/// number or heartbeat reveals.
const BACKLOG: usize = 65_536;

/// A connection whose heartbeat has not been answered for so long is given up.
const PATIENCE: Duration = Duration::from_secs(2);

/// See the [module's documentation](self).
pub(crate) struct RedisBus {
    link: Link,
}

impl RedisBus {
    pub(crate) fn new(client: Client, names: Names) -> Self {
        let info = client.get_connection_info().clone();
        let resp3 = info
            .redis_settings()
            .clone()
            .set_protocol(ProtocolVersion::RESP3);
        // The URL has been read once; another protocol does not change that.
        let client = Client::open(info.set_redis_settings(resp3)).unwrap_or(client);
        Self {
            link: Link::new(client, names),
        }
    }

    fn lost(&self, why: &str) -> Error {
        Error::new(ErrorKind::Unavailable, "listen", why).with("server", self.link.server())
    }
}

#[async_trait::async_trait]
impl Bus for RedisBus {
    async fn listen(&self, listener: &dyn Listener) -> Result<Infallible> {
        let (sender, pushes) = mpsc::channel(BACKLOG);
        let config = AsyncConnectionConfig::new()
            .set_connection_timeout(Some(PATIENCE))
            .set_response_timeout(Some(PATIENCE))
            .set_push_sender(move |push: PushInfo| sender.try_send(push));
        let mut connection = self.link.connect(&config).await?;
        connection
            .subscribe(&self.link.names().channel)
            .await
            .map_err(|error| failed("subscribe", self.link.server(), error))?;
        // Asked after subscribing: what is recorded from here on arrives.
        let asked = listener.now();
        let position = self.link.adopt(&mut connection).await?;
        listener.subscribed(position, asked);
        Listening {
            bus: self,
            listener,
            connection,
            pushes,
        }
        .run()
        .await
    }
}

/// One connection's life.
struct Listening<'a> {
    bus: &'a RedisBus,
    listener: &'a dyn Listener,
    connection: MultiplexedConnection,
    pushes: mpsc::Receiver<PushInfo>,
}

impl Listening<'_> {
    async fn run(mut self) -> Result<Infallible> {
        let mut heartbeats = heartbeats();
        loop {
            tokio::select! {
                push = self.pushes.recv() => self.hear(push)?,
                _ = heartbeats.tick() => self.heartbeat().await?,
            }
        }
    }

    /// Asks where the journal stands, and goes on hearing meanwhile.
    async fn heartbeat(&mut self) -> Result<()> {
        let asked = self.listener.now();
        let question = ask(self.bus, self.connection.clone());
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
        self.alive(position, asked).await
    }

    async fn alive(&mut self, position: Option<Position>, asked: Tick) -> Result<()> {
        let position = match position {
            Some(position) => position,
            // The journal vanished: evicted, or flushed away.
            None => self.bus.link.adopt(&mut self.connection).await?,
        };
        self.listener.alive(position, asked);
        Ok(())
    }

    fn hear(&self, push: Option<PushInfo>) -> Result<()> {
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

    fn message(&self, push: PushInfo) {
        let payload = push.data.into_iter().nth(1);
        let bytes = payload.and_then(|payload| Vec::<u8>::from_redis_value(payload).ok());
        match bytes.as_deref().and_then(message::read) {
            Some(Heard::Record { record, origin }) => self.listener.heard(record, &origin),
            Some(Heard::Foreign { keys, origin }) => self.listener.heard_foreign(&keys, &origin),
            None => self.listener.garbled(),
        }
    }
}

/// The journal's position; `None` if there is no journal.
async fn ask(bus: &RedisBus, mut connection: MultiplexedConnection) -> Result<Option<Position>> {
    let script = &bus.link.scripts().heartbeat;
    let (inc, number): (Option<String>, Option<u64>) = script
        .key(&bus.link.names().journal)
        .invoke_async(&mut connection)
        .await
        .map_err(|error| failed("heartbeat", bus.link.server(), error))?;
    let (Some(inc), Some(number)) = (inc, number) else {
        return Ok(None);
    };
    let incarnation = incarnation(&inc)
        .ok_or_else(|| unexpected("heartbeat", bus.link.server(), "incarnation"))?;
    Ok(Some(Position {
        incarnation,
        number,
    }))
}

fn heartbeats() -> Interval {
    let mut heartbeats = tokio::time::interval(HEARTBEAT);
    heartbeats.set_missed_tick_behavior(MissedTickBehavior::Delay);
    heartbeats
}

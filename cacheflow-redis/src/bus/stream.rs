//! The bus that reads the journal's stream, for servers without Pub/Sub.
//!
//! It waits for records on a connection of its own, and asks after every answer
//! where the journal stands; what it has not read by then it reads at once.
//!
//! The stream holds records alone, and the return of a lease is none: nobody is told
//! of it here, and who waits for a lease tries again by and by.

use std::convert::Infallible;

use cacheflow::Result;
use cacheflow::bus::{Bus, HEARTBEAT, Listener};
use cacheflow::event::Position;
use redis::aio::MultiplexedConnection;
use redis::streams::StreamReadReply;
use redis::{AsyncConnectionConfig, ProtocolVersion};

use super::{PATIENCE, heartbeat};
use crate::error::failed;
use crate::link::Link;
use crate::message::{self, Heard};
use crate::names::Names;
use crate::topology::Topology;

/// Records that are read at once.
const COUNT: usize = 500;

/// See the [module's documentation](self).
pub(crate) struct StreamBus {
    link: Link,
}

impl StreamBus {
    pub(crate) fn new(topology: Topology, names: Names) -> Self {
        Self {
            link: Link::new(topology, names),
        }
    }
}

#[async_trait::async_trait]
impl Bus for StreamBus {
    async fn listen(&self, listener: &dyn Listener) -> Result<Infallible> {
        let config = AsyncConnectionConfig::new()
            .set_connection_timeout(Some(PATIENCE))
            .set_response_timeout(Some(HEARTBEAT + PATIENCE));
        let connection = self.link.connect(&config, ProtocolVersion::RESP2).await?;
        let mut reading = Reading {
            link: &self.link,
            listener,
            connection,
            last: Position {
                incarnation: 0,
                number: 0,
            },
        };
        reading.begin().await?;
        loop {
            reading.step().await?;
        }
    }
}

/// One connection's life.
struct Reading<'a> {
    link: &'a Link,
    listener: &'a dyn Listener,
    connection: MultiplexedConnection,
    /// The last record that was told.
    last: Position,
}

impl Reading<'_> {
    /// Takes the journal as it is now.
    async fn begin(&mut self) -> Result<()> {
        let asked = self.listener.now();
        let snapshot = self.link.adopt(&mut self.connection, true).await?;
        self.last = snapshot.position;
        self.listener.subscribed(snapshot, asked);
        Ok(())
    }

    /// Waits for records, no longer than until the next heartbeat is due.
    async fn step(&mut self) -> Result<()> {
        self.read(true).await?;
        let asked = self.listener.now();
        let (origin, stands) = (self.listener.origin(), self.listener.position());
        let position = heartbeat(self.link, &mut self.connection, origin, stands).await?;
        let Some(position) = position.filter(|at| at.incarnation == self.last.incarnation) else {
            return self.begin().await;
        };
        // Recorded between the two questions.
        while self.last.number < position.number && self.read(false).await? {}
        if self.last.number < position.number {
            // Lost from the stream: the number tells the listener.
            self.last = position;
        }
        // A record that was read since may be later than the heartbeat's answer.
        self.listener.alive(position, asked);
        Ok(())
    }

    /// Reads what comes after the last record; whether there was anything.
    async fn read(&mut self, waits: bool) -> Result<bool> {
        let mut command = redis::cmd("XREAD");
        if waits {
            command.arg("BLOCK").arg(HEARTBEAT.as_millis() as u64);
        }
        command
            .arg("COUNT")
            .arg(COUNT)
            .arg("STREAMS")
            .arg(self.link.names().records())
            .arg(self.last.number);
        let found: Option<StreamReadReply> = command
            .query_async(&mut self.connection)
            .await
            .map_err(|error| failed("listen", self.link.server(), error))?;
        let entries = found.into_iter().flat_map(|reply| reply.keys);
        let mut is_any = false;
        for entry in entries.flat_map(|stream| stream.ids) {
            is_any = true;
            let message: Option<Vec<u8>> = entry.get("m");
            match message.as_deref().and_then(message::read) {
                Some(Heard::Record { record, origin }) => {
                    self.last.number = record.position.number;
                    self.listener.heard(record, &origin);
                }
                _ => {
                    // Never the same again.
                    let id = entry.id.split('-').next().and_then(|id| id.parse().ok());
                    self.last.number = id.unwrap_or(self.last.number + 1);
                    self.listener.garbled();
                }
            }
        }
        Ok(is_any)
    }
}

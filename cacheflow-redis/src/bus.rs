//! The bus: how records reach this node.
//!
//! Two ways: [`PubSubBus`] is told of them by Redis' Pub/Sub, [`StreamBus`] reads
//! them from the journal's stream.

mod pubsub;
mod stream;

use cacheflow::Result;
use cacheflow::event::Position;
use redis::aio::MultiplexedConnection;

use crate::error::failed;
use crate::link::Link;
use crate::message::incarnation_text;

pub(crate) use pubsub::PubSubBus;
pub(crate) use stream::StreamBus;

/// A connection whose heartbeat has not been answered for so long is given up.
const PATIENCE: std::time::Duration = std::time::Duration::from_secs(2);

/// Tells where this node stands, and asks where the journal does; `None` if it has
/// to be adopted.
async fn heartbeat(
    link: &Link,
    connection: &mut MultiplexedConnection,
    origin: &str,
    stands: Option<Position>,
) -> Result<Option<Position>> {
    let (own_inc, own_number) = stands.map_or((String::new(), 0), |stands| {
        (incarnation_text(stands.incarnation), stands.number)
    });
    let (inc, number): (Option<String>, Option<u64>) = link
        .call(&link.scripts().heartbeat)
        .arg(origin)
        .arg(own_inc)
        .arg(own_number)
        .invoke_async(connection)
        .await
        .map_err(|error| failed("heartbeat", link.server(), error))?;
    match (inc, number) {
        (Some(inc), Some(number)) => Ok(Some(link.position("heartbeat", &inc, number)?)),
        _ => Ok(None),
    }
}

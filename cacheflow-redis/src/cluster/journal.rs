//! The journal of a cluster: all of it in one slot, so that its scripts are what
//! they are on one server. The connection leads to that slot's owner.

use cacheflow::Result;
use cacheflow::event::{Change, Position};
use cacheflow::key::{FullKey, Marks};
use cacheflow::store::{Put, Recorded};
use redis::{FromRedisValue, RedisError, Value};

use super::scripts::{PUT, SHARD};
use crate::error::unexpected;
use crate::link::{Link, random};
use crate::message::{incarnation, incarnation_text};
use crate::store::{records, values};

/// See the [module's documentation](self).
pub(super) struct Journal {
    link: Link,
}

impl Journal {
    pub(super) fn new(link: Link) -> Self {
        Self { link }
    }

    pub(super) fn link(&self) -> &Link {
        &self.link
    }

    /// A connection to server `id`, of the cluster's values, was made. If the
    /// journal knows that another process kept them, it goes on anew.
    pub(super) async fn knows(&self, id: &str, process: &str, was_replica: bool) -> Result<()> {
        let operation = "connect";
        let mut connection = self.link.connection().await?;
        for _ in 0..2 {
            let told: Option<String> = SHARD
                .key(self.link.names().journal())
                .arg(id)
                .arg(process)
                .arg(u8::from(was_replica))
                .arg(incarnation_text(random()))
                .invoke_async(&mut connection)
                .await
                .map_err(|error| self.link.fault(operation, error))?;
            let told = told.as_deref().and_then(incarnation);
            if told.is_some_and(|told| told == self.link.incarnation()) {
                return Ok(());
            }
            // The journal is gone, or goes on under another incarnation: whoever
            // asks for a value is to be told so.
            self.link.ask_incarnation(&mut connection).await?;
            if told.is_some() {
                return Ok(());
            }
        }
        Err(unexpected(operation, self.link.server(), "journal"))
    }

    /// Whether nothing after `checked` makes an entry of `key` old, and no write
    /// to what it was made of is under way.
    pub(super) async fn check(
        &self,
        operation: &'static str,
        checked: Position,
        key: &FullKey,
        marks: &Marks,
    ) -> Result<bool> {
        let mut connection = self.link.connection().await?;
        let mut script = self.link.call(&self.link.scripts().check);
        script
            .arg(incarnation_text(checked.incarnation))
            .arg(checked.number);
        values::entry(&mut script, key, marks);
        script
            .invoke_async(&mut connection)
            .await
            .map_err(|error| self.link.fault(operation, error))
    }

    /// Records a change; the record is open, for what it makes old lies elsewhere.
    pub(super) async fn record(
        &self,
        change: &Change,
        known: Option<Position>,
    ) -> Result<Recorded> {
        let operation = "record";
        let link = &self.link;
        let parts = records::parts(link, operation, change)?;
        let pairs = records::pairs(change);
        records::check(&pairs)?;
        let mut connection = link.connection().await?;
        let script = match change {
            Change::Done(_) => &link.scripts().done,
            _ => &link.scripts().record,
        };
        let mut call = link.call(script);
        records::begin(&mut call, link, known, &parts);
        if let Change::Done(number) = change {
            call.arg(number);
        } else {
            let held = match change {
                Change::Held { ttl, .. } => ttl.as_millis().max(1),
                _ => 0,
            };
            let held = u64::try_from(held).unwrap_or(u64::MAX);
            call.arg(1).arg(held.min(records::LONGEST));
            for (kind, what) in pairs {
                call.arg(kind).arg(what);
            }
        }
        let answer = call.invoke_async(&mut connection).await;
        // No value is removed here: what the record makes old is reclaimed.
        let (inc, number, message, missed, _): (_, _, _, _, u64) =
            answer.map_err(|error| link.fault(operation, error))?;
        self.recorded(operation, true, (inc, number, message, missed))
    }

    /// Records a put, and tells whether its value may be kept.
    pub(super) async fn put(&self, put: &Put<'_>) -> Result<Recorded> {
        let operation = "put";
        let link = &self.link;
        let change = Change::Put {
            key: put.key.clone(),
            dependents: Vec::new(),
        };
        let parts = records::parts(link, operation, &change)?;
        let mut connection = link.connection().await?;
        let mut call = link.call(&PUT);
        call.arg(incarnation_text(put.checked.incarnation))
            .arg(put.checked.number)
            .arg(&link.names().channel)
            .arg(parts.front)
            .arg(parts.back)
            .arg(parts.tail);
        values::entry(&mut call, put.key, put.marks);
        let fault = |error| link.fault(operation, error);
        let answer: Vec<Value> = call.invoke_async(&mut connection).await.map_err(fault)?;
        let Ok([kept, inc, number, message, missed]) = <[Value; 5]>::try_from(answer) else {
            return Err(unexpected(operation, link.server(), "incarnation"));
        };
        let read = |error| fault(RedisError::from(error));
        let kept = bool::from_redis_value(kept).map_err(read)?;
        let told = (
            String::from_redis_value(inc).map_err(read)?,
            u64::from_redis_value(number).map_err(read)?,
            Vec::from_redis_value(message).map_err(read)?,
            missed,
        );
        self.recorded(operation, kept, told)
    }

    fn recorded(
        &self,
        operation: &'static str,
        kept: bool,
        (inc, number, message, missed): (String, u64, Vec<u8>, Value),
    ) -> Result<Recorded> {
        let position = self.link.position(operation, &inc, number)?;
        self.link.answered_in(position.incarnation);
        records::recorded(&self.link, operation, position, kept, &message, missed)
    }

    /// The incarnation in which the journal is, for values whose bytes are these.
    /// Asked again if one of them is of another that is not known.
    pub(super) async fn incarnation(&self, read: &[&[u8]]) -> Result<u64> {
        let connection = self.link.connection().await?;
        values::incarnation(&self.link, &connection, read).await
    }

    /// Whether the journal answers.
    pub(super) async fn ping(&self) -> Result<()> {
        self.link.ping().await
    }
}

//! The shared store on one Redis server.

use std::time::Duration;

use bytes::Bytes;
use cacheflow::Result;
use cacheflow::entry::Envelope;
use cacheflow::event::{Change, Position, Record};
use cacheflow::key::{CacheName, FullKey};
use cacheflow::store::{Fill, Filled, Put, Recorded, SharedStore, Stored};
use redis::{Client, FromRedisValue, RedisError, Value};

use crate::error::unexpected;
use crate::link::{Link, random};
use crate::message::{self, Heard, incarnation, incarnation_text};
use crate::names::Names;

/// How many keys one step of a sweep looks at, about.
const SWEEP_STEP: usize = 500;

/// What PTTL answers for a key that would be kept for ever.
const WITHOUT_END: i64 = -1;

/// See the [crate's documentation](crate) for what it writes.
pub(crate) struct RedisStore {
    link: Link,
}

impl RedisStore {
    pub(crate) fn new(client: Client, names: Names) -> Self {
        Self {
            link: Link::new(client, names),
        }
    }

    async fn record(
        &self,
        operation: &'static str,
        change: Change,
        known: Option<Position>,
    ) -> Result<Recorded> {
        let names = self.link.names();
        let head = self.head(operation, &change)?;
        let mut connection = self.link.connection().await?;
        let mut script = self.link.scripts().forget.prepare_invoke();
        script.key(&names.journal).key(&names.records);
        if let Change::Forgotten(keys) = &change {
            for key in keys {
                script.key(names.value(key));
            }
        }
        // A position in no journal: the answer then cannot tell what is missing.
        let known = known.map_or((String::new(), 0), |known| {
            (incarnation_text(known.incarnation), known.number)
        });
        script
            .arg(incarnation_text(random()))
            .arg(known.0)
            .arg(known.1)
            .arg(&names.channel)
            .arg(head);
        match &change {
            Change::Forgotten(keys) => {
                for key in keys {
                    script.arg("k").arg(key.as_str());
                }
            }
            Change::Cleared(cache) => {
                script.arg("c").arg(cache.as_str());
            }
            _ => return Err(unexpected(operation, self.link.server(), "change")),
        }
        let (inc, number, missed): (String, u64, Value) = script
            .invoke_async(&mut connection)
            .await
            .map_err(|error| self.link.fault(operation, error))?;
        self.recorded(operation, true, &inc, number, missed)
    }

    fn head(&self, operation: &'static str, change: &Change) -> Result<String> {
        message::head(change, &self.link.names().origin)
            .ok_or_else(|| unexpected(operation, self.link.server(), "change"))
    }

    fn recorded(
        &self,
        operation: &'static str,
        kept: bool,
        inc: &str,
        number: u64,
        missed: Value,
    ) -> Result<Recorded> {
        let incarnation = incarnation(inc)
            .ok_or_else(|| unexpected(operation, self.link.server(), "incarnation"))?;
        Ok(Recorded {
            position: Position {
                incarnation,
                number,
            },
            kept,
            missed: records(missed),
        })
    }
}

#[async_trait::async_trait]
impl SharedStore for RedisStore {
    fn name(&self) -> String {
        self.link.server().to_owned()
    }

    async fn ping(&self) -> Result<()> {
        self.link.ping().await
    }

    async fn get(&self, key: &FullKey) -> Result<Option<Stored>> {
        let name = self.link.names().value(key);
        let mut connection = self.link.connection().await?;
        // The server's own count of what is left: no clock but its own decides
        // how long memory may keep the value.
        let answer = redis::pipe()
            .get(&name)
            .pttl(&name)
            .query_async(&mut connection)
            .await;
        let (bytes, left): (Option<Bytes>, i64) = match answer {
            Ok(answer) => answer,
            // Somebody else's list or hash: bytes that are no entry, which a fill
            // may replace.
            Err(error) if is_wrong_type(&error) => (Some(Bytes::new()), 0),
            Err(error) => return Err(self.link.fault("get", error)),
        };
        if left == WITHOUT_END {
            // Whatever we write dies: this is somebody else's, to be replaced.
            return Ok(None);
        }
        // Negative: it expired between the two; then nothing is left.
        let remaining = Duration::from_millis(u64::try_from(left).unwrap_or(0));
        let Some(mut bytes) = bytes else {
            return Ok(None);
        };
        if let Some(written_in) = Envelope::incarnation_in(&bytes)
            && written_in != self.link.incarnation()
            && written_in != self.link.ask_incarnation(&mut connection).await?
        {
            // Of a journal that is gone: whether it was forgotten since, nobody
            // knows.
            bytes = Bytes::new();
        }
        Ok(Some(Stored { bytes, remaining }))
    }

    async fn fill(&self, fill: Fill<'_>) -> Result<Filled> {
        let names = self.link.names();
        let mut connection = self.link.connection().await?;
        let kept: bool = self
            .link
            .scripts()
            .fill
            .key(&names.journal)
            .key(&names.records)
            .key(names.value(fill.key))
            .arg(incarnation_text(fill.checked.incarnation))
            .arg(fill.checked.number)
            .arg(fill.bytes)
            .arg(millis(fill.ttl))
            .arg(fill.key.as_str())
            .arg(fill.key.cache())
            .invoke_async(&mut connection)
            .await
            .map_err(|error| self.link.fault("fill", error))?;
        Ok(if kept { Filled::Kept } else { Filled::Refused })
    }

    async fn put(&self, put: Put<'_>) -> Result<Recorded> {
        let names = self.link.names();
        let head = self.head("put", &Change::Put(put.key.clone()))?;
        let without_number = put
            .bytes
            .get(Envelope::AS_OF_BYTES..)
            .ok_or_else(|| unexpected("put", self.link.server(), "envelope"))?;
        let mut connection = self.link.connection().await?;
        let answer: Vec<Value> = self
            .link
            .scripts()
            .put
            .key(&names.journal)
            .key(&names.records)
            .key(names.value(put.key))
            .arg(incarnation_text(put.checked.incarnation))
            .arg(put.checked.number)
            .arg(without_number)
            .arg(millis(put.ttl))
            .arg(put.key.as_str())
            .arg(put.key.cache())
            .arg(&names.channel)
            .arg(head)
            .invoke_async(&mut connection)
            .await
            .map_err(|error| self.link.fault("put", error))?;
        let Ok([kept, inc, number, missed]) = <[Value; 4]>::try_from(answer) else {
            return Err(unexpected("put", self.link.server(), "incarnation"));
        };
        let read = |error| self.link.fault("put", RedisError::from(error));
        self.recorded(
            "put",
            bool::from_redis_value(kept).map_err(read)?,
            &String::from_redis_value(inc).map_err(read)?,
            u64::from_redis_value(number).map_err(read)?,
            missed,
        )
    }

    async fn forget(&self, keys: &[FullKey], known: Option<Position>) -> Result<Recorded> {
        self.record("forget", Change::Forgotten(keys.to_vec()), known)
            .await
    }

    async fn clear(&self, cache: &CacheName, known: Option<Position>) -> Result<Recorded> {
        self.record("clear", Change::Cleared(cache.clone()), known)
            .await
    }

    async fn sweep(&self, cache: &CacheName, cursor: u64) -> Result<Option<u64>> {
        let mut connection = self.link.connection().await?;
        // Names as bytes: a stranger's need not be text.
        let (next, found): (u64, Vec<Vec<u8>>) = redis::cmd("SCAN")
            .arg(cursor)
            .arg("MATCH")
            .arg(self.link.names().all_of(cache))
            .arg("COUNT")
            .arg(SWEEP_STEP)
            .query_async(&mut connection)
            .await
            .map_err(|error| self.link.fault("sweep", error))?;
        if !found.is_empty() {
            let () = redis::cmd("UNLINK")
                .arg(found)
                .query_async(&mut connection)
                .await
                .map_err(|error| self.link.fault("sweep", error))?;
        }
        Ok((next != 0).then_some(next))
    }

    async fn discard(&self, key: &FullKey, bytes: &Bytes) -> Result<()> {
        let mut connection = self.link.connection().await?;
        self.link
            .scripts()
            .discard
            .key(self.link.names().value(key))
            .arg(bytes.as_ref())
            .invoke_async::<()>(&mut connection)
            .await
            .map_err(|error| self.link.fault("discard", error))
    }
}

/// The records that an answer names as missed; `None` if it cannot tell, or
/// names one that cannot be understood.
fn records(missed: Value) -> Option<Vec<Record>> {
    // The client would take it for an empty list.
    if missed == Value::Nil {
        return None;
    }
    let messages = Vec::<Vec<u8>>::from_redis_value(missed).ok()?;
    messages
        .iter()
        .map(|message| match message::read(message) {
            Some(Heard::Record { record, .. }) => Some(record),
            _ => None,
        })
        .collect()
}

/// Whether something that is no string lies where one was looked for.
fn is_wrong_type(error: &RedisError) -> bool {
    // The error of a pipeline tells codes only one by one.
    let errors = error.clone().into_server_errors();
    errors.is_some_and(|errors| errors.iter().any(|(_, error)| error.code() == "WRONGTYPE"))
}

/// A lifetime as Redis takes it: at least 1 ms.
fn millis(ttl: Duration) -> u64 {
    u64::try_from(ttl.as_millis()).unwrap_or(u64::MAX).max(1)
}

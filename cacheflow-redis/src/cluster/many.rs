//! Many values at once: every server is asked for its own in one exchange, all of
//! them at the same time.

use std::collections::HashMap;
use std::sync::Arc;

use bytes::Bytes;
use cacheflow::Result;
use redis::{FromRedisValue, RedisError, ServerErrorKind, Value};

use super::each::each;
use super::shard::{Call, Shard};
use super::shards::{Shards, fault};
use crate::store::values::AT_ONCE;
use crate::topology::slots::{Slots, slot};

const OPERATION: &str = "get_many";

/// What is kept under a name, and what PTTL says of it.
type Found = (Option<Bytes>, i64);

/// Names of one server, each with its place among those that were asked for.
type Part = Vec<(usize, String)>;

impl Shards {
    /// What is kept under each of the names, in their order; something else there
    /// is bytes that are no entry.
    pub(super) async fn values(self: &Arc<Self>, names: &[String]) -> Result<Vec<Found>> {
        let mut found: Vec<Option<Found>> = vec![None; names.len()];
        let mut slots = self.cluster().slots().await?;
        // Twice: where servers have failed or slots have moved, others know better.
        for is_last in [false, true] {
            let left = names.iter().cloned().enumerate();
            let left = left.filter(|(place, _)| found[*place].is_none());
            for (place, told) in self.ask_owners(&slots, left, is_last).await? {
                found[place] = Some(told);
            }
            if found.iter().all(Option::is_some) {
                break;
            }
            if !is_last {
                slots = self.cluster().ask(Some(&slots)).await?;
            }
        }
        // On their way from one server to another: each is followed for itself.
        let left = names.iter().cloned().enumerate();
        let left = left.filter(|(place, _)| found[*place].is_none());
        let asking = left.map(|(place, name)| {
            let shards = Arc::clone(self);
            async move {
                let left = Call::new(redis::cmd("PTTL")).arg(&name);
                let (bytes, left) = tokio::join!(
                    shards.value(OPERATION, &name),
                    shards.call::<i64>(OPERATION, &name, &left)
                );
                Ok((place, (bytes?, left?)))
            }
        });
        let asking: Vec<_> = asking.collect();
        for (place, told) in each(asking).await? {
            found[place] = Some(told);
        }
        // None is missing: each was told, or an error returned.
        Ok(found.into_iter().map(Option::unwrap_or_default).collect())
    }

    /// What the owners of the names tell, each name with its place. What a server
    /// does not have any more is left out; what one that fails has, unless it is the
    /// last time that it is asked.
    async fn ask_owners(
        self: &Arc<Self>,
        slots: &Slots,
        names: impl Iterator<Item = (usize, String)>,
        is_last: bool,
    ) -> Result<Vec<(usize, Found)>> {
        let mut parts: HashMap<_, (Arc<Shard>, Part)> = HashMap::new();
        for (place, name) in names {
            let shard = self.owner(slots, slot(name.as_bytes()))?;
            let part = parts.entry(shard.address().clone());
            let (_, part) = part.or_insert_with(|| (shard, Part::new()));
            part.push((place, name));
        }
        let asking = parts.into_values().map(|(shard, part)| {
            let shards = Arc::clone(self);
            async move {
                match shards.ask_one(&shard, part).await {
                    Err(Failed::Server(_)) if !is_last => Ok(Vec::new()),
                    Err(Failed::Server(error) | Failed::Answer(error)) => Err(error),
                    Ok(told) => Ok(told),
                }
            }
        });
        let asking: Vec<_> = asking.collect();
        Ok(each(asking).await?.into_iter().flatten().collect())
    }

    async fn ask_one(
        &self,
        shard: &Shard,
        part: Part,
    ) -> std::result::Result<Vec<(usize, Found)>, Failed> {
        let connection = shard.connection(self.cluster(), self.journal()).await;
        let connection = connection.map_err(Failed::Server)?;
        let mut found = Vec::with_capacity(part.len());
        for part in part.chunks(AT_ONCE) {
            let mut questions = redis::pipe();
            for (_, name) in part {
                questions.get(name).pttl(name);
            }
            let answers = shard.exchange_all(connection.clone(), &questions).await;
            let answers = answers.map_err(|error| {
                self.spoil(shard, &error);
                Failed::Server(fault(OPERATION, shard.address(), error))
            })?;
            let mut answers = answers.into_iter();
            for (place, _) in part {
                // Both are there, or the exchange would have failed.
                let bytes = answers.next().unwrap_or(Value::Nil);
                let left = answers.next().unwrap_or(Value::Nil);
                match read(bytes, left) {
                    Ok(told) => found.push((*place, told)),
                    Err(error) if is_elsewhere(&error) => self.spoil(shard, &error),
                    Err(error) => {
                        return Err(Failed::Answer(fault(OPERATION, shard.address(), error)));
                    }
                }
            }
        }
        Ok(found)
    }
}

/// Why a server told nothing.
enum Failed {
    /// It cannot be reached: another may have taken its place.
    Server(cacheflow::Error),
    /// It has answered.
    Answer(cacheflow::Error),
}

fn read(bytes: Value, left: Value) -> std::result::Result<Found, RedisError> {
    let bytes = match bytes {
        Value::ServerError(error) if error.code() == "WRONGTYPE" => Some(Bytes::new()),
        Value::ServerError(error) => return Err(error.into()),
        value => Option::from_redis_value(value)?,
    };
    match left {
        Value::ServerError(error) => Err(error.into()),
        value => Ok((bytes, i64::from_redis_value(value)?)),
    }
}

/// Whether a slot has moved, or is about to.
fn is_elsewhere(error: &RedisError) -> bool {
    use ServerErrorKind::{Ask, Moved, TryAgain};
    matches!(
        error.kind(),
        redis::ErrorKind::Server(Moved | Ask | TryAgain)
    )
}

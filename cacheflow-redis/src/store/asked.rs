//! What is kept under names on one server, as GET or MGET and PTTL tell it.

use bytes::Bytes;
use redis::aio::{ConnectionLike, MultiplexedConnection};
use redis::{FromRedisValue, Pipeline, RedisResult, Value};

use crate::gather::{Ask, Found};

/// What PTTL answers where nothing is kept.
const NOTHING: i64 = -2;

impl Ask for MultiplexedConnection {
    /// One name by GET and PTTL, several by PTTL each and one MGET.
    ///
    /// With several, others' commands may come between the two. The lifetimes are asked
    /// first, so that none is told that began after the value was read: an old value would
    /// live on for the lifetime of the one that took its place. A new value with what was
    /// left of the old one is at worst kept in memory for the whole of its own life, which
    /// its envelope tells.
    async fn ask(&self, names: Vec<String>) -> RedisResult<Vec<RedisResult<Found>>> {
        let mut connection = self.clone();
        if names.len() == 1 {
            return pairs(&mut connection, &names).await;
        }
        let mut questions = Pipeline::with_capacity(names.len() + 1);
        for name in &names {
            questions.pttl(name);
        }
        questions.mget(&names);
        let mut left = exchange(&mut connection, &questions).await?;
        let bytes = match left.pop() {
            Some(Value::Array(bytes)) if bytes.len() == names.len() => bytes,
            // Whatever is wrong with them together, each tells for itself.
            _ => return pairs(&mut connection, &names).await,
        };
        let mut found: Vec<_> = bytes.into_iter().zip(left).map(told).collect();
        let unclear = found.iter().zip(names).filter(|(told, _)| told.is_none());
        let unclear: Vec<_> = unclear.map(|(_, name)| name).collect();
        if !unclear.is_empty() {
            let places = found.iter_mut().filter(|told| told.is_none());
            let pairs = pairs(&mut connection, &unclear).await?;
            places
                .zip(pairs)
                .for_each(|(told, pair)| *told = Some(pair));
        }
        Ok(found.into_iter().flatten().collect())
    }
}

/// What a place in MGET's answer and PTTL say; `None` if they do not go together. Then it
/// came or went between the two, or is of another type, which MGET does not tell from
/// nothing.
fn told((bytes, left): (Value, Value)) -> Option<RedisResult<Found>> {
    match (bytes, left) {
        (Value::Nil, Value::Int(NOTHING)) => Some(Ok((None, NOTHING))),
        (Value::BulkString(bytes), Value::Int(left)) if left != NOTHING => {
            Some(Ok((Some(bytes.into()), left)))
        }
        _ => None,
    }
}

/// The answers to GET and PTTL for each of the names, next to one another.
pub(super) async fn pairs(
    connection: &mut MultiplexedConnection,
    names: &[String],
) -> RedisResult<Vec<RedisResult<Found>>> {
    let mut questions = Pipeline::with_capacity(2 * names.len());
    for name in names {
        questions.get(name).pttl(name);
    }
    let mut answers = exchange(connection, &questions).await?.into_iter();
    // Both are there, or the exchange would have failed.
    let mut next = || answers.next().unwrap_or(Value::Nil);
    Ok(names.iter().map(|_| pair(next(), next())).collect())
}

/// What the answers to GET and PTTL say of a value; each may be an error.
fn pair(bytes: Value, left: Value) -> RedisResult<Found> {
    let bytes = match bytes {
        // Somebody else's list or hash: bytes that are no entry, which a fill
        // may replace.
        Value::ServerError(error) if error.code() == "WRONGTYPE" => {
            return Ok((Some(Bytes::new()), 0));
        }
        Value::ServerError(error) => return Err(error.into()),
        value => Option::from_redis_value(value)?,
    };
    match left {
        Value::ServerError(error) => Err(error.into()),
        value => Ok((bytes, i64::from_redis_value(value)?)),
    }
}

/// One answer for each command, which may be an error.
pub(super) async fn exchange(
    connection: &mut MultiplexedConnection,
    commands: &Pipeline,
) -> RedisResult<Vec<Value>> {
    connection
        .req_packed_commands(commands, 0, commands.len())
        .await
}

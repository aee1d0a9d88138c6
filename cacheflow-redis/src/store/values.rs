//! Values: read, filled, put, discarded.

use std::time::Duration;

use bytes::Bytes;
use cacheflow::Result;
use cacheflow::entry::Envelope;
use cacheflow::event::Change;
use cacheflow::key::{FullKey, Marks, Tag};
use cacheflow::store::{Fill, Filled, Put, Recorded, Relations, Stored};
use redis::aio::MultiplexedConnection;
use redis::{Cmd, FromRedisValue, RedisError, ScriptInvocation, Value};

use super::asked::{exchange, pairs};
use super::records::{LONGEST, parts, recorded};
use crate::error::unexpected;
use crate::link::Link;
use crate::message::incarnation_text;
use crate::scripts::TOUCH;

/// What PTTL answers for a key that would be kept for ever.
pub(crate) const WITHOUT_END: i64 = -1;

/// How many keys one exchange asks for at most.
pub(crate) const AT_ONCE: usize = 1_000;

/// How many values one exchange fills at most.
const FILLED_AT_ONCE: usize = 500;

/// What the server answers to a script that it was not told since it was started.
const UNKNOWN_SCRIPT: &str = "NOSCRIPT";

/// So many bytes the numbers and the key of a fill take, about.
const ABOUT_NUMBERS: usize = 256;

/// How many relations of an entry are told at most.
const MAX_RELATIONS: usize = 10_000;

/// Where an envelope names the incarnation of its journal.
const MAGIC_AT: usize = 16;
const INCARNATION_AT: usize = 54;

pub(super) async fn get(link: &Link, key: &FullKey) -> Result<Option<Stored>> {
    let name = link.names().value(key);
    let open = link.open().await?;
    let found = open.reads.read(&open.connection, name).await;
    let (bytes, left) = found.map_err(|error| link.fault_over(&open, "get", error))?;
    if left == WITHOUT_END {
        // Whatever we write dies: this is somebody else's, to be replaced.
        return Ok(None);
    }
    let Some(bytes) = bytes else {
        return Ok(None);
    };
    let incarnation = incarnation(link, &open.connection, &[&bytes]).await?;
    Ok(Some(stored(bytes, left, incarnation)))
}

/// As [`get`] for each of the keys, in one exchange unless they are very many.
pub(super) async fn get_many(link: &Link, keys: &[&FullKey]) -> Result<Vec<Option<Stored>>> {
    if keys.is_empty() {
        return Ok(Vec::new());
    }
    let mut connection = link.connection().await?;
    let fault = |error| link.fault("get_many", error);
    let mut found = Vec::with_capacity(keys.len());
    for keys in keys.chunks(AT_ONCE) {
        let names: Vec<_> = keys.iter().map(|key| link.names().value(key)).collect();
        for told in pairs(&mut connection, &names).await.map_err(fault)? {
            let (bytes, left) = told.map_err(fault)?;
            let bytes = bytes.map(|bytes| (bytes, left));
            found.push(bytes.filter(|_| left != WITHOUT_END));
        }
    }
    // After the last of the values: the journal may have begun anew under any.
    let read: Vec<&[u8]> = found.iter().flatten().map(|(bytes, _)| &**bytes).collect();
    let incarnation = incarnation(link, &connection, &read).await?;
    let found = found.into_iter();
    Ok(found
        .map(|found| found.map(|(bytes, left)| stored(bytes, left, incarnation)))
        .collect())
}

/// A value that was found, with what PTTL says is left.
pub(crate) fn stored(bytes: Bytes, left: i64, incarnation: u64) -> Stored {
    Stored {
        bytes,
        // Negative: it expired between the two; then nothing is left.
        remaining: Duration::from_millis(u64::try_from(left).unwrap_or(0)),
        incarnation,
    }
}

/// The incarnation in which values were read: asked if one of them is of a journal
/// that is gone, or of one that has begun under us.
pub(crate) async fn incarnation(
    link: &Link,
    connection: &MultiplexedConnection,
    read: &[&[u8]],
) -> Result<u64> {
    let written_in = read.iter().filter_map(|bytes| written_in(bytes));
    match link.incarnation_after(written_in) {
        Some(incarnation) => Ok(incarnation),
        None => Box::pin(link.ask_incarnation(&mut connection.clone())).await,
    }
}

/// Keeps a value for longer, if it still has this header.
pub(super) async fn touch(
    link: &Link,
    key: &FullKey,
    front: &[u8],
    lifetime: Duration,
) -> Result<bool> {
    let mut connection = link.connection().await?;
    let mut call = TOUCH.prepare_invoke();
    call.key(link.names().value(key))
        .arg(front)
        .arg(millis(lifetime))
        .invoke_async(&mut connection)
        .await
        .map_err(|error| link.fault("touch", error))
}

/// The incarnation that an envelope names.
fn written_in(bytes: &[u8]) -> Option<u64> {
    let magic = bytes.get(MAGIC_AT..MAGIC_AT + 2)?;
    let incarnation = bytes.get(INCARNATION_AT..)?.first_chunk()?;
    matches!(magic, b"CF" | b"Cf").then(|| u64::from_le_bytes(*incarnation))
}

pub(super) async fn fill(link: &Link, fill: Fill<'_>) -> Result<Filled> {
    let mut connection = link.connection().await?;
    let command = filling(link, &fill);
    let mut kept = command.query_async(&mut connection).await;
    if let Err(error) = &kept
        && error.code() == Some(UNKNOWN_SCRIPT)
    {
        let load = link.scripts().fill.load_async(&mut connection);
        load.await.map_err(|error| link.fault("fill", error))?;
        kept = command.query_async(&mut connection).await;
    }
    kept.map(filled).map_err(|error| link.fault("fill", error))
}

/// The command that fills.
fn filling(link: &Link, fill: &Fill<'_>) -> Cmd {
    let (names, name) = (link.names(), link.names().value(fill.key));
    let bytes = fill.bytes.len() + names.prefix().len() + ABOUT_NUMBERS;
    let mut call = link.command(&link.scripts().fill, &name, bytes);
    call.arg(incarnation_text(fill.checked.incarnation))
        .arg(fill.checked.number)
        .arg(names.prefix())
        .arg(fill.bytes)
        .arg(millis(fill.ttl))
        .arg(millis(fill.longest.max(fill.ttl)));
    compared(fill.key, fill.marks, |text| {
        call.arg(text);
    });
    call
}

fn filled(kept: bool) -> Filled {
    if kept { Filled::Kept } else { Filled::Refused }
}

/// As [`fill`] each of them, some hundred in one exchange: between two of them others
/// have their turn on this connection.
pub(super) async fn fill_many(link: &Link, fills: &[Fill<'_>]) -> Result<Vec<Filled>> {
    let mut connection = link.connection().await?;
    let fault = |error| link.fault("fill_many", error);
    let mut outcomes = Vec::with_capacity(fills.len());
    for fills in fills.chunks(FILLED_AT_ONCE) {
        let mut calls = redis::pipe();
        for fill in fills {
            calls.add_command(filling(link, fill));
        }
        let mut answers = exchange(&mut connection, &calls).await.map_err(fault)?;
        if answers.iter().any(is_unknown_script) {
            // To a server that was restarted. What was filled already is filled once
            // more.
            let load = link.scripts().fill.load_async(&mut connection);
            load.await.map_err(fault)?;
            answers = exchange(&mut connection, &calls).await.map_err(fault)?;
        }
        if answers.len() != fills.len() {
            return Err(unexpected("fill_many", link.server(), "one for each fill"));
        }
        for answer in answers {
            let kept = match answer {
                Value::ServerError(error) => Err(error.into()),
                answer => Ok(bool::from_redis_value(answer).map_err(RedisError::from)),
            };
            outcomes.push(filled(kept.and_then(|kept| kept).map_err(fault)?));
        }
    }
    Ok(outcomes)
}

fn is_unknown_script(answer: &Value) -> bool {
    matches!(answer, Value::ServerError(error) if error.code() == UNKNOWN_SCRIPT)
}

pub(super) async fn put(link: &Link, put: Put<'_>) -> Result<Recorded> {
    let names = link.names();
    let change = Change::Put {
        key: put.key.clone(),
        dependents: Vec::new(),
    };
    let parts = parts(link, "put", &change)?;
    let without_number = put
        .bytes
        .get(Envelope::AS_OF_BYTES..)
        .ok_or_else(|| unexpected("put", link.server(), "envelope"))?;
    let mut connection = link.connection().await?;
    let mut call = link.call(&link.scripts().put);
    call.key(names.value(put.key))
        .arg(incarnation_text(put.checked.incarnation))
        .arg(put.checked.number)
        .arg(&names.channel)
        .arg(&parts.front)
        .arg(&parts.back)
        .arg(&parts.tail)
        .arg(names.prefix())
        .arg(without_number)
        .arg(millis(put.ttl))
        .arg(millis(put.longest.max(put.ttl)));
    entry(&mut call, put.key, put.marks);
    let answer: Vec<Value> = call
        .invoke_async(&mut connection)
        .await
        .map_err(|error| link.fault("put", error))?;
    let Ok([kept, inc, number, message, missed]) = <[Value; 5]>::try_from(answer) else {
        return Err(unexpected("put", link.server(), "incarnation"));
    };
    let read = |error| link.fault("put", RedisError::from(error));
    let inc = String::from_redis_value(inc).map_err(read)?;
    let number = u64::from_redis_value(number).map_err(read)?;
    let kept = bool::from_redis_value(kept).map_err(read)?;
    let message = Vec::<u8>::from_redis_value(message).map_err(read)?;
    let position = link.position("put", &inc, number)?;
    recorded(link, "put", position, kept, &message, missed)
}

/// What a script compares with records: key, tags and dependencies.
pub(crate) fn entry(call: &mut ScriptInvocation<'_>, key: &FullKey, marks: &Marks) {
    compared(key, marks, |text| {
        call.arg(text);
    });
}

/// The same, one argument after the other.
fn compared(key: &FullKey, marks: &Marks, mut argument: impl FnMut(&str)) {
    argument(key.as_str());
    argument(&marks.tags().len().to_string());
    let tags = marks.tags().iter().map(Tag::as_str);
    let dependencies = marks.dependencies().iter().map(FullKey::as_str);
    tags.chain(dependencies).for_each(argument);
}

pub(super) async fn discard(link: &Link, key: &FullKey, bytes: &Bytes) -> Result<()> {
    let mut connection = link.connection().await?;
    let mut call = link.call(&link.scripts().discard);
    call.key(link.names().value(key))
        .arg(link.names().prefix())
        .arg(key.as_str())
        .arg(bytes.as_ref())
        .invoke_async::<()>(&mut connection)
        .await
        .map_err(|error| link.fault("discard", error))
}

pub(super) async fn relations(link: &Link, key: &FullKey) -> Result<Relations> {
    let names = link.names();
    Ok(Relations {
        dependencies: members(link, &names.dependencies(key)).await?,
        dependents: members(link, &names.dependents(key)).await?,
    })
}

/// The keys in an index, in order.
async fn members(link: &Link, index: &str) -> Result<Vec<FullKey>> {
    let mut connection = link.connection().await?;
    let answer = redis::cmd("SRANDMEMBER")
        .arg(index)
        .arg(MAX_RELATIONS)
        .query_async::<Vec<Vec<u8>>>(&mut connection)
        .await;
    let found = match answer {
        Ok(found) => found,
        Err(error) if is_wrong_type(&error) => Vec::new(),
        Err(error) => return Err(link.fault("relations", error)),
    };
    let read = |bytes: &Vec<u8>| FullKey::parse(std::str::from_utf8(bytes).ok()?);
    let mut keys: Vec<FullKey> = found.iter().filter_map(read).collect();
    keys.sort_unstable();
    Ok(keys)
}

/// Whether something of another type lies where one was looked for.
fn is_wrong_type(error: &RedisError) -> bool {
    // The error of a pipeline tells codes only one by one.
    let errors = error.clone().into_server_errors();
    error.code() == Some("WRONGTYPE")
        || errors.is_some_and(|errors| errors.iter().any(|(_, error)| error.code() == "WRONGTYPE"))
}

/// A lifetime as Redis takes it: at least 1 ms.
pub(crate) fn millis(ttl: Duration) -> u64 {
    u64::try_from(ttl.as_millis())
        .unwrap_or(u64::MAX)
        .clamp(1, LONGEST)
}

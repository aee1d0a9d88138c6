//! The journal: records, what came since, and who stands where.

use std::time::Duration;

use cacheflow::event::{Change, Forgotten, Position, Record};
use cacheflow::store::{NodeAt, Recorded, Since};
use cacheflow::{Error, ErrorKind, Result};
use redis::aio::MultiplexedConnection;
use redis::streams::StreamRangeReply;
use redis::{FromRedisValue, ScriptInvocation, Value};

use crate::adopted::records;
use crate::error::unexpected;
use crate::link::{Link, Unanswered, random};
use crate::message::{self, Heard, Parts, QUESTION, incarnation_text};

/// How many names one change may have: a script passes no more on to one command.
const MAX_NAMES: usize = 3_000;

/// How many records are told one by one; who missed more begins anew.
const MAX_TOLD: u64 = 2_000;
const MAX_TOLD_BYTES: usize = 8 * 1024 * 1024;

/// How many records one step tells.
const TOLD_AT_ONCE: usize = 100;

pub(crate) async fn record(
    link: &Link,
    change: &Change,
    known: Option<Position>,
) -> Result<Recorded> {
    let parts = parts(link, "record", change)?;
    let pairs = pairs(change);
    check(&pairs)?;
    let mut connection = link.connection().await?;
    let script = match change {
        Change::Done(_) => &link.scripts().done,
        _ => &link.scripts().forget,
    };
    let mut call = link.call(script);
    begin(&mut call, link, known, &parts);
    match change {
        Change::Done(number) => {
            call.arg(number);
        }
        _ => {
            let held = match change {
                Change::Held { ttl, .. } => ttl.as_millis().max(1),
                _ => 0,
            };
            call.arg(u8::from(needs_scan(change)))
                .arg(u64::try_from(held).unwrap_or(u64::MAX).min(LONGEST))
                .arg(link.names().prefix());
            for (kind, what) in &pairs {
                call.arg(*kind).arg(*what);
            }
        }
    }
    let (inc, number, message, missed, removed): (String, u64, Vec<u8>, Value, u64) = call
        .invoke_async(&mut connection)
        .await
        .map_err(|error| link.fault("record", error))?;
    let position = link.position("record", &inc, number)?;
    link.answered_in(position.incarnation);
    let recorded = recorded(link, "record", position, true, &message, missed)?;
    Ok(Recorded {
        removed,
        ..recorded
    })
}

/// Whether a change names no more than a script can pass on.
pub(crate) fn check(pairs: &[(&str, &str)]) -> Result<()> {
    if pairs.len() <= MAX_NAMES {
        return Ok(());
    }
    Err(Error::new(
        ErrorKind::InvalidConfig,
        "record",
        format!(
            "{} names in one change: allowed are {MAX_NAMES}",
            pairs.len()
        ),
    ))
}

/// The longest time in milliseconds that a script is given: such numbers are exact
/// there.
pub(crate) const LONGEST: u64 = 1 << 45;

/// The arguments with which every script that records begins.
pub(crate) fn begin(
    call: &mut ScriptInvocation<'_>,
    link: &Link,
    known: Option<Position>,
    parts: &Parts,
) {
    // A position in no journal: the answer then cannot tell what is missing.
    let (inc, number) = known.map_or((String::new(), 0), |known| {
        (incarnation_text(known.incarnation), known.number)
    });
    call.arg(incarnation_text(random()))
        .arg(inc)
        .arg(number)
        .arg(&link.names().channel)
        .arg(&parts.front)
        .arg(&parts.back)
        .arg(&parts.tail);
}

/// The message for `change`.
pub(crate) fn parts(link: &Link, operation: &'static str, change: &Change) -> Result<Parts> {
    let is_empty = matches!(change, Change::Forgotten(forgotten) if forgotten.is_empty());
    message::write(change, &link.names().origin)
        .filter(|_| !is_empty)
        .ok_or_else(|| unexpected(operation, link.server(), "change"))
}

/// What an answer says of the record that was made.
pub(crate) fn recorded(
    link: &Link,
    operation: &'static str,
    position: Position,
    kept: bool,
    message: &[u8],
    missed: Value,
) -> Result<Recorded> {
    match message::read(message) {
        Some(Heard::Record { record, .. }) if record.position == position => Ok(Recorded {
            record,
            kept,
            removed: 0,
            missed: told(missed),
        }),
        _ => Err(unexpected(operation, link.server(), "record")),
    }
}

/// The records that an answer names as missed; `None` if it cannot tell, or names
/// one that cannot be understood.
fn told(missed: Value) -> Option<Vec<Record>> {
    // The client would take it for an empty list.
    if missed == Value::Nil {
        return None;
    }
    records(&Vec::<Vec<u8>>::from_redis_value(missed).ok()?)
}

/// What a change makes old, as the journal keeps it; keys first.
pub(crate) fn pairs(change: &Change) -> Vec<(&'static str, &str)> {
    match change {
        Change::Forgotten(forgotten) => pairs_of(forgotten),
        Change::Put { key, dependents } => std::iter::once(key)
            .chain(dependents)
            .map(|key| ("k", key.as_str()))
            .collect(),
        Change::Held { key, .. } => vec![("k", key.as_str())],
        _ => Vec::new(),
    }
}

fn pairs_of(forgotten: &Forgotten) -> Vec<(&'static str, &str)> {
    let mut pairs = Vec::new();
    pairs.extend(forgotten.keys.iter().map(|key| ("k", key.as_str())));
    pairs.extend(forgotten.tags.iter().map(|tag| ("t", tag.as_str())));
    pairs.extend(forgotten.patterns.iter().map(|it| ("p", it.as_str())));
    pairs.extend(forgotten.caches.iter().map(|it| ("c", it.as_str())));
    if forgotten.everything {
        pairs.push(("*", ""));
    }
    pairs
}

/// Whether a change makes values old that stand in no index.
pub(crate) fn needs_scan(change: &Change) -> bool {
    matches!(change, Change::Forgotten(forgotten)
        if forgotten.everything || !forgotten.patterns.is_empty() || !forgotten.caches.is_empty())
}

pub(crate) async fn since(link: &Link, known: Option<Position>) -> Result<Since> {
    let mut connection = link.connection().await?;
    // Nobody else may be asking: a connection that the network has forgotten would
    // be asked in vain for ever.
    let unanswered = Unanswered::of(link);
    // A primary that became a replica goes on answering, and is behind.
    let here = link.adopt(&mut connection, false).await?;
    let known = known.filter(|known| known.incarnation == here.position.incarnation);
    if let Some(known) = known
        && let Some(records) = told_since(link, &mut connection, known).await?
    {
        unanswered.answered();
        return Ok(Since::Records(records));
    }
    let snapshot = link.adopt(&mut connection, true).await?;
    unanswered.answered();
    Ok(Since::Anew(snapshot))
}

/// The records after `known`, to the last; `None` if they cannot all be told.
async fn told_since(
    link: &Link,
    connection: &mut MultiplexedConnection,
    known: Position,
) -> Result<Option<Vec<Record>>> {
    let (mut told, mut bytes) = (Vec::new(), 0);
    let mut number = known.number;
    loop {
        // One step: what is read lies before the number that is read.
        let (journal, found): ((Option<String>, Option<u64>), StreamRangeReply) = redis::pipe()
            .atomic()
            .cmd("HMGET")
            .arg(link.names().journal())
            .arg("inc")
            .arg("n")
            .cmd("XRANGE")
            .arg(link.names().records())
            .arg(number.saturating_add(1))
            .arg("+")
            .arg("COUNT")
            .arg(TOLD_AT_ONCE)
            .query_async(connection)
            .await
            .map_err(|error| link.fault("since", error))?;
        let (Some(inc), Some(last)) = journal else {
            return Ok(None);
        };
        let is_same = message::incarnation(&inc) == Some(known.incarnation);
        if !is_same || last < number || last - known.number > MAX_TOLD {
            return Ok(None);
        }
        let messages = found.ids.iter().map(|entry| entry.get::<Vec<u8>>("m"));
        let Some(messages) = messages.collect::<Option<Vec<_>>>() else {
            return Ok(None);
        };
        bytes += messages.iter().map(Vec::len).sum::<usize>();
        let Some(records) = records(&messages) else {
            return Ok(None);
        };
        for record in records {
            number += 1;
            if record.position.number != number {
                return Ok(None);
            }
            told.push(record);
        }
        if number == last {
            return Ok(Some(told));
        }
        if messages.is_empty() || bytes > MAX_TOLD_BYTES {
            return Ok(None);
        }
    }
}

pub(crate) async fn nodes(link: &Link) -> Result<Vec<NodeAt>> {
    let mut connection = link.connection().await?;
    let told: Vec<(String, String, u64, u64)> = link
        .call(&link.scripts().nodes)
        .arg(&link.names().channel)
        .arg(QUESTION)
        .invoke_async(&mut connection)
        .await
        .map_err(|error| link.fault("nodes", error))?;
    let read = |(origin, position, age, tenure): (String, String, u64, u64)| {
        let (inc, number) = position.split_once(' ')?;
        Some(NodeAt {
            origin,
            position: Position {
                incarnation: message::incarnation(inc)?,
                number: number.parse().ok()?,
            },
            age: Duration::from_millis(age),
            tenure: Duration::from_millis(tenure),
        })
    };
    // What is no position is somebody else's.
    Ok(told.into_iter().filter_map(read).collect())
}

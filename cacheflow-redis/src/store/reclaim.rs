//! Reclaiming: removing in bounded steps what an open record makes old.
//!
//! Three phases, of which a record has those that it needs: the indexes that it
//! took away when it was made, keys that were too many for one step, and a scan of
//! the server. A cursor is a letter for the phase and where it goes on.

use cacheflow::Result;
use cacheflow::event::{Change, Record};
use cacheflow::key::FullKey;
use cacheflow::store::Reclaimed;

use super::records::{needs_scan, pairs};
use crate::error::unexpected;
use crate::link::Link;
use crate::message::incarnation_text;

/// How many keys the script that makes a record removes at most; as in
/// `closure.lua`.
const REMOVED_AT_ONCE: usize = 500;

/// How many keys of a record one step looks at.
const KEYS_A_STEP: usize = 30;

/// How many names of the server one step looks at, about.
const NAMES_A_STEP: usize = 100;

/// Where a reclaim stands.
#[derive(Clone, Debug, PartialEq, Eq)]
enum At {
    /// Which index that the record took away, from 1.
    Index(u64),
    /// Which of the record's keys.
    Key(usize),
    /// Which cursor of SCAN.
    Scan(u64),
}

impl At {
    fn parse(cursor: &str) -> Option<Self> {
        if cursor.is_empty() {
            return Some(Self::Index(1));
        }
        let (phase, at) = cursor.split_at_checked(1)?;
        match phase {
            "i" => Some(Self::Index(at.parse().ok()?)),
            "k" => Some(Self::Key(at.parse().ok()?)),
            "s" => Some(Self::Scan(at.parse().ok()?)),
            _ => None,
        }
    }

    fn text(&self) -> String {
        match self {
            Self::Index(at) => format!("i{at}"),
            Self::Key(at) => format!("k{at}"),
            Self::Scan(at) => format!("s{at}"),
        }
    }

    /// This place, or the first after it in a phase that `change` needs.
    fn or_later(self, change: &Change) -> Option<Self> {
        match self {
            Self::Key(at) if at >= keys(change).len() => {
                needs_scan(change).then_some(Self::Scan(0))
            }
            at => Some(at),
        }
    }
}

fn keys(change: &Change) -> &[FullKey] {
    match change {
        Change::Forgotten(forgotten) => &forgotten.keys,
        _ => &[],
    }
}

pub(super) async fn reclaim(link: &Link, record: &Record, cursor: &str) -> Result<Reclaimed> {
    let at = At::parse(cursor).ok_or_else(|| unexpected("reclaim", link.server(), "cursor"))?;
    let (removed, dependents, next) = match at {
        At::Index(which) => {
            let (removed, next, dependents) = step(link, record, which, &[]).await?;
            let next = match next {
                0 => At::Key(REMOVED_AT_ONCE),
                next => At::Index(next),
            };
            (removed, dependents, Some(next))
        }
        At::Key(from) => {
            let keys = keys(&record.change).get(from..).unwrap_or_default();
            let keys = &keys[..keys.len().min(KEYS_A_STEP)];
            let (removed, _, dependents) = step(link, record, 0, keys).await?;
            (removed, dependents, Some(At::Key(from + KEYS_A_STEP)))
        }
        At::Scan(cursor) => {
            let (next, removed, dependents) = sweep(link, record, cursor).await?;
            (removed, dependents, (next != 0).then_some(At::Scan(next)))
        }
    };
    let next = next.and_then(|next| next.or_later(&record.change));
    let read = |bytes: &Vec<u8>| FullKey::parse(std::str::from_utf8(bytes).ok()?);
    Ok(Reclaimed {
        removed,
        next: next.map(|next| next.text()),
        dependents: dependents.iter().filter_map(read).collect(),
    })
}

/// Removes some of the index `which`, or, if that is 0, of `keys`.
async fn step(
    link: &Link,
    record: &Record,
    which: u64,
    keys: &[FullKey],
) -> Result<(u64, u64, Vec<Vec<u8>>)> {
    let mut connection = link.connection().await?;
    let mut call = link.call(&link.scripts().reclaim);
    call.arg(incarnation_text(record.position.incarnation))
        .arg(record.position.number)
        .arg(link.names().prefix())
        .arg(which);
    for key in keys {
        call.arg(key.as_str());
    }
    if which > 0 {
        for (kind, what) in pairs(&record.change) {
            call.arg(kind).arg(what);
        }
    }
    call.invoke_async(&mut connection)
        .await
        .map_err(|error| link.fault("reclaim", error))
}

async fn sweep(link: &Link, record: &Record, cursor: u64) -> Result<(u64, u64, Vec<Vec<u8>>)> {
    let pairs = pairs(&record.change);
    let pairs = pairs
        .iter()
        .filter(|(kind, _)| matches!(*kind, "p" | "c" | "*"));
    let mut connection = link.connection().await?;
    let mut call = link.call(&link.scripts().sweep);
    call.arg(incarnation_text(record.position.incarnation))
        .arg(record.position.number)
        .arg(link.names().prefix())
        .arg(cursor)
        .arg(scan(link, &record.change))
        .arg(NAMES_A_STEP);
    for (kind, what) in pairs {
        call.arg(*kind).arg(*what);
    }
    call.invoke_async(&mut connection)
        .await
        .map_err(|error| link.fault("reclaim", error))
}

/// What SCAN shall match: as little as one pattern of Redis can tell. The script
/// looks again.
fn scan(link: &Link, change: &Change) -> String {
    let names = link.names();
    let Change::Forgotten(forgotten) = change else {
        return names.scan_all();
    };
    match (
        forgotten.everything,
        forgotten.patterns.as_slice(),
        forgotten.caches.as_slice(),
    ) {
        (false, [pattern], []) => names.scan_pattern(pattern),
        (false, [], [cache]) => names.scan_cache(cache.as_str()),
        _ => names.scan_all(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_is_read_as_it_was_written() {
        for at in [At::Index(3), At::Key(700), At::Scan(u64::MAX)] {
            assert_eq!(At::parse(&at.text()), Some(at));
        }
        assert_eq!(At::parse(""), Some(At::Index(1)));
        for wrong in ["x1", "i", "s-1", "ä", "1"] {
            assert_eq!(At::parse(wrong), None, "{wrong}");
        }
    }
}

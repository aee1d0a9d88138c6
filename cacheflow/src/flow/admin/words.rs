//! Events as an explanation tells them.

use super::options::size;
use crate::event::{Event, Evicted};
use crate::key::{CacheName, EntryKey, FullKey};

/// Whose entry an event is of.
pub(super) fn subject(event: &Event) -> Option<(&CacheName, &EntryKey)> {
    match event {
        Event::Evicted { cache, key, .. }
        | Event::EntryForgotten { cache, key, .. }
        | Event::Unreadable { cache, key, .. }
        | Event::FillRefused { cache, key }
        | Event::StoreFailed { cache, key, .. }
        | Event::TooLarge { cache, key, .. }
        | Event::ItemSet { cache, key, .. }
        | Event::Recursion { cache, key }
        | Event::MarksRefused { cache, key, .. }
        | Event::ValueRefused { cache, key, .. }
        | Event::Stale { cache, key }
        | Event::RefreshFailed { cache, key } => Some((cache, key)),
        _ => None,
    }
}

/// What became of an entry; `None` of what says nothing of where it is.
pub(super) fn of_entry(event: &Event) -> Option<String> {
    Some(match event {
        Event::EntryForgotten { by, .. } => format!("forgotten in memory, by {by}"),
        Event::Evicted { cause, .. } => match cause {
            Evicted::Expired => "left memory: its lifetime was over".to_owned(),
            Evicted::Size => "left memory: the cache was full".to_owned(),
            Evicted::Forgotten => "left memory: it was forgotten".to_owned(),
            Evicted::Replaced => "replaced in memory by a newer value".to_owned(),
        },
        Event::Unreadable { fault, .. } => {
            format!("not readable in the shared store: {fault}; loaded anew")
        }
        Event::FillRefused { .. } => {
            "loaded, but not kept: what it was made of was forgotten meanwhile".to_owned()
        }
        Event::StoreFailed { error, .. } => format!("the shared store failed: {error}"),
        Event::TooLarge { bytes, .. } => {
            format!("loaded, but not kept: too large, {}", size(*bytes))
        }
        Event::ItemSet { stored, .. } => format!("kept in the shared store, {}", size(*stored)),
        Event::Recursion { .. } => {
            "asked for by its own load, which therefore loaded it twice".to_owned()
        }
        Event::MarksRefused { fault, .. } | Event::ValueRefused { fault, .. } => {
            format!("loaded, but not kept: {fault}")
        }
        Event::Stale { .. } => "an old value stood in for it: it could not be loaded".to_owned(),
        Event::RefreshFailed { .. } => "could not be loaded anew before its end".to_owned(),
        _ => return None,
    })
}

/// What became of the entry of `key` by an invalidation, if it names it: not by a tag,
/// which only the entry knew.
pub(super) fn of_invalidation(event: &Event, key: &FullKey) -> Option<String> {
    let Event::Invalidated {
        forgotten, remote, ..
    } = event
    else {
        return None;
    };
    let pattern = forgotten.patterns.iter().find(|it| it.matches(key));
    let by = if forgotten.everything {
        "with everything".to_owned()
    } else if forgotten.keys.contains(key) {
        "by its key, or one of which it was made".to_owned()
    } else if forgotten.caches.iter().any(|it| it.as_str() == key.cache()) {
        "with all of its cache".to_owned()
    } else {
        format!("by the pattern {}", pattern?)
    };
    let who = if *remote { "another node" } else { "this node" };
    Some(format!("invalidated by {who}, {by}"))
}

/// What happened to all entries at once.
pub(super) fn of_all(event: &Event) -> Option<String> {
    let told = match event {
        Event::StoreDown => "the shared store answers no more; loads are kept in memory alone",
        Event::StoreUp => "the shared store answers again",
        Event::BusDown => "the bus was lost",
        Event::BusUp => "the bus was found",
        Event::Gap => "news were missed for good; all of memory was dropped",
        Event::GapStorm => "news are missed again and again; memory is not served for a while",
        _ => return None,
    };
    Some(told.to_owned())
}

//! Histories in few words.

use std::time::Duration;

use cacheflow_testkit::history::{At, Event, How, Key, Outcome, Source, Version};

pub(crate) const MAX_STALENESS: Duration = Duration::from_secs(2);

pub(crate) fn at(millis: u64) -> At {
    At::ZERO + Duration::from_millis(millis)
}

pub(crate) fn write(key: Key, version: Version, committed_at: u64) -> Event {
    Event::Write {
        key,
        version,
        committed_at: at(committed_at),
    }
}

pub(crate) fn forget(keys: &[Key], begun: u64, returned_at: u64, outcome: Outcome) -> Event {
    Event::Forget {
        how: How::Keys,
        keys: keys.into(),
        begun: at(begun),
        returned_at: at(returned_at),
        outcome,
    }
}

pub(crate) fn read(key: Key, version: Version, began: u64) -> Event {
    Event::Read {
        key,
        version,
        began: at(began),
        ended: at(began + 1),
        source: Source::Kept,
        part_of: None,
    }
}

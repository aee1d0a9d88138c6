//! A judge who keeps everything and looks at everything for each read.

use std::time::Duration;

use cacheflow_testkit::history::{At, Event, Key, NodeId, Outcome, Rule};

use crate::telling::MAX_STALENESS;

/// What the checker is to agree about.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Verdict {
    pub(crate) broken: bool,
    pub(crate) stale: u64,
    pub(crate) worst: Duration,
}

pub(crate) fn verdict(history: &[(NodeId, Event)]) -> Verdict {
    let mut verdict = Verdict::default();
    for (node, event) in history {
        let Event::Read {
            key,
            version,
            began,
            ..
        } = event
        else {
            continue;
        };
        for (by, other) in history {
            let Some((floor, returned_at, outcome)) = floor(history, other, *key) else {
                continue;
            };
            if floor <= *version || returned_at >= *began {
                continue;
            }
            let late = began.since(returned_at);
            verdict.broken |= rule(*by == *node, outcome, late).is_some();
        }
        let stale = staleness(history, *node, *key, *version, *began);
        verdict.stale += u64::from(stale.is_some());
        verdict.worst = verdict.worst.max(stale.unwrap_or_default());
    }
    verdict
}

/// How long ago the first forgetting of another node returned that demands more
/// than was read, and that demanded what no call, of whomever, had demanded before.
fn staleness(
    history: &[(NodeId, Event)],
    node: NodeId,
    key: Key,
    version: u64,
    began: At,
) -> Option<Duration> {
    let all = history.iter().filter_map(|(by, event)| {
        let (floor, returned_at, outcome) = floor(history, event, key)?;
        (outcome != Outcome::Local).then_some((*by, floor, returned_at))
    });
    let all: Vec<_> = all.collect();
    let is_new = |floor, returned_at| {
        let before = all.iter().filter(|other| other.2 < returned_at);
        before.map(|other| other.1).max().unwrap_or(0) < floor
    };
    let stale = all.iter().filter(|(by, floor, returned_at)| {
        *by != node && *floor > version && *returned_at < began && is_new(*floor, *returned_at)
    });
    stale.map(|one| began.since(one.2)).max()
}

fn rule(is_own: bool, outcome: Outcome, late: Duration) -> Option<Rule> {
    if is_own {
        return Some(Rule::OwnNode);
    }
    match outcome {
        Outcome::Everywhere => Some(Rule::Everywhere),
        Outcome::Recorded if late > MAX_STALENESS => Some(Rule::MaxStaleness),
        Outcome::Recorded | Outcome::Local => None,
    }
}

/// What a forgetting demands of a key, since when.
fn floor(history: &[(NodeId, Event)], event: &Event, key: Key) -> Option<(u64, At, Outcome)> {
    let Event::Forget {
        keys,
        begun,
        returned_at,
        outcome,
        ..
    } = event
    else {
        return None;
    };
    let committed = history.iter().filter_map(|(_, event)| match event {
        Event::Write {
            key: written,
            version,
            committed_at,
        } if *written == key && committed_at <= begun => Some(*version),
        _ => None,
    });
    keys.contains(&key)
        .then(|| committed.max().unwrap_or(0))
        .map(|floor| (floor, *returned_at, *outcome))
}

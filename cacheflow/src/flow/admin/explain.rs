//! Why an entry is where it is, or is not.

use std::fmt;
use std::time::{Duration, SystemTime};

use serde::{Serialize, Serializer};

use super::history::{LONGEST, Story};
use super::{Admin, Whereabouts};
use crate::clock::in_words;
use crate::entry::EntryState;
use crate::error::{Error, ErrorKind, Result};
use crate::flow::FlowBuilder;

/// Where an entry lies, and what happened to it lately; see [`Admin::explain`].
///
/// Shown as text it is a verdict and a line for each happening; as data the same, times
/// as in RFC 3339.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Explanation {
    /// In a sentence.
    pub verdict: String,
    /// Where it lies.
    #[serde(flatten)]
    pub found: Whereabouts,
    /// What happened to it and to all entries, the oldest first.
    pub history: Vec<Happening>,
    /// Since when that is kept; `None` before the first explanation in a flow whose
    /// history is not kept.
    #[serde(serialize_with = "perhaps_as_time")]
    pub since: Option<SystemTime>,
    /// How many events were lost since, of whatever entries, because they came too fast.
    pub lost: u64,
}

/// Something that happened to an entry, or to all.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Happening {
    /// When this node heard of it.
    #[serde(serialize_with = "as_time")]
    pub at: SystemTime,
    /// What it was.
    pub what: String,
    /// Whether it happened to all entries and not to this one alone.
    pub to_all: bool,
}

impl Admin {
    /// Where the entry of a full key lies, as [`find`](Self::find) tells it, and why: what
    /// this node has heard of it lately, such as that it was evicted because the cache was
    /// full, or forgotten by the tag `org:3`.
    ///
    /// What happens is kept from the first explanation on, 256 events of each cache, or
    /// from the start of a flow with [`FlowBuilder::keep_history`]. Until then it costs
    /// nothing; from then on each event of the flow is made and noted, which hits are
    /// not. The first explanation therefore knows nothing of what was before.
    ///
    /// # Errors
    ///
    /// As [`find`](Self::find).
    pub async fn explain(&self, key: &str) -> Result<Explanation> {
        let found = self.find(key).await?;
        let flow = &self.flow;
        let story = flow.history().of(&found.key);
        flow.history()
            .begin_if_needed(flow.event_sink(), flow.background());
        Ok(explained(found, story))
    }

    /// Keeps the last `events` of each cache from now on, 1 to 100,000, for
    /// [`explain`](Self::explain); more if more are kept already.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidConfig`] if that is out of range.
    pub fn keep_history(&self, events: usize) -> Result<()> {
        if let Some(fault) = fault(events) {
            return Err(Error::new(ErrorKind::InvalidConfig, "admin", fault));
        }
        let flow = &self.flow;
        flow.history()
            .begin(events, flow.event_sink(), flow.background());
        Ok(())
    }
}

impl FlowBuilder {
    /// Keeps the last `events` of each cache from the start, 1 to 100,000, so that
    /// [`Admin::explain`] knows of what happened before it is first asked. An event takes
    /// about 200 bytes.
    pub fn keep_history(mut self, events: usize) -> Self {
        self.history = Some(events);
        self
    }
}

/// What is wrong with so many events.
pub(in crate::flow) fn fault(events: usize) -> Option<String> {
    let is_allowed = (1..=LONGEST).contains(&events);
    (!is_allowed).then(|| format!("keep_history = {events}: allowed is 1 to {LONGEST}"))
}

fn explained(found: Whereabouts, story: Option<Story>) -> Explanation {
    let (since, lost) = match &story {
        Some(story) => (Some(story.since), story.lost),
        None => (None, 0),
    };
    let told = story.into_iter().flat_map(|story| story.told);
    let history: Vec<_> = told
        .map(|told| Happening {
            at: told.at,
            what: told.what,
            to_all: told.to_all,
        })
        .collect();
    let last = history.iter().rev().find(|happening| !happening.to_all);
    Explanation {
        verdict: verdict(&found, last, since),
        found,
        history,
        since,
        lost,
    }
}

/// Where it is and what is wrong with it there, or why it is nowhere.
fn verdict(found: &Whereabouts, last: Option<&Happening>, since: Option<SystemTime>) -> String {
    let mut parts = places(found);
    if parts.is_empty() {
        parts.push("nowhere".to_owned());
    }
    if !is_served(found) {
        match (last, since) {
            (Some(last), _) => parts.push(format!("{}, {} ago", last.what, ago(last.at))),
            (None, Some(since)) => parts.push(format!(
                "nothing has happened to it in the last {}",
                ago(since)
            )),
            (None, None) => {
                parts.push("what happens is kept only from now on, so why is not known".to_owned())
            }
        }
    }
    if !found.is_used_here {
        parts.push("this process does not use its cache".to_owned());
    }
    if found.is_under_way {
        parts.push("it is being loaded, read or put right now".to_owned());
    }
    parts.join("; ")
}

/// Whether a reader would get it without a load.
fn is_served(found: &Whereabouts) -> bool {
    let in_memory = found.memory.as_ref().map(|entry| entry.state);
    let is_shared = found.shared.as_ref().is_some_and(|it| it.fault.is_none());
    let in_memory = matches!(in_memory, Some(EntryState::Live | EntryState::StandsIn));
    in_memory || is_shared || found.nothing.is_some()
}

/// Where it lies, and what it is good for there.
fn places(found: &Whereabouts) -> Vec<String> {
    let mut parts = Vec::new();
    if let Some(entry) = &found.memory {
        let remaining = in_words(entry.remaining);
        parts.push(match entry.state {
            EntryState::Live => format!("in memory, served for another {remaining}"),
            EntryState::Unserved => {
                "in memory, but not served: news of other nodes may have been missed".to_owned()
            }
            EntryState::StandsIn => format!(
                "in memory, an old value that stands in for one that could not be loaded, for another {remaining}"
            ),
            EntryState::Stale => format!(
                "in memory, its lifetime over; it stands in for another {} if it cannot be loaded",
                in_words(entry.stands_in_for)
            ),
            EntryState::Expired => "in memory, but its lifetime is over".to_owned(),
            EntryState::Forgotten => "in memory, but forgotten: it is never served".to_owned(),
        });
    }
    if let Some(why) = found.nothing {
        parts.push(format!("in memory it is known that {why}"));
    }
    if let Some(shared) = &found.shared {
        parts.push(match shared.fault {
            None if shared.is_absent => format!(
                "in the shared store it is known that its source has no value, for another {}",
                in_words(shared.remaining)
            ),
            None => format!(
                "in the shared store for another {}",
                in_words(shared.remaining)
            ),
            Some(fault) => format!("in the shared store, but a miss: {fault}"),
        });
    }
    if let Some(trouble) = &found.shared_trouble {
        parts.push(format!("the shared store cannot be asked: {trouble}"));
    }
    parts
}

fn ago(at: SystemTime) -> String {
    in_words(at.elapsed().unwrap_or(Duration::ZERO))
}

impl fmt::Display for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.found.key, self.verdict)?;
        for happening in &self.history {
            let to_all = if happening.to_all { " (to all)" } else { "" };
            let (what, ago) = (&happening.what, ago(happening.at));
            write!(f, "\n- {ago} ago{to_all}: {what}")?;
        }
        match self.lost {
            0 => Ok(()),
            lost => write!(f, "\n- {lost} events came too fast and are not known"),
        }
    }
}

fn as_time<S: Serializer>(time: &SystemTime, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(&humantime::format_rfc3339_millis(*time))
}

fn perhaps_as_time<S: Serializer>(
    time: &Option<SystemTime>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    match time {
        Some(time) => as_time(time, serializer),
        None => serializer.serialize_none(),
    }
}

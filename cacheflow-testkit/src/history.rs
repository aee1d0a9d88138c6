//! A judge of what many nodes wrote, forgot and read.
//!
//! A test of one race shows that one race; whether a promise holds under load and
//! faults, only a history shows. So every key has *one* writer, who gives it the
//! versions 1, 2, 3 …, and everybody says what happened when, by one clock
//! ([`now`]) that the processes of a machine share. A [`Checker`] takes the events
//! while they come and keeps no more of them than it needs.
//!
//! ```text
//! node 0: write a=2 ──▶ forget a ────────▶ returned
//!                       └ floor: 2         │ node 0: nothing below 2 from here on
//!                                          │◀─ max_staleness ─▶│ nobody below 2 from here on
//! node 1:        read a=1 ✓    read a=1 ✓ (so much stale)      read a=1 ✗
//! ```
//!
//! # What is judged
//!
//! A forgetting sets a *floor* for each key that it covers: the highest version
//! that was committed before the forgetting began. A read that gives less is
//!
//! | the forgetting | the read, if it began | is |
//! |---|---|---|
//! | any | on the same node, after it had returned | a violation |
//! | [`Everywhere`](Outcome::Everywhere) | on any node, after it had returned | a violation |
//! | [`Recorded`](Outcome::Recorded) | elsewhere, more than `max_staleness` after it had returned | a violation |
//! | [`Recorded`](Outcome::Recorded) | elsewhere, sooner | measured |
//! | [`Local`](Outcome::Local) | elsewhere | not judged |
//!
//! whether the value came from memory, from the shared store or from a load, its
//! own or another's. A value that was made of others is one read of each of them.
//! A put, and the end of a strict write, forget like any other change. When an
//! invalidation that was local has been sent, say so by the same event again,
//! [`Recorded`](Outcome::Recorded) and returned when it was seen to be sent.
//!
//! Not judged: that versions only grow on a node (nobody promises it), and reads
//! that ended so much later than they began (a minute) that what they are to be
//! judged by has been thrown away; those are counted.
//!
//! # Order
//!
//! Events may come in any order, within a node and between nodes. What a node
//! promises with [`Checker::reached`] is that all its writes and forgettings up to
//! then have been told; a read is judged when all nodes have come so far.
//!
//! ```
//! use cacheflow_testkit::history::{At, Checker, Event, How, Outcome, Source};
//! use std::time::Duration;
//!
//! let at = |millis| At::ZERO + Duration::from_millis(millis);
//! let mut checker = Checker::new(2, Duration::from_secs(2));
//! checker.record(0, Event::Write { key: 7, version: 1, committed_at: at(1) });
//! checker.record(0, Event::Write { key: 7, version: 2, committed_at: at(10) });
//! checker.record(0, Event::Forget {
//!     how: How::Key,
//!     keys: [7].into(),
//!     begun: at(11),
//!     returned_at: at(12),
//!     outcome: Outcome::Recorded,
//! });
//! let read = |began| Event::Read {
//!     key: 7,
//!     version: 1,
//!     began: at(began),
//!     ended: at(began),
//!     source: Source::Memory,
//!     part_of: None,
//! };
//! checker.record(1, read(15)); // The news are on their way.
//! checker.record(1, read(2013)); // And now they are not to be waited for any longer.
//! let summary = checker.finish();
//! assert_eq!(summary.calm.worst(), Duration::from_millis(2001));
//! let violation = summary.violation.unwrap();
//! assert_eq!((violation.read.node, violation.floor.version), (1, 2));
//! ```

mod checker;
mod clock;
mod event;
mod floors;
mod key;
mod lateness;
mod summary;
mod trail;
mod violation;

pub use checker::Checker;
pub use clock::At;
#[cfg(unix)]
pub use clock::now;
pub use event::{Event, How, Key, NodeId, Outcome, Source, Version};
pub use floors::Floor;
pub use lateness::Lateness;
pub use summary::Summary;
pub use trail::{Line, Noted};
pub use violation::{ReadOf, Rule, Violation};

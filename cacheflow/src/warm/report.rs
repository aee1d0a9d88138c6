//! How a warming went.

use std::ops::AddAssign;
use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;

/// How much a warmer has kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct WarmReport {
    /// Entries that were kept.
    pub items_warmed: u64,
    /// Entries that were not, because they were forgotten or put after their page was begun.
    pub refused: u64,
    /// Entries that could not be kept: because they are too large, have wrong tags or no
    /// lifetime, or because the shared store did not take them.
    pub failed: u64,
}

impl WarmReport {
    /// The report of a warmer that has kept so many entries.
    #[must_use]
    pub fn warmed(items: u64) -> Self {
        Self {
            items_warmed: items,
            ..Self::default()
        }
    }

    /// What came after `earlier`.
    pub(super) fn since(self, earlier: Self) -> Self {
        Self {
            items_warmed: self.items_warmed - earlier.items_warmed,
            refused: self.refused - earlier.refused,
            failed: self.failed - earlier.failed,
        }
    }
}

impl AddAssign for WarmReport {
    fn add_assign(&mut self, other: Self) {
        self.items_warmed += other.items_warmed;
        self.refused += other.refused;
        self.failed += other.failed;
    }
}

/// What came of one run of a warmer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Warmed {
    /// The warmer's name: that of the cache, for a cache's own.
    pub warmer: String,
    /// The caches that it fills, as it says.
    pub caches: Vec<String>,
    /// How many entries it has kept.
    pub items_warmed: u64,
    /// See [`WarmReport::refused`].
    pub refused: u64,
    /// See [`WarmReport::failed`].
    pub failed: u64,
    /// What it took. As JSON: `duration_ms`, in milliseconds.
    #[serde(rename = "duration_ms", serialize_with = "millis")]
    pub duration: Duration,
    /// What went wrong; empty if nothing did. What was kept before stays.
    pub errors: Vec<String>,
    /// Another node warms, or has done so a short while ago: nothing was done here.
    pub by_another: bool,
}

impl Warmed {
    /// Whether it came to its end without an error.
    #[must_use]
    pub fn is_ok(&self) -> bool {
        self.errors.is_empty()
    }
}

fn millis<S: serde::Serializer>(duration: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_u64(u64::try_from(duration.as_millis()).unwrap_or(u64::MAX))
}

/// How far a warmer is, after each batch.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct WarmProgress {
    /// The warmer's name; that of the cache for what no warmer runs.
    pub warmer: Arc<str>,
    /// The cache that is filled.
    pub cache: Arc<str>,
    /// How many pairs were dealt with in this cache, kept or not.
    pub done: u64,
    /// How many there will be, if the source has said so ([`Pairs::total`](crate::Pairs::total)).
    pub total: Option<u64>,
}

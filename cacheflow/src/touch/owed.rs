//! Rows whose touch has failed and is owed: when each is tried again.

use std::collections::HashMap;
use std::time::Duration;

use tokio::time::Instant;

use super::MAX_ROWS;
use crate::key::Parent;

/// How many rows wait to be tried again; more are given up at once.
pub const MAX_OWED: usize = 10_000;

/// How often a row is tried in all, the first time included.
pub const TRIES: u32 = 6;

/// Before the second try; each further pause is twice as long.
const FIRST_PAUSE: Duration = Duration::from_millis(200);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Debt {
    tries: u32,
    due: Instant,
}

/// What became of a row that has failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Owing {
    /// It is tried again.
    Again,
    /// It is not: it was tried often enough, or too many wait.
    Lost,
}

/// Rows that wait to be tried again.
#[derive(Debug, Default)]
pub(super) struct Owed {
    rows: HashMap<Parent, Debt>,
    /// How many were taken and are being tried.
    pub(super) trying: usize,
    /// Whether somebody sees to them.
    pub(super) tended: bool,
}

impl Owed {
    /// `row` has failed, now for the `tries`th time. `spread` says by how much its pause
    /// is drawn out, so that many nodes do not ask a source again in the same instant.
    pub(super) fn add(
        &mut self,
        row: Parent,
        tries: u32,
        now: Instant,
        spread: impl FnOnce(Duration) -> Duration,
    ) -> Owing {
        let is_new = !self.rows.contains_key(&row);
        if tries >= TRIES || (is_new && self.rows.len() == MAX_OWED) {
            return Owing::Lost;
        }
        let pause = FIRST_PAUSE * 2_u32.pow(tries.saturating_sub(1));
        let due = now + spread(pause);
        let debt = self.rows.entry(row).or_insert(Debt { tries, due });
        // It failed on another way as well: that change has all its tries.
        debt.tries = debt.tries.min(tries);
        debt.due = debt.due.min(due);
        Owing::Again
    }

    /// When the next is due.
    pub(super) fn next_due(&self) -> Option<Instant> {
        self.rows.values().map(|debt| debt.due).min()
    }

    /// Takes those that are due, each with how often it was tried; no more than one
    /// pass reaches.
    pub(super) fn take_due(&mut self, now: Instant) -> HashMap<Parent, u32> {
        let due = self.rows.iter().filter(|(_, debt)| debt.due <= now);
        let due: HashMap<_, _> = due
            .take(MAX_ROWS)
            .map(|(row, debt)| (row.clone(), debt.tries))
            .collect();
        self.rows.retain(|row, _| !due.contains_key(row));
        self.trying = due.len();
        due
    }

    /// How many wait, or are being tried.
    pub(super) fn len(&self) -> usize {
        self.rows.len() + self.trying
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(id: usize) -> Parent {
        Parent::new("row", id)
    }

    fn exact(pause: Duration) -> Duration {
        pause
    }

    #[test]
    fn pauses_grow_and_end() {
        let now = Instant::now();
        let pauses = (1..).map_while(|tries| {
            let mut owed = Owed::default();
            let owing = owed.add(row(1), tries, now, exact);
            (owing == Owing::Again).then(|| owed.next_due().unwrap() - now)
        });
        let millis: Vec<_> = pauses.map(|pause| pause.as_millis()).collect();
        assert_eq!(millis, [200, 400, 800, 1600, 3200]);
    }

    #[test]
    fn what_is_due_is_taken_and_the_rest_waits() {
        let (now, mut owed) = (Instant::now(), Owed::default());
        owed.add(row(1), 1, now, exact);
        owed.add(row(2), 2, now, exact);
        let later = now + Duration::from_millis(200);
        assert!(owed.take_due(now).is_empty());
        assert_eq!(owed.take_due(later), HashMap::from([(row(1), 1)]));
        assert_eq!(
            (owed.len(), owed.next_due()),
            (2, Some(now + 2 * FIRST_PAUSE))
        );
    }

    #[test]
    fn a_row_that_fails_for_another_change_has_all_its_tries() {
        let (now, mut owed) = (Instant::now(), Owed::default());
        owed.add(row(1), TRIES - 1, now, exact);
        owed.add(row(1), 1, now, exact);
        assert_eq!(owed.next_due(), Some(now + FIRST_PAUSE));
        assert_eq!(
            owed.take_due(now + FIRST_PAUSE),
            HashMap::from([(row(1), 1)])
        );
    }

    #[test]
    fn no_more_wait_than_may_and_no_more_are_taken_than_a_pass_reaches() {
        let (now, mut owed) = (Instant::now(), Owed::default());
        for id in 0..MAX_OWED {
            assert_eq!(owed.add(row(id), 1, now, exact), Owing::Again);
        }
        assert_eq!(owed.add(row(MAX_OWED), 1, now, exact), Owing::Lost);
        assert_eq!(owed.add(row(0), 1, now, exact), Owing::Again);
        assert_eq!(owed.take_due(now + FIRST_PAUSE).len(), MAX_ROWS);
        assert_eq!((owed.len(), owed.trying), (MAX_OWED, MAX_ROWS));
    }
}

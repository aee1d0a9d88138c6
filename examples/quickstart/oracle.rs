//! Judges whether a read was stale.
//!
//! Every row has a version, raised by every change in the transaction that makes it. A writer commits, invalidates, and when
//! that call has returned reports the new version here, with the moment, its instance and how far the news got: the row's
//! *floor*. A read is judged by the floors reported before it **began**: one that was under way may have either version.
//!
//! | the floor was reported | to a reader on the same instance | to a reader on another instance |
//! |---|---|---|
//! | `Everywhere` | binds at once | binds after the bound; before, an older version is a *race* |
//! | `OnlyHere`, the shared level being away | binds at once | never binds: nobody could have told it |
//!
//! A version below a floor that binds is a **stale read** and fails the run. A race is counted with its delay, from the
//! acknowledgement to the beginning of the read. It is allowed because an invalidation travels to another instance's memory;
//! the bound is the cache's `max_staleness`, after which that memory must no longer be used. With one instance there are no
//! races, and every floor binds at once.
//!
//! What this does not see: the level that an old value came from. The shared level forgets before the call returns, so only
//! another instance's memory may be old; a value that came out of the shared level too old is a race here until the bound is
//! over, and a stale read from then on. A read that begins in the instant between the acknowledgement and its report is not
//! judged. And that news of a change known `OnlyHere` reaches the others in the end is what the comparison with the database
//! sees to, when nobody writes any more.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::instance::Acknowledged;
use crate::item::Item;
use crate::shop::Size;

/// What is known of all rows.
pub(crate) struct Oracle {
    bound: Duration,
    products: Vec<Row>,
    users: Vec<Row>,
    orders: Vec<Row>,
}

/// What a read was.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Verdict {
    /// As new as it had to be.
    Fresh,
    /// Older than an invalidation that may still have been on its way, this long after its acknowledgement.
    Raced(Duration),
    /// Older than it may be.
    Stale,
}

#[derive(Default)]
struct Row {
    /// The highest version reported; most reads need to look no further.
    newest: AtomicU64,
    floors: Mutex<Vec<Floor>>,
}

#[derive(Clone, Copy)]
struct Floor {
    version: u64,
    reported: Instant,
    instance: usize,
    reach: Acknowledged,
}

impl Oracle {
    /// An oracle for a shop of this size. Floors bind other instances once the bound is over.
    pub(crate) fn new(size: Size, bound: Duration) -> Self {
        let rows = |count| (0..count).map(|_| Row::default()).collect();
        Self {
            bound,
            products: rows(size.products),
            users: rows(size.users),
            orders: rows(size.users),
        }
    }

    /// An instance has invalidated the item after it got this version, and the call has returned.
    pub(crate) fn invalidated(
        &self,
        item: Item,
        version: u64,
        instance: usize,
        reach: Acknowledged,
    ) {
        let floor = Floor {
            version,
            reported: Instant::now(),
            instance,
            reach,
        };
        let row = self.row(item);
        row.floors
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(floor);
        // After the floor itself: who sees the number finds the floor.
        row.newest.fetch_max(version, Ordering::Release);
    }

    /// A read of the item began at this moment on this instance and got this version.
    pub(crate) fn judge(
        &self,
        item: Item,
        version: u64,
        instance: usize,
        began: Instant,
    ) -> Verdict {
        let row = self.row(item);
        if version >= row.newest.load(Ordering::Acquire) {
            return Verdict::Fresh;
        }
        let floors = row.floors.lock().unwrap_or_else(PoisonError::into_inner);
        judge(&floors, version, instance, began, self.bound)
    }

    /// Everything that was invalidated.
    pub(crate) fn changed(&self) -> Vec<Item> {
        let changed = |rows: &[Row], item: fn(u32) -> Item| {
            (1_u32..)
                .zip(rows)
                .filter(|(_, row)| row.newest.load(Ordering::Acquire) > 0)
                .map(|(id, _)| item(id))
                .collect::<Vec<_>>()
        };
        let mut all = changed(&self.products, Item::Product);
        all.extend(changed(&self.users, Item::User));
        all.extend(changed(&self.orders, Item::OrdersOf));
        all
    }

    fn row(&self, item: Item) -> &Row {
        let (rows, id) = match item {
            Item::Product(id) => (&self.products, id),
            Item::User(id) => (&self.users, id),
            Item::OrdersOf(id) => (&self.orders, id),
        };
        &rows[id as usize - 1]
    }
}

/// The decision itself: plain data in, a verdict out.
fn judge(
    floors: &[Floor],
    version: u64,
    instance: usize,
    began: Instant,
    bound: Duration,
) -> Verdict {
    let mut verdict = Verdict::Fresh;
    for floor in floors.iter().filter(|floor| floor.version > version) {
        let Some(delay) = began.checked_duration_since(floor.reported) else {
            continue;
        };
        let here = floor.instance == instance;
        match (here, floor.reach) {
            (false, Acknowledged::OnlyHere) => {}
            (false, Acknowledged::Everywhere) if delay <= bound && bound > Duration::ZERO => {
                verdict = match verdict {
                    Verdict::Raced(longer) if longer > delay => verdict,
                    _ => Verdict::Raced(delay),
                };
            }
            (true, _) | (false, Acknowledged::Everywhere) => return Verdict::Stale,
        }
    }
    verdict
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::{Floor, Oracle, Verdict, judge};
    use crate::instance::Acknowledged::{self, Everywhere, OnlyHere};
    use crate::item::Item;
    use crate::shop::Size;

    const BOUND: Duration = Duration::from_secs(2);

    fn millis(millis: u64) -> Duration {
        Duration::from_millis(millis)
    }

    /// Judges a read of version 1 on an instance, which began `after` the moment that the floors count from.
    fn read_of_version_1(
        floors: &[(u64, u64, usize, Acknowledged)],
        instance: usize,
        after: u64,
    ) -> Verdict {
        let start = Instant::now();
        let floors = floors
            .iter()
            .map(|&(version, reported, instance, reach)| Floor {
                version,
                reported: start + millis(reported),
                instance,
                reach,
            })
            .collect::<Vec<_>>();
        judge(&floors, 1, instance, start + millis(after), BOUND)
    }

    #[test]
    fn on_the_instance_that_invalidated_a_floor_binds_at_once() {
        for reach in [Everywhere, OnlyHere] {
            assert_eq!(
                read_of_version_1(&[(2, 10, 0, reach)], 0, 10),
                Verdict::Stale
            );
            assert_eq!(
                read_of_version_1(&[(2, 10, 0, reach)], 0, 11),
                Verdict::Stale
            );
        }
    }

    #[test]
    fn a_read_that_began_before_the_acknowledgement_may_have_the_old_version() {
        for instance in [0, 1] {
            let floor = [(2, 10, 0, Everywhere)];
            assert_eq!(read_of_version_1(&floor, instance, 9), Verdict::Fresh);
        }
    }

    #[test]
    fn on_another_instance_it_is_a_race_up_to_the_bound_and_stale_after_it() {
        let floor = [(2, 10, 0, Everywhere)];
        assert_eq!(read_of_version_1(&floor, 1, 10), Verdict::Raced(millis(0)));
        assert_eq!(
            read_of_version_1(&floor, 1, 510),
            Verdict::Raced(millis(500))
        );
        assert_eq!(read_of_version_1(&floor, 1, 2_010), Verdict::Raced(BOUND));
        assert_eq!(read_of_version_1(&floor, 1, 2_011), Verdict::Stale);
    }

    #[test]
    fn what_only_one_instance_knows_never_binds_another() {
        let floor = [(2, 0, 0, OnlyHere)];
        assert_eq!(read_of_version_1(&floor, 1, 100_000), Verdict::Fresh);
    }

    #[test]
    fn the_version_asked_for_or_a_newer_one_is_fresh() {
        let floors = [(1, 0, 0, Everywhere)];
        assert_eq!(read_of_version_1(&floors, 0, 100_000), Verdict::Fresh);
    }

    #[test]
    fn a_new_floor_does_not_excuse_a_read_from_below_an_old_one() {
        let floors = [(2, 0, 0, Everywhere), (3, 4_999, 0, Everywhere)];
        assert_eq!(read_of_version_1(&floors, 1, 5_000), Verdict::Stale);
    }

    #[test]
    fn of_several_races_the_longest_delay_counts_in_any_order() {
        let mut floors = [(2, 100, 0, Everywhere), (3, 600, 0, Everywhere)];
        assert_eq!(
            read_of_version_1(&floors, 1, 700),
            Verdict::Raced(millis(600))
        );
        floors.reverse();
        assert_eq!(
            read_of_version_1(&floors, 1, 700),
            Verdict::Raced(millis(600))
        );
    }

    #[test]
    fn without_a_bound_every_instance_is_bound_at_once() {
        let oracle = Oracle::new(Size::QUICK, Duration::ZERO);
        let item = Item::User(7);
        oracle.invalidated(item, 2, 0, Everywhere);
        assert_eq!(oracle.judge(item, 1, 1, Instant::now()), Verdict::Stale);
        assert_eq!(oracle.judge(item, 2, 1, Instant::now()), Verdict::Fresh);
    }

    #[test]
    fn rows_do_not_share_floors() {
        let oracle = Oracle::new(Size::QUICK, BOUND);
        oracle.invalidated(Item::User(7), 5, 0, Everywhere);
        for item in [Item::Product(7), Item::OrdersOf(7), Item::User(8)] {
            assert_eq!(oracle.judge(item, 1, 0, Instant::now()), Verdict::Fresh);
        }
        assert_eq!(oracle.changed(), [Item::User(7)]);
    }
}

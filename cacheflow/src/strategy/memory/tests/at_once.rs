//! Tags that very many entries carry.

use super::super::at_once::{FEW, MOST};
use super::*;

const MANY: u32 = FEW as u32 + 1;

fn large() -> Local<u32> {
    let clock = Clock::manual();
    let standing = Standing::alone(clock.clone());
    of(1 << 20, standing, clock, false, Duration::ZERO).0
}

/// Keeps a value for each of the keys.
fn keep(local: &Local<u32>, keys: impl IntoIterator<Item = u32>, marks: &Arc<Marks>) {
    for key in keys {
        let address = address(key);
        let flight = lead(local, &address.key);
        let entry = entry(&flight.ticket, key).marked(marks);
        assert!(local.keep(&address, &flight.ticket, entry));
    }
}

/// What a node does with a record where nothing was made of anything. Returns how many
/// entries it has removed.
fn forget(local: &Local<u32>, number: u64, tag: &str) -> u64 {
    let record = Record {
        position: at(number),
        change: Change::Forgotten(Forgotten::tags([Tag::new(tag).unwrap()])),
        open: false,
    };
    local.standing.note(&record);
    let targets = record.targets(crate::event::By::Another);
    let gone = targets
        .into_iter()
        .map(|target| local.forget(target, number, false).entries)
        .sum();
    local.standing.stand_at(at(number));
    gone
}

fn is_hit(local: &Local<u32>, key: u32) -> bool {
    let bytes = address(key).key;
    let is_hit = local.hit(bytes.as_bytes()).is_some();
    let is_served = local.hit_as(bytes.as_bytes(), |_, _| ()).is_some();
    assert_eq!(is_hit, is_served);
    if !is_hit {
        let stands_in = local.stale(bytes.as_bytes()).is_some();
        assert!(!stands_in, "what was forgotten stands in for nothing");
    }
    is_hit
}

#[test]
fn however_many_carry_a_tag_they_go_in_one_step_and_the_others_stay() {
    let local = large();
    keep(&local, 0..MANY, &tags(["t", "x"]));
    keep(&local, [MANY], &tags(["u"]));
    keep(&local, [MANY + 1], &Arc::new(Marks::NONE.clone()));
    let before = local.epoch();
    assert_eq!(forget(&local, 1, "t"), u64::from(MANY));
    assert!(local.epoch() > before, "not one by one");
    assert!(!is_hit(&local, 0) && !is_hit(&local, MANY - 1));
    assert!(is_hit(&local, MANY) && is_hit(&local, MANY + 1));
    assert_eq!(local.newest(9).len(), 2);
    // What is kept since is found by the tag as ever.
    keep(&local, [0], &tags(["t"]));
    assert!(is_hit(&local, 0));
    assert_eq!(forget(&local, 2, "t"), 1);
    assert!(!is_hit(&local, 0) && is_hit(&local, MANY));
}

#[test]
fn an_entry_that_nobody_reads_between_two_such_tags_goes_by_the_first() {
    let local = large();
    keep(&local, 0..MANY, &tags(["t"]));
    keep(&local, MANY..2 * MANY, &tags(["u"]));
    keep(&local, [2 * MANY], &tags(["v"]));
    forget(&local, 1, "t");
    forget(&local, 2, "u");
    assert!(!is_hit(&local, 1) && !is_hit(&local, MANY));
    assert!(is_hit(&local, 2 * MANY));
}

#[test]
fn what_is_newer_than_the_record_stays_and_goes_by_a_later_one() {
    let local = large();
    keep(&local, 0..MANY, &tags(["t"]));
    let one = address(1);
    let ticket = local.put_ticket(&one.key);
    let entry = entry(&ticket, 7).marked(&tags(["t"]));
    local.end_put(&one, &ticket, Some(at(2)), Some(entry));
    // The put as number 2 is here before the record that came before it.
    forget(&local, 1, "t");
    assert!(is_hit(&local, 1) && !is_hit(&local, 2));
    assert_eq!(forget(&local, 3, "t"), 1);
    assert!(!is_hit(&local, 1));
}

#[test]
fn what_is_loaded_meanwhile_is_kept_unless_it_carries_the_tag() {
    let local = large();
    keep(&local, 0..MANY, &tags(["t"]));
    let (with, without) = (address(MANY), address(MANY + 1));
    let flights = [&with, &without].map(|it| lead(&local, &it.key));
    forget(&local, 1, "t");
    let entries = [tags(["t"]), tags(["u"])]
        .into_iter()
        .zip(&flights)
        .map(|(marks, flight)| entry(&flight.ticket, 1).marked(&marks));
    let kept: Vec<_> = [&with, &without]
        .into_iter()
        .zip(&flights)
        .zip(entries)
        .map(|((address, flight), entry)| local.keep(address, &flight.ticket, entry))
        .collect();
    assert_eq!(kept, [false, true]);
    assert!(!is_hit(&local, MANY) && is_hit(&local, MANY + 1));
}

#[test]
fn what_was_forgotten_with_everything_does_not_come_back_with_a_closer_look() {
    let local = large();
    keep(&local, 0..MANY, &tags(["t"]));
    keep(&local, [MANY], &tags(["u"]));
    local.forget_all();
    assert!(!is_hit(&local, 0) && !is_hit(&local, MANY));
    keep(&local, [MANY], &tags(["u"]));
    keep(&local, 0..MANY, &tags(["t"]));
    forget(&local, 1, "t");
    local.forget_all();
    assert!(!is_hit(&local, MANY));
}

#[test]
fn of_too_many_such_tags_the_oldest_takes_along_what_nobody_has_read() {
    let local = large();
    keep(&local, [0, 1], &tags(["u"]));
    let since = local.epoch();
    for number in 0..=MOST {
        let tag = Tag::new(&format!("t{number}")).unwrap();
        local.at_once.add(super::super::at_once::Taken {
            since: Epoch(since.0 + 1 + number as u64),
            tag,
            before: 1,
        });
        let present = Epoch(since.0 + 1 + number as u64);
        local.epoch.store(present.0, Ordering::Release);
        if number == 0 {
            assert!(is_hit(&local, 0));
        }
    }
    assert!(is_hit(&local, 0), "it was read since the oldest");
    assert!(!is_hit(&local, 1));
}

#[test]
fn what_was_taken_at_once_is_let_go_while_others_are_added() {
    let local = large();
    keep(&local, 0..MANY, &tags(["t"]));
    forget(&local, 1, "t");
    let left = || local.inside().values.taken();
    assert_eq!(left(), MANY as usize);
    keep(&local, 0..MANY / 8, &tags(["u"]));
    assert_eq!(left(), 0);
}

#[test]
fn a_tag_that_is_forgotten_again_and_again_takes_no_others_along() {
    let local = large();
    keep(&local, [0], &tags(["u"]));
    for number in 1..=2 * MOST as u64 {
        let since = Epoch(number);
        local.at_once.add(super::super::at_once::Taken {
            since,
            tag: Tag::new("t").unwrap(),
            before: number,
        });
        local.epoch.store(number, Ordering::Release);
    }
    assert!(is_hit(&local, 0));
}

#[test]
fn an_entry_that_is_newer_than_the_record_goes_over_whatever_it_carries() {
    let local = large();
    local.at_once.add(super::super::at_once::Taken {
        since: Epoch(1),
        tag: Tag::new("t").unwrap(),
        before: 5,
    });
    let flight = lead(&local, &address(1).key);
    let goes_over = |as_of| {
        let mut entry = entry(&flight.ticket, 1).marked(&tags(["t"]));
        entry.as_of = as_of;
        local.at_once.look_closer(&entry, Epoch(1));
        entry.epoch() == Epoch(1)
    };
    assert_eq!([4, 5].map(goes_over), [false, true]);
}

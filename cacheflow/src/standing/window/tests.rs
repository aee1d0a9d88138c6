//! What the window keeps, for how long, and what it says.

use super::*;
use crate::key::{CacheName, Pattern, Tag};

const SECOND: Duration = Duration::from_secs(1);

fn at(number: u64) -> Position {
    Position {
        incarnation: 7,
        number,
    }
}

fn key(text: &str) -> FullKey {
    FullKey::parse(text).unwrap()
}

fn tag(text: &str) -> Tag {
    Tag::new(text).unwrap()
}

fn record(number: u64, open: bool, forgotten: Forgotten) -> Record {
    Record {
        position: at(number),
        change: Change::Forgotten(forgotten),
        open,
    }
}

fn of_tag(number: u64, open: bool) -> Record {
    record(number, open, Forgotten::tags([tag("t")]))
}

fn of_key(number: u64, text: &str) -> Record {
    record(number, false, Forgotten::keys([key(text)]))
}

fn done(number: u64, of: u64) -> Record {
    Record {
        position: at(number),
        change: Change::Done(of),
        open: false,
    }
}

fn snapshot(number: u64) -> Snapshot {
    Snapshot {
        position: at(number),
        lineage: Vec::new(),
        open: Vec::new(),
    }
}

fn window() -> Window {
    let mut window = Window::default();
    window.adopt(&snapshot(0), Tick::ZERO);
    window
}

fn tagged() -> Marks {
    Marks::new(vec![tag("t")], Vec::new())
}

fn stored(window: &Window, as_of: u64) -> Verdict {
    window.judge_stored(at(as_of), &key("c:1"), &tagged(), Tick::ZERO)
}

fn loaded(window: &Window, as_of: u64) -> Verdict {
    window.judge_load(at(as_of), &key("c:1"), &tagged(), Tick::ZERO)
}

#[test]
fn a_value_is_old_by_anything_that_it_goes_by_and_only_by_later_records() {
    let marks = Marks::new(vec![tag("t")], vec![key("d:1")]);
    let pattern = |text| Forgotten {
        patterns: vec![Pattern::new(text).unwrap()],
        ..Forgotten::default()
    };
    let cache = |text| Forgotten::cache(CacheName::new(text).unwrap());
    for (forgotten, expected) in [
        (Forgotten::keys([key("c:1")]), Verdict::Old),
        (Forgotten::keys([key("d:1")]), Verdict::Old),
        (Forgotten::keys([key("c:2")]), Verdict::Current),
        (Forgotten::tags([tag("t")]), Verdict::Old),
        (Forgotten::tags([tag("u")]), Verdict::Current),
        (pattern("c:*"), Verdict::Old),
        (pattern("d:?"), Verdict::Old),
        (pattern("e:*"), Verdict::Current),
        (cache("c"), Verdict::Old),
        (cache("d"), Verdict::Old),
        (cache("e"), Verdict::Current),
        (Forgotten::everything(), Verdict::Old),
    ] {
        let mut window = window();
        window.note(&record(5, true, forgotten.clone()), Tick::ZERO);
        let judged = |as_of| window.judge_stored(at(as_of), &key("c:1"), &marks, Tick::ZERO);
        assert_eq!(judged(4), expected, "{forgotten:?}");
        assert_eq!(judged(5), Verdict::Current, "{forgotten:?}");
    }
}

#[test]
fn an_open_record_stays_until_it_is_done_and_a_minute_has_passed() {
    let mut window = window();
    window.note(&of_tag(1, true), Tick::ZERO);
    let much_later = Tick::ZERO.after(SECOND * 3600);
    window.note(&of_key(2, "c:9"), much_later);
    assert_eq!(stored(&window, 0), Verdict::Old);
    window.note(&done(3, 1), much_later);
    window.trim(much_later.after(RING));
    assert_eq!(stored(&window, 0), Verdict::Current);
}

#[test]
fn a_record_stays_as_long_as_somebody_is_under_way_from_before_it() {
    let mut window = window();
    window.pin(0);
    window.note(&of_tag(1, false), Tick::ZERO);
    let later = Tick::ZERO.after(RING * 2);
    window.trim(later);
    assert_eq!(loaded(&window, 0), Verdict::Old);
    window.unpin(0);
    window.trim(later);
    // What is out of mind cannot be judged any more.
    assert_eq!(loaded(&window, 0), Verdict::Unknown);
    assert_eq!(loaded(&window, 1), Verdict::Current);
}

#[test]
fn there_is_a_bound_whoever_is_under_way() {
    let mut window = window();
    window.pin(0);
    let key = |n: usize| key(&format!("c:{n}"));
    let many = Forgotten::keys((0..1_000).map(key).collect::<Vec<_>>());
    for number in 1..=501 {
        window.note(&record(number, false, many.clone()), Tick::ZERO);
    }
    assert!(window.size <= MOST && window.records.len() > 490);
    assert_eq!(loaded(&window, 0), Verdict::Unknown);
}

#[test]
fn an_incarnation_counts_only_within_the_lineage() {
    let mut window = window();
    let older = Position {
        incarnation: 6,
        number: 90,
    };
    let mut next = snapshot(1_000);
    next.lineage.push(older);
    window.adopt(&next, Tick::ZERO);
    let judged = |incarnation, number| {
        let as_of = Position {
            incarnation,
            number,
        };
        window.judge_stored(as_of, &key("c:1"), Marks::NONE, Tick::ZERO)
    };
    assert_eq!(judged(7, 1_000), Verdict::Current);
    assert_eq!(judged(6, 90), Verdict::Current);
    assert_eq!(judged(6, 91), Verdict::Unknown);
    assert_eq!(judged(5, 1), Verdict::Unknown);
}

#[test]
fn a_journal_that_lost_records_is_told_them_again() {
    let mut window = window();
    for number in 1..=3 {
        window.note(&of_key(number, &format!("c:{number}")), Tick::ZERO);
    }
    let mut next = snapshot(1 << 32);
    next.position.incarnation = 8;
    next.lineage.push(at(1));
    let lost = vec![of_key(2, "c:2"), of_key(3, "c:3")];
    assert_eq!(window.lost(&next), Lost::Records(lost));
    // Values of the old primary that this node knows to be forgotten stay so.
    window.adopt(&next, Tick::ZERO);
    let as_of = at(1);
    let verdict = window.judge_stored(as_of, &key("c:3"), Marks::NONE, Tick::ZERO);
    assert_eq!(verdict, Verdict::Old);
}

#[test]
fn a_node_that_does_not_remember_enough_says_so() {
    let mut window = window();
    window.note(&of_key(1, "c:1"), Tick::ZERO);
    window.note(&of_key(2, "c:2"), Tick::ZERO.after(RING));
    window.trim(Tick::ZERO.after(RING));
    let mut next = snapshot(1 << 32);
    next.position.incarnation = 8;
    next.lineage.push(at(0));
    assert_eq!(window.lost(&next), Lost::Unknown);
    next.lineage[0] = at(1);
    assert_eq!(window.lost(&next), Lost::Records(vec![of_key(2, "c:2")]));
}

#[test]
fn a_journal_of_another_lineage_has_lost_nothing_that_counts() {
    let mut window = window();
    window.note(&of_tag(1, true), Tick::ZERO);
    let mut other = snapshot(5);
    other.position.incarnation = 9;
    assert_eq!(window.lost(&other), Lost::Records(Vec::new()));
    window.adopt(&other, Tick::ZERO);
    assert!(window.records.is_empty());
    assert_eq!(stored(&window, 0), Verdict::Unknown);
}

#[test]
fn a_snapshot_opens_and_closes_records() {
    let mut window = window();
    window.note(&of_tag(1, true), Tick::ZERO);
    let mut next = snapshot(5);
    next.open.push(of_tag(4, true));
    window.adopt(&next, Tick::ZERO);
    assert!(!window.is_open(1) && window.is_open(4));
    assert_eq!(stored(&window, 3), Verdict::Old);
}

#[test]
fn numbers_that_a_journal_has_not_given_out_are_not_kept() {
    let mut window = window();
    window.note(&of_tag(9, true), Tick::ZERO);
    window.adopt(&snapshot(5), Tick::ZERO);
    assert_eq!(stored(&window, 5), Verdict::Current);
    window.note(&of_key(9, "c:1"), Tick::ZERO);
    assert_eq!(stored(&window, 8), Verdict::Old);
}

#[test]
fn a_held_key_is_old_until_its_write_has_ended_or_timed_out() {
    let held = |number| Record {
        position: at(number),
        change: Change::Held {
            key: key("c:1"),
            ttl: SECOND,
        },
        open: true,
    };
    let mut window = window();
    window.note(&held(1), Tick::ZERO);
    window.note(&held(2), Tick::ZERO.after(SECOND / 2));
    let judged = |window: &Window, now| {
        let dependent = Marks::new(Vec::new(), vec![key("c:1")]);
        [(key("c:1"), Marks::default()), (key("c:2"), dependent)]
            .map(|(key, marks)| window.judge_load(at(9), &key, &marks, now))
    };
    assert_eq!(judged(&window, Tick::ZERO), [Verdict::Old; 2]);
    // The first has ended, the second has not: then it times out.
    window.note(&done(3, 1), Tick::ZERO);
    assert_eq!(judged(&window, Tick::ZERO.after(SECOND)), [Verdict::Old; 2]);
    let end = Tick::ZERO.after(SECOND * 3 / 2);
    assert_eq!(judged(&window, end), [Verdict::Current; 2]);
    window.note(&done(4, 2), Tick::ZERO);
    assert_eq!(judged(&window, Tick::ZERO), [Verdict::Current; 2]);
}

#[test]
fn what_is_forgotten_here_alone_counts_for_what_is_under_way_here() {
    let mut window = window();
    let before = window.local_number(Duration::ZERO, Tick::ZERO);
    window.note_local(&Forgotten::tags([tag("t")]), Tick::ZERO);
    assert_eq!(
        window.local_number(Duration::ZERO, Tick::ZERO),
        before,
        "not applied yet"
    );
    window.count_local();
    let after = window.local_number(Duration::ZERO, Tick::ZERO);
    assert!(window.is_old_here(before, &key("c:1"), &tagged()));
    assert!(!window.is_old_here(before, &key("c:1"), Marks::NONE));
    assert!(!window.is_old_here(after, &key("c:1"), &tagged()));
    // Of too much, nothing is kept in mind, and nobody is believed.
    let many: Vec<_> = (0..MOST_LOCAL).map(|n| key(&format!("c:{n}"))).collect();
    window.note_local(&Forgotten::keys(many), Tick::ZERO);
    window.count_local();
    assert!(window.is_old_here(after, &key("d:1"), Marks::NONE));
    let now = window.local_number(Duration::ZERO, Tick::ZERO);
    assert!(!window.is_old_here(now, &key("d:1"), Marks::NONE));
}

#[test]
fn where_a_node_stood_some_time_ago() {
    let mut window = window();
    let tick = |seconds: u32| Tick::ZERO.after(SECOND * seconds);
    for number in 1..=5 {
        window.note(
            &of_key(number, "c:1"),
            tick(10 * u32::try_from(number).unwrap()),
        );
    }
    assert_eq!(window.number_before(5, SECOND * 15, tick(50)), Some(3));
    assert_eq!(window.number_before(5, SECOND, tick(52)), Some(5));
    assert_eq!(window.number_before(5, SECOND * 51, tick(50)), None);
}

#[test]
fn what_was_forgotten_twice_stays_in_mind_by_the_newer_record() {
    let mut window = window();
    window.note(&of_key(1, "c:1"), Tick::ZERO);
    window.note(&of_key(2, "c:1"), Tick::ZERO.after(SECOND));
    window.trim(Tick::ZERO.after(RING));
    assert_eq!(window.records.len(), 1, "the older is out of mind");
    assert_eq!(loaded(&window, 1), Verdict::Old);
}

/// What an older record turns out to forget is found after a newer one was noted.
#[test]
fn what_an_older_record_forgets_as_well_does_not_hide_the_newer() {
    let mut window = window();
    window.note(&of_key(1, "d:1"), Tick::ZERO);
    window.note(&of_key(2, "c:1"), Tick::ZERO);
    window.note_also(1, &[key("c:1")]);
    assert_eq!(loaded(&window, 1), Verdict::Old);
}

#[test]
fn what_a_put_takes_along_is_old_although_it_does_not_say_what_it_was_made_of() {
    let mut window = window();
    let change = Change::Put {
        key: key("d:1"),
        dependents: vec![key("c:1")],
    };
    let put = Record {
        change,
        ..of_key(1, "d:1")
    };
    window.note(&put, Tick::ZERO);
    assert_eq!(loaded(&window, 0), Verdict::Old);
    assert_eq!(loaded(&window, 1), Verdict::Current);
}

/// It may have begun after memory was dropped and before the node stood anew.
#[test]
fn a_load_from_before_the_window_began_anew_cannot_be_judged() {
    let mut window = window();
    window.adopt(&snapshot(5), Tick::ZERO);
    assert_eq!(loaded(&window, 4), Verdict::Unknown);
    assert_eq!(loaded(&window, 5), Verdict::Current);
    // The numbers of another journal say nothing, be they smaller or greater.
    for number in [2, 9] {
        let mut other = snapshot(number);
        other.position.incarnation = 8;
        window.adopt(&other, Tick::ZERO);
        assert_eq!(loaded(&window, 5), Verdict::Unknown, "{number}");
    }
}

/// Of more records than the ring holds, the oldest are out of mind although
/// they are younger than the hold-off.
#[test]
fn a_hold_off_longer_than_the_window_remembers_is_not_taken_for_known() {
    let mut window = window();
    let now = Tick::ZERO.after(SECOND * 10);
    window.note(&of_key(1, "c:1"), now);
    for number in 2..=RING_SIZE as u64 {
        window.note(&of_key(number, "c:9"), now);
    }
    let here = RING_SIZE as u64;
    let kept = window
        .number_before(here, SECOND, now)
        .is_some_and(|as_of| loaded(&window, as_of) == Verdict::Current);
    assert!(!kept, "c:1 was forgotten right now");
}

/// Whoever is under way needs them; nobody else asks for what a node alone has recorded.
#[test]
fn alone_a_record_stays_for_those_who_are_under_way_and_for_the_hold_off() {
    let alone = |remembered| {
        let mut window = Window::default();
        window.be_alone();
        window.remember(remembered);
        window.adopt(&snapshot(0), Tick::ZERO);
        window
    };
    let later = |seconds: u32| Tick::ZERO.after(SECOND * seconds);

    let mut window = alone(Duration::ZERO);
    window.note(&of_key(1, "c:9"), later(1));
    assert_eq!(window.records.len(), 0, "nobody needs it");
    window.pin(1);
    window.note(&of_key(2, "c:1"), later(2));
    window.note(&of_key(3, "c:9"), later(200));
    assert_eq!(window.records.len(), 2);
    assert_eq!(loaded(&window, 1), Verdict::Old);
    window.unpin(1);
    window.trim(later(200));
    assert_eq!(window.records.len(), 0);
    assert_eq!(loaded(&window, 1), Verdict::Unknown);
    assert_eq!(loaded(&window, 3), Verdict::Current);

    let mut window = alone(SECOND * 2);
    window.note(&of_key(1, "c:1"), later(10));
    window.trim(later(11));
    assert_eq!(window.number_before(1, SECOND * 2, later(11)), Some(0));
    assert_eq!(loaded(&window, 0), Verdict::Old);
    window.trim(later(12));
    assert_eq!(window.records.len(), 0);
    assert_eq!(window.number_before(1, SECOND * 2, later(12)), Some(1));
}

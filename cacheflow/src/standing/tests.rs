//! Where a node stands, and when its gate is open.

use super::*;
use crate::clock::Clock;

#[test]
fn the_gate_is_open_for_max_staleness_after_the_question_not_the_answer() {
    let clock = Clock::manual();
    let standing = Standing::unheard(Duration::from_secs(2), clock.clone());
    assert!(!standing.is_open(clock.now()));
    let asked = clock.now();
    clock.advance(Duration::from_secs(1));
    standing.prove(asked);
    assert!(standing.is_open(clock.now()));
    clock.advance(Duration::from_secs(1));
    assert!(!standing.is_open(clock.now()));
}

#[test]
fn an_older_proof_does_not_shorten_the_gate() {
    let clock = Clock::manual();
    let standing = Standing::unheard(Duration::from_secs(2), clock.clone());
    let older = clock.now();
    clock.advance(Duration::from_secs(1));
    standing.prove(clock.now());
    standing.prove(older);
    clock.advance(Duration::from_millis(1999));
    assert!(standing.is_open(clock.now()));
}

#[test]
fn an_ended_gate_stays_closed() {
    let standing = Standing::alone(Clock::manual());
    standing.end();
    standing.prove(Tick::ZERO.after(Duration::from_secs(9)));
    assert!(!standing.is_open(Tick::ZERO.after(Duration::from_secs(9))));
}

#[test]
fn a_gate_that_closes_is_counted_once_however_it_closes() {
    let clock = Clock::manual();
    let standing = Standing::unheard(Duration::from_secs(2), clock.clone());
    let minute = Duration::from_secs(60);
    standing.disprove();
    assert_eq!(standing.gate_closures(), 0, "it was never open");
    standing.prove(clock.now());
    standing.prove(clock.now());
    assert_eq!(standing.gate_closures(), 0);
    clock.advance(minute);
    assert_eq!(standing.gate_closures(), 1, "its time is over");
    standing.prove(clock.now());
    assert_eq!(standing.gate_closures(), 1, "and was opened again");
    standing.disprove();
    standing.disprove();
    assert_eq!(standing.gate_closures(), 2, "by force");
    standing.prove(clock.now());
    clock.advance(minute);
    standing.disprove();
    assert_eq!(standing.gate_closures(), 3, "it was closed already");
}

#[test]
fn who_joins_knows_where_the_node_stands_whatever_has_moved_it() {
    let standing = Standing::unheard(Duration::from_secs(2), Clock::manual());
    let at = |number| Position {
        incarnation: 7,
        number,
    };
    let stands_at = |number: Option<u64>, local| {
        let joined = standing.joining();
        assert_eq!((joined.number, joined.local), (number, local));
        assert_eq!(standing.here(), number);
        assert_eq!(standing.position(), number.map(at));
    };
    stands_at(None, 0);
    standing.adopt(&Snapshot {
        position: at(3),
        lineage: Vec::new(),
        open: Vec::new(),
    });
    stands_at(Some(3), 0);
    standing.stand_at(at(4));
    stands_at(Some(4), 0);
    standing.note_local(&Forgotten::default());
    stands_at(Some(4), 0);
    standing.count_local();
    stands_at(Some(4), 1);
    standing.forget_position();
    stands_at(None, 1);
}

#[test]
fn alone_the_gate_is_always_open() {
    let centuries = Duration::from_secs(1 << 33);
    assert!(Standing::alone(Clock::manual()).is_open(Tick::ZERO.after(centuries)));
}

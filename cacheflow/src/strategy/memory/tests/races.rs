//! What comes between two steps of a node, and who must not be joined.

use super::*;

fn snapshot(incarnation: u64, number: u64) -> Snapshot {
    Snapshot {
        position: Position {
            incarnation,
            number,
        },
        lineage: Vec::new(),
        open: Vec::new(),
    }
}

/// Memory was dropped and the node does not stand anew yet: the load has seen the
/// new epoch, and not what the node will hear.
#[test]
fn a_load_that_begins_between_the_drop_and_the_new_place_is_not_kept() {
    for heard_before in [false, true] {
        let (local, _) = local(heard_before, false);
        local.forget_all();
        let one = address(1);
        let ticket = local.read_ticket(&one.key);
        local.standing.adopt(&snapshot(2, 0));
        assert!(!local.keep(&one, &ticket, entry(&ticket, 1)));
        let ticket = local.read_ticket(&one.key);
        assert!(local.keep(&one, &ticket, entry(&ticket, 1)));
    }
}

/// What it brings need not be a value that could be judged: that there is none, or
/// an error, is as old as the flight.
#[test]
fn nobody_joins_a_flight_from_before_its_key_was_forgotten_in_any_way() {
    let one = address(1);
    let pattern = Forgotten {
        patterns: vec![crate::key::Pattern::new("test:1").unwrap()],
        ..Forgotten::default()
    };
    for forgotten in [
        Forgotten::keys([full(1)]),
        pattern,
        Forgotten::cache(CacheName::new("test").unwrap()),
        Forgotten::everything(),
    ] {
        let (local, _) = local(true, false);
        let old = lead(&local, &one.key);
        apply(&local, 1, forgotten);
        let new = lead(&local, &one.key);
        assert!(old.ticket.is_cancelled() && !new.ticket.is_cancelled());
    }
    let (local, _) = local(true, false);
    for put in [Target::OwnPut(&one.full), Target::Putting(&one.full)] {
        let old = lead(&local, &one.key);
        local.forget(put, 1, true);
        assert!(old.ticket.is_cancelled());
        local.leave(&one.key, &lead(&local, &one.key).ticket);
    }
}

/// Memory frees what it held by and by.
#[test]
fn what_memory_still_holds_of_an_older_epoch_is_no_hit() {
    let (local, _) = local(true, false);
    let one = address(1);
    let ticket = local.read_ticket(&one.key);
    let old = Arc::new(entry(&ticket, 1));
    local.forget_all();
    let memory = local.memory().unwrap();
    memory.insert(one.key.clone(), old);
    assert!(!is_there(&local, 1));
}

/// What was kept before is left in place until the put has ended: then it goes, even
/// if nothing takes its place.
#[test]
fn a_put_that_is_not_kept_leaves_nothing_older_behind() {
    let (local, _) = local(true, false);
    let one = address(1);
    assert!(kept(&local, 1, &Arc::default()));
    let put = local.put_ticket(&one.key);
    local.forget(Target::Putting(&one.full), 1, true);
    assert!(is_there(&local, 1));
    local.end_put(&one, &put, Some(at(1)), None);
    assert!(!is_there(&local, 1));
}

/// Behind the gate it could not be served, and what is kept is older still.
#[test]
fn what_cannot_be_served_takes_the_older_value_along() {
    let (local, clock) = local(false, false);
    local.standing.prove(clock.now());
    assert!(kept(&local, 1, &Arc::default()));
    clock.advance(Duration::from_secs(2));
    assert!(kept(&local, 1, &Arc::default()));
    local.standing.prove(clock.now());
    assert!(!is_there(&local, 1));
}

/// The answer came over a gap: the put's own record comes once more in its turn.
#[test]
fn a_put_takes_its_own_record_into_account() {
    let (local, _) = local(true, false);
    let one = address(1);
    let put = local.put_ticket(&one.key);
    local.end_put(&one, &put, Some(at(3)), Some(entry(&put, 2)));
    local.forget(Target::OwnPut(&one.full), 3, true);
    assert!(is_there(&local, 1));
    local.forget(Target::Key(&one.full), 4, true);
    assert!(!is_there(&local, 1));
}

/// 3 was made of 2, which was made of 1; of 2 nothing is left but what the index
/// knows of it.
#[test]
fn the_index_keeps_what_stands_between_others_although_it_is_gone() {
    let (local, _) = local(true, false);
    assert!(kept(&local, 2, &made_of([1])));
    assert!(kept(&local, 3, &made_of([2])));
    let memory = local.memory().unwrap();
    memory.forget(b"2");
    let is_dead = || local.inside().values.dependents(&full(1)).next().is_none();
    let keep_another = || {
        assert!(kept(&local, 4, &tags(["a"])));
        memory.tidy();
    };
    // Memory lets go of it by and by; then the index is swept.
    for _ in 0..100_000 {
        if is_dead() {
            break;
        }
        keep_another();
    }
    assert!(is_dead());
    (0..5_000).for_each(|_| keep_another());
    let gone = apply(&local, 1, Forgotten::keys([full(1)]));
    assert_eq!(gone, [full(2)], "so that what was made of it goes as well");
}

/// Whoever forgets looks for it in front as well: what came there behind its back would
/// stay, and be served.
#[test]
fn nothing_is_brought_to_the_front_while_somebody_changes_memory() {
    let (local, _) = local(true, false);
    let one = address(1);
    assert!(kept(&local, 1, &Arc::default()));
    let key = one.key.as_bytes();
    let read = || {
        for _ in 0..1_000 {
            assert!(local.hit_as(key, |_, _| ()).is_some());
        }
        local.memory().unwrap().is_in_front(key)
    };
    let changing = local.inside();
    assert!(!read());
    drop(changing);
    assert!(read());
}

/// Near its end the time from above says that it may have expired; the exact time decides.
#[test]
fn an_entry_is_served_to_its_very_end() {
    let clock = Clock::system();
    let (local, _) = with_hold_off(
        Standing::alone(clock.clone()),
        clock.clone(),
        false,
        Duration::ZERO,
    );
    let one = address(1);
    let is_served = (0..1_000).any(|_| {
        let ticket = local.read_ticket(&one.key);
        let expires = ticket.begun.after(Duration::from_millis(30));
        let life = Life::plain(ticket.begun, expires);
        let entry = Entry::new(1, ticket.begun, life, ticket.epoch, 1);
        assert!(local.keep(&one, &ticket, entry));
        // One of them may have found the exact time by chance.
        (0..3).all(|_| local.hit_as(one.key.as_bytes(), |_, _| ()).is_some())
    });
    assert!(is_served, "never, however soon after it was put");
}

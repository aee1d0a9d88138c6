use std::time::Duration;

use super::*;
use crate::clock::Clock;
use crate::entry::Level;
use crate::standing::Standing;

fn start() -> Start {
    let standing = Arc::new(Standing::alone(Clock::manual()));
    Start {
        now: Tick::ZERO,
        as_of: standing.begin(Duration::ZERO),
        epoch: Epoch(0),
    }
}

fn made(value: u8) -> Made<u8> {
    Made {
        value,
        marks: None,
        expires: None,
        begun: Tick::ZERO,
        seen: Tick::ZERO,
        age: Duration::ZERO,
        served_until: Tick::NEVER,
        level: Level::Source,
        is_stale: false,
        version: None,
        header: None,
    }
}

fn lead(flights: &mut Flights<u8>, key: &EntryKey) -> Arc<Flight<u8>> {
    match flights.board(key, false, start) {
        Boarding::Lead(flight) => flight,
        Boarding::Follow(_) => panic!("followed"),
    }
}

fn follow(flights: &mut Flights<u8>, key: &EntryKey) -> Arc<Flight<u8>> {
    match flights.board(key, false, start) {
        Boarding::Follow(flight) => flight,
        Boarding::Lead(_) => panic!("led"),
    }
}

#[test]
fn the_first_leads_and_the_others_follow_until_it_leaves() {
    let (mut flights, key) = (Flights::default(), EntryKey::new(b"1"));
    let flight = lead(&mut flights, &key);
    assert!(Arc::ptr_eq(&flight, &follow(&mut flights, &key)));
    flights.leave(&key, &flight.ticket);
    assert_eq!(flights.len(), 0);
    lead(&mut flights, &key);
}

#[test]
fn who_reloads_joins_only_those_who_do() {
    let (mut flights, key) = (Flights::<u8>::default(), EntryKey::new(b"1"));
    let plain = lead(&mut flights, &key);
    let Boarding::Lead(reload) = flights.board(&key, true, start) else {
        panic!("followed")
    };
    assert!(plain.ticket.is_cancelled() && !reload.ticket.is_cancelled());
    let Boarding::Follow(joined) = flights.board(&key, true, start) else {
        panic!("led")
    };
    assert!(Arc::ptr_eq(&joined, &reload));
    assert!(Arc::ptr_eq(&follow(&mut flights, &key), &reload));
    // The old leader takes nothing away from the new one.
    flights.leave(&key, &plain.ticket);
    assert!(Arc::ptr_eq(&follow(&mut flights, &key), &reload));
}

#[test]
fn who_leads_knows_whether_somebody_follows() {
    let (mut flights, key) = (Flights::default(), EntryKey::new(b"1"));
    let flight = lead(&mut flights, &key);
    assert!(!flight.is_followed());
    follow(&mut flights, &key);
    assert!(flight.is_followed());
}

/// Whoever is told so without the lock gives nothing back.
#[test]
fn a_ticket_is_off_when_its_key_is_free_and_not_before() {
    let key = EntryKey::new(b"1");
    type Way = fn(&mut Flights<u8>, &EntryKey, &Arc<Ticket>);
    let ways: [Way; 6] = [
        |flights, key, ticket| flights.leave(key, ticket),
        |flights, key, ticket| flights.give_up(key, ticket),
        |flights, key, _| flights.cancel(key.as_bytes()),
        |flights, key, _| flights.cancel_reads(key.as_bytes()),
        |flights, _, _| flights.cancel_matching(|_| true),
        |flights, _, _| flights.cancel_all(),
    ];
    for end in ways {
        let mut flights = Flights::default();
        let flight = lead(&mut flights, &key);
        let reader = flights.read(&key, start());
        let tickets = [&flight.ticket, &reader];
        assert!(!tickets.iter().any(|ticket| ticket.is_off()));
        tickets
            .iter()
            .for_each(|ticket| end(&mut flights, &key, ticket));
        assert!(tickets.iter().all(|ticket| ticket.is_off()));
        assert!(!flights.has(&key));
    }
}

#[test]
fn nobody_joins_a_cancelled_flight() {
    let (mut flights, key) = (Flights::default(), EntryKey::new(b"1"));
    let old = lead(&mut flights, &key);
    flights.cancel(b"1");
    assert!(old.ticket.is_cancelled());
    let new = lead(&mut flights, &key);
    assert!(!new.ticket.is_cancelled());
    // The old leader takes nothing away from the new one.
    flights.leave(&key, &old.ticket);
    assert!(Arc::ptr_eq(&new, &follow(&mut flights, &key)));
}

#[test]
fn a_put_of_this_node_cancels_readers_but_not_itself() {
    let (mut flights, key) = (Flights::default(), EntryKey::new(b"1"));
    let load = lead(&mut flights, &key);
    let reader = flights.read(&key, start());
    let put = flights.put(&key, start());
    flights.cancel_reads(b"1");
    assert!(load.ticket.is_cancelled() && reader.is_cancelled());
    assert!(!put.is_cancelled());
    flights.leave(&key, &put);
    assert_eq!(flights.len(), 0);
}

#[test]
fn cancelling_all_leaves_no_key_behind() {
    let mut flights = Flights::<u8>::default();
    let one = lead(&mut flights, &EntryKey::new(b"1"));
    let two = flights.put(&EntryKey::new(b"2"), start());
    flights.cancel_all();
    assert!(one.ticket.is_cancelled() && two.is_cancelled());
    assert_eq!(flights.len(), 0);
}

#[tokio::test]
async fn the_first_outcome_counts() {
    let mut flights = Flights::default();
    let flight = lead(&mut flights, &EntryKey::new(b"1"));
    flight.land(Outcome::Absent(None));
    flight.land(Outcome::Abandoned);
    let landed = flight.landed(|| Tick::ZERO).await;
    assert!(matches!(landed, Landed::Outcome(Outcome::Absent(None))));
}

/// Between its look and its wait nothing is missed.
#[tokio::test]
async fn all_who_wait_are_told_of_what_comes_meanwhile_and_of_the_end() {
    let (mut flights, key) = (Flights::default(), EntryKey::new(b"1"));
    let flight = lead(&mut flights, &key);
    let wait = || {
        let flight = Arc::clone(&flight);
        tokio::spawn(async move { flight.landed(|| Tick::ZERO).await })
    };
    let waiting = [wait(), wait()];
    tokio::task::yield_now().await;
    // An old value is for those who ask for it.
    flight.give_meanwhile(Meanwhile::Stale(made(1)));
    tokio::task::yield_now().await;
    assert!(waiting.iter().all(|waiting| !waiting.is_finished()));
    flight.land(Outcome::Value(made(2)));
    for waiting in waiting {
        let Landed::Outcome(Outcome::Value(told)) = waiting.await.unwrap() else {
            panic!("abandoned")
        };
        assert_eq!(told.value, 2);
    }
}

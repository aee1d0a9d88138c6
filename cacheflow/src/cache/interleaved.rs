//! The flight table and the gate, with the steps of all threads in orders that
//! shuttle chooses: run with `--cfg cacheflow_shuttle`.

use std::sync::{Arc, Weak};
use std::time::Duration;

use shuttle::thread;

use crate::bus::Listener;
use crate::clock::Clock;
use crate::entry::{Entry, Life};
use crate::event::{Change, EventSink, Forgotten, Gone, Position, Record, Snapshot, Target};
use crate::invalidation::{NearCache, Node, Parts};
use crate::key::{Address, CacheKey, CacheName, FullKey, KeyBuf, Marks, Tag};
use crate::source::{Boarding, Ticket};
use crate::standing::Standing;
use crate::store::{Bound, Eviction, Memory, Recorded};
use crate::strategy::{Local, LocalOptions};
use crate::sync::atomic::{AtomicU64, Ordering};

const ORDERS: usize = 3_000;

struct Near(Arc<Local<u64>>);

impl NearCache for Near {
    fn forget(&self, target: Target<'_>, before: u64, wanted: bool) -> Gone {
        self.0.forget(target, before, wanted)
    }

    fn has_dependents(&self) -> bool {
        self.0.has_dependents()
    }

    fn forget_all(&self) {
        self.0.forget_all();
    }

    fn dependents(&self, key: &FullKey) -> Vec<FullKey> {
        self.0.dependents(key)
    }

    fn dependencies(&self, _: &FullKey) -> Option<Vec<FullKey>> {
        None
    }

    fn graph(&self) -> Vec<(FullKey, Arc<Marks>)> {
        self.0.graph()
    }
}

/// A node with one cache, and the source of its one key.
struct World {
    node: Node,
    standing: Arc<Standing>,
    local: Arc<Local<u64>>,
    near: Arc<Near>,
    source: AtomicU64,
    marks: Arc<Marks>,
}

impl World {
    fn new(tag: Option<&str>) -> Arc<Self> {
        let clock = Clock::manual();
        let standing = Standing::unheard(Duration::from_secs(2), clock.clone());
        let standing = Arc::new(standing);
        let events = EventSink::new();
        let cache = CacheName::new("c").unwrap();
        let memory = Memory::new(
            cache.clone(),
            (Bound::Entries(9), Eviction::default()),
            clock.clone(),
            events.clone(),
            None,
        );
        let local = Arc::new(Local::new(LocalOptions {
            cache: cache.clone(),
            memory: Some(memory),
            nothings: None,
            standing: Arc::clone(&standing),
            counters: Arc::default(),
            clock: clock.clone(),
            events: events.clone(),
            serve_young: false,
            hold_off: Duration::ZERO,
        }));
        let node = Node::new(Parts {
            origin: "me".to_owned(),
            standing: Arc::clone(&standing),
            shared: None,
            waiting: Arc::default(),
            clock: clock.clone(),
            events,
        });
        let near = Arc::new(Near(Arc::clone(&local)));
        let weak: Weak<Near> = Arc::downgrade(&near);
        node.attach(cache, weak);
        let position = at(0);
        let snapshot = Snapshot {
            position,
            lineage: Vec::new(),
            open: Vec::new(),
        };
        node.subscribed(snapshot, clock.now());
        let tags = tag.map(|tag| Tag::new(tag).unwrap());
        Arc::new(Self {
            node,
            standing,
            local,
            near,
            source: AtomicU64::new(0),
            marks: Arc::new(Marks::new(tags.into_iter().collect(), Vec::new())),
        })
    }

    /// The source changes, and then the record is heard.
    fn change(&self, value: u64, number: u64) {
        self.source.store(value, Ordering::SeqCst);
        let forgotten = match self.marks.tags() {
            [] => Forgotten::keys([address().full]),
            tags => Forgotten::tags(tags),
        };
        let record = Record {
            position: at(number),
            change: Change::Forgotten(forgotten),
            open: false,
        };
        self.node.heard(record, "other");
    }

    /// What a caller does whose key is not in memory.
    fn load(&self) -> Option<u64> {
        let address = address();
        let joined = self.local.joining();
        match self.local.board(&address.key, false) {
            Boarding::Lead(flight) => {
                let value = self.source.load(Ordering::SeqCst);
                let entry = self.entry(&flight.ticket, value);
                self.local.keep(&address, &flight.ticket, entry);
                Some(value)
            }
            Boarding::Follow(flight) => {
                let value = self.source.load(Ordering::SeqCst);
                let marks = &self.marks;
                let good = self.local.is_good_for(joined, &address, &flight, marks);
                good.then_some(value)
            }
        }
    }

    fn entry(&self, ticket: &Ticket, value: u64) -> Entry<u64> {
        let expires = ticket.begun.after(Duration::from_secs(60));
        let life = Life::plain(ticket.begun, expires);
        Entry::new(value, ticket.begun, life, ticket.epoch, 1).marked(&self.marks)
    }

    fn here(&self) -> u64 {
        self.standing.position().unwrap().number
    }

    fn hit(&self) -> Option<u64> {
        let entry = self.local.hit(address().key.as_bytes())?;
        Some(entry.value)
    }
}

fn at(number: u64) -> Position {
    Position {
        incarnation: 7,
        number,
    }
}

fn address() -> Address {
    let mut key = KeyBuf::new();
    1.write_key(&mut key);
    Address::new(&CacheName::new("c").unwrap(), &key)
}

/// Loads, readers and two changes: whatever the order, who reads after a change
/// was applied reads nothing older, and nothing older is left.
fn nothing_old_is_served(tag: Option<&'static str>) {
    shuttle::check_random(
        move || {
            let world = World::new(tag);
            let spawn = |work: fn(&World)| {
                let world = Arc::clone(&world);
                thread::spawn(move || work(&world))
            };
            let threads = [
                spawn(|world| {
                    for change in 1..=2 {
                        world.change(change, change);
                        let read = world.hit();
                        assert!(
                            read.is_none_or(|read| read >= change),
                            "{read:?} < {change}"
                        );
                    }
                }),
                spawn(|world| {
                    world.load();
                    let known = world.here();
                    let read = world.hit();
                    assert!(read.is_none_or(|read| read >= known), "{read:?} < {known}");
                }),
                spawn(|world| {
                    let known = world.here();
                    let read = world.load();
                    assert!(read.is_none_or(|read| read >= known), "{read:?} < {known}");
                }),
            ];
            for thread in threads {
                thread.join().unwrap();
            }
            assert!(world.hit().is_none_or(|left| left == 2));
            assert_eq!(world.standing.position(), Some(at(2)));
            drop(Arc::clone(&world.near));
        },
        ORDERS,
    );
}

#[test]
fn nothing_old_is_served_by_its_key() {
    nothing_old_is_served(None);
}

#[test]
fn nothing_old_is_served_by_a_tag_that_only_the_value_knows() {
    nothing_old_is_served(Some("t"));
}

/// Records that come twice, by the bus and by an answer, and out of turn.
#[test]
fn records_are_counted_once_and_in_order() {
    shuttle::check_random(
        || {
            let world = World::new(None);
            let threads: Vec<_> = [[1, 3], [2, 1], [3, 2]]
                .into_iter()
                .map(|numbers| {
                    let world = Arc::clone(&world);
                    thread::spawn(move || {
                        for number in numbers {
                            world.change(number, number);
                            world.load();
                        }
                    })
                })
                .collect();
            for thread in threads {
                thread.join().unwrap();
            }
            assert_eq!(world.standing.position(), Some(at(3)));
        },
        ORDERS,
    );
}

/// A put takes its place between others' changes: what is left is the newest, or
/// nothing.
#[test]
fn a_put_is_kept_only_if_nothing_came_after_it() {
    shuttle::check_random(
        || {
            let world = World::new(None);
            let address = address();
            let ticket = world.local.put_ticket(&address.key);
            let other = {
                let world = Arc::clone(&world);
                thread::spawn(move || world.change(2, 2))
            };
            let put = Record {
                position: at(1),
                change: Change::Put {
                    key: address.full.clone(),
                    dependents: Vec::new(),
                },
                open: false,
            };
            let recorded = Recorded {
                record: put,
                kept: true,
                removed: 0,
                missed: Some(Vec::new()),
            };
            world.node.recorded(recorded, || {
                let entry = world.entry(&ticket, 1);
                world
                    .local
                    .end_put(&address, &ticket, Some(at(1)), Some(entry));
            });
            other.join().unwrap();
            assert_eq!(world.hit(), None, "the record after it has forgotten it");
            assert_eq!(world.standing.position(), Some(at(2)));
        },
        ORDERS,
    );
}

#[test]
fn a_gate_that_was_closed_for_good_stays_closed() {
    shuttle::check_random(
        || {
            let clock = Clock::manual();
            let standing = Standing::unheard(Duration::from_secs(2), clock.clone());
            let standing = Arc::new(standing);
            let proving = {
                let (standing, now) = (Arc::clone(&standing), clock.now());
                thread::spawn(move || standing.prove(now))
            };
            standing.end();
            proving.join().unwrap();
            assert!(!standing.is_open(clock.now()));
        },
        ORDERS,
    );
}

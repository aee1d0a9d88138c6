//! Every order of puts, flights and their ends, against a plain list.

use proptest::prelude::*;

use super::*;

const CONFIG: WriteBehind = WriteBehind::new()
    .batch(2)
    .flush_every(Duration::from_millis(3));

type Key = u8;
const KEYS: Key = 8;

/// A value that is not written yet. Values are numbers that grow with each put, so
/// that they are generations as well.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Unwritten {
    place: u64,
    key: Key,
    value: u64,
    since: Tick,
}

#[derive(Clone, Copy, Debug)]
enum Step {
    Put(Key),
    Take(usize),
    /// Of the flight with this number, modulo those that there are.
    End(usize),
    Fail(usize),
    Wait,
}

/// The buffer, and the same as lists that are searched.
#[derive(Clone)]
struct Both {
    buffer: Buffer<Key, u64>,
    max_pending: usize,
    now: Tick,
    puts: u64,
    waiting: Vec<Unwritten>,
    flights: Vec<Vec<Unwritten>>,
    last_put: HashMap<Key, u64>,
    written: HashMap<Key, Vec<u64>>,
}

impl Both {
    fn new(max_pending: usize) -> Self {
        Self {
            buffer: Buffer::new(max_pending),
            max_pending,
            now: Tick::ZERO,
            puts: 0,
            waiting: Vec::new(),
            flights: Vec::new(),
            last_put: HashMap::new(),
            written: HashMap::new(),
        }
    }

    fn flies(&self, key: Key) -> bool {
        self.flights
            .iter()
            .flatten()
            .any(|flying| flying.key == key)
    }

    fn pending(&self, key: Key) -> Option<u64> {
        let waiting = self.waiting.iter();
        let all = waiting.chain(self.flights.iter().flatten());
        all.filter(|one| one.key == key).map(|one| one.value).max()
    }

    fn len(&self) -> usize {
        (0..KEYS).filter(|key| self.pending(*key).is_some()).count()
    }

    fn step(&mut self, step: Step) {
        match step {
            Step::Wait => self.now = self.now.after(Duration::from_millis(1)),
            Step::Put(key) => self.put(key),
            Step::Take(batch) => self.take(batch),
            Step::End(number) => self.end(number),
            Step::Fail(number) => self.fail(number),
        }
        self.check();
    }

    fn put(&mut self, key: Key) {
        let value = self.puts;
        let is_full = self.pending(key).is_none() && self.len() >= self.max_pending;
        let expected = match self.waiting.iter_mut().find(|one| one.key == key) {
            Some(older) => {
                older.value = value;
                Put::Replaced
            }
            None if is_full => Put::Full(key, value),
            None => {
                self.waiting.push(Unwritten {
                    place: value,
                    key,
                    value,
                    since: self.now,
                });
                Put::Buffered
            }
        };
        assert_eq!(self.buffer.put(key, value, self.now), expected);
        if !is_full {
            self.last_put.insert(key, value);
            self.puts += 1;
        }
    }

    fn ready(&self) -> Vec<Unwritten> {
        let waiting = self.waiting.iter().copied();
        waiting.filter(|one| !self.flies(one.key)).collect()
    }

    fn take(&mut self, batch: usize) {
        let flight: Vec<_> = self.ready().into_iter().take(batch).collect();
        self.waiting.retain(|one| !flight.contains(one));
        let expected: Vec<_> = flight.iter().map(|o| (o.key, o.value, o.value)).collect();
        assert_eq!(self.buffer.take(batch), expected);
        if !flight.is_empty() {
            self.flights.push(flight);
        }
    }

    fn landed(&mut self, number: usize) -> Vec<Unwritten> {
        if self.flights.is_empty() {
            return Vec::new();
        }
        self.flights.remove(number % self.flights.len())
    }

    fn end(&mut self, number: usize) {
        let landed = self.landed(number);
        self.buffer.ended(landed.iter().map(|one| &one.key));
        for one in landed {
            let written = self.written.entry(one.key).or_default();
            assert!(
                written.last().is_none_or(|last| *last < one.value),
                "not in order"
            );
            written.push(one.value);
        }
    }

    fn fail(&mut self, number: usize) {
        let landed = self.landed(number);
        self.buffer.failed(landed.iter().map(|one| &one.key));
        for one in landed {
            match self.waiting.iter_mut().find(|newer| newer.key == one.key) {
                Some(newer) => (newer.place, newer.since) = (one.place, one.since),
                None => self.waiting.push(one),
            }
        }
        self.waiting.sort_by_key(|one| one.place);
    }

    fn check(&self) {
        assert!(self.buffer.len() <= self.max_pending);
        assert_eq!(self.buffer.len(), self.len());
        assert_eq!(self.buffer.is_empty(), self.len() == 0);
        for (key, last) in &self.last_put {
            let pending = self.pending(*key);
            assert_eq!(self.buffer.pending(key).copied(), pending);
            // Nothing is lost: the last put waits, flies or is written.
            let written = self.written.get(key).and_then(|written| written.last());
            assert_eq!(pending.as_ref().or(written), Some(last));
            let in_flight = self.flights.iter().flatten().filter(|one| one.key == *key);
            assert!(in_flight.count() <= 1, "in two flights at once");
        }
        let ready = self.ready();
        let oldest = ready.iter().map(|one| self.now.since(one.since)).max();
        let next = oldest.map(|oldest| {
            let wait = CONFIG.flush_every.saturating_sub(oldest);
            if ready.len() >= CONFIG.batch {
                Duration::ZERO
            } else {
                wait
            }
        });
        assert_eq!(self.buffer.next_flush(&CONFIG, self.now), next);
        assert_eq!(
            self.buffer.ready(&CONFIG, self.now),
            next == Some(Duration::ZERO)
        );
    }

    /// Writes what is left: then the last put of each key is what the source has.
    fn drain(mut self) {
        while !self.flights.is_empty() {
            self.step(Step::Fail(0));
        }
        while !self.buffer.is_empty() {
            self.step(Step::Take(3));
            self.step(Step::End(0));
        }
        for (key, last) in &self.last_put {
            assert_eq!(self.written[key].last(), Some(last));
        }
    }
}

fn explore(both: &Both, depth: usize) -> usize {
    if depth == 0 {
        both.clone().drain();
        return 1;
    }
    let mut steps = vec![
        Step::Put(0),
        Step::Put(1),
        Step::Put(2),
        Step::Take(1),
        Step::Take(2),
    ];
    for number in 0..both.flights.len() {
        steps.extend([Step::End(number), Step::Fail(number)]);
    }
    let explored = steps.into_iter().map(|step| {
        let mut next = both.clone();
        next.step(Step::Wait);
        next.step(step);
        explore(&next, depth - 1)
    });
    explored.sum()
}

#[test]
fn in_every_order_each_key_is_written_in_order_and_nothing_is_lost() {
    assert!(explore(&Both::new(2), 6) > 10_000);
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (0..KEYS).prop_map(Step::Put),
        2 => (0..5_usize).prop_map(Step::Take),
        1 => (0..4_usize).prop_map(Step::End),
        1 => (0..4_usize).prop_map(Step::Fail),
        1 => Just(Step::Wait),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(300) })]

    #[test]
    fn in_long_orders_too(max_pending in 1..8_usize, steps in prop::collection::vec(step(), 0..200)) {
        let mut both = Both::new(max_pending);
        for step in steps {
            both.step(step);
        }
        both.drain();
    }
}

#[test]
fn keys_that_are_in_no_flight_are_left_alone() {
    let mut buffer = Buffer::new(2);
    assert_eq!(buffer.put("a", 1, Tick::ZERO), Put::Buffered);
    buffer.ended(&["a", "b"]);
    buffer.failed(&["a", "b"]);
    assert_eq!(buffer.take(9), [("a", 1, 0)]);
    buffer.ended(&["a"]);
    buffer.failed(&["a"]);
    assert!(buffer.is_empty());
}

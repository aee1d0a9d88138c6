//! Fillers and writers at once, some of whom die between two steps: when all is
//! over, no value lies there that a record has made old.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use cacheflow::event::{Change, Record};
use cacheflow::store::{Fill, Put};

use crate::world::{World, envelope, key, keys, marks, read, tags};

const ROUNDS: u64 = 40;
const ROUND: Duration = Duration::from_millis(120);

/// What the values are made from: each is as new as the newest of these.
struct Source {
    /// Of two keys.
    rows: [AtomicU64; 2],
    /// Of what carries the tag.
    tagged: AtomicU64,
    /// Of what was made of the source key.
    child: AtomicU64,
}

impl Source {
    fn versions(&self, row: usize) -> [u8; 24] {
        let mut bytes = [0; 24];
        let parts = [&self.rows[row], &self.tagged, &self.child];
        for (place, part) in bytes.chunks_exact_mut(8).zip(parts) {
            place.copy_from_slice(&part.load(Ordering::SeqCst).to_le_bytes());
        }
        bytes
    }
}

/// Numbers that look random, the same in every run.
struct Dice(u64);

impl Dice {
    fn throw(&mut self, sides: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        (self.0 >> 33) % sides
    }
}

const ROWS: [&str; 2] = ["row:0", "row:1"];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_old_is_left_when_all_is_over() {
    let world = Arc::new(World::start().await);
    let source = Arc::new(Source {
        rows: Default::default(),
        tagged: AtomicU64::new(0),
        child: AtomicU64::new(0),
    });
    let (mut acts, mut left) = (0, 0);
    for round in 0..ROUNDS {
        acts += a_round(&world, &source, round).await;
        // What the dead have left is finished by anybody.
        for record in world.snapshot().await.open {
            finish(&world, &record).await;
        }
        for (row, text) in ROWS.into_iter().enumerate() {
            let Some(stored) = world.get(text).await else {
                continue;
            };
            if let Ok(envelope) = read(text, &stored.bytes) {
                assert_eq!(envelope.payload.unwrap(), source.versions(row), "{text}");
                left += 1;
            }
        }
    }
    println!("{acts} acts, {left} values left");
    assert!(acts > 500 && left > 5, "{acts} acts, {left} values left");
}

async fn a_round(world: &Arc<World>, source: &Arc<Source>, round: u64) -> u64 {
    let end = Instant::now() + ROUND;
    let mut tasks = tokio::task::JoinSet::new();
    for number in 0..6 {
        let (world, source) = (Arc::clone(world), Arc::clone(source));
        tasks.spawn(async move {
            let mut dice = Dice(round * 6 + number);
            let mut acts = 0;
            while Instant::now() < end {
                // Some lose patience, between any two steps.
                let patience = match dice.throw(3) {
                    0 => Duration::from_micros(200 + dice.throw(4_000)),
                    _ => Duration::from_secs(10),
                };
                let record = match (number, dice.throw(4)) {
                    (0..3, _) => {
                        let filling = fill(&world, &source, &mut dice);
                        let _ = tokio::time::timeout(patience, filling).await;
                        None
                    }
                    (3, 0) => Some(put(&world, &source, &mut dice).await),
                    _ => Some(write(&world, &source, &mut dice).await),
                };
                if let Some(record) = record {
                    let _ = tokio::time::timeout(patience, finish(&world, &record)).await;
                    tokio::time::sleep(Duration::from_millis(dice.throw(25))).await;
                }
                acts += 1;
            }
            acts
        });
    }
    let mut acts = 0;
    while let Some(task) = tasks.join_next().await {
        acts += task.unwrap();
    }
    acts
}

async fn fill(world: &World, source: &Source, dice: &mut Dice) {
    let row = dice.throw(2) as usize;
    let checked = world.position().await;
    let marks = marks(&["t"], &["child:1"]);
    let bytes = envelope(ROWS[row], &marks, checked, &source.versions(row));
    let fill = Fill {
        key: &key(ROWS[row]),
        bytes: &bytes,
        marks: &marks,
        ttl: Duration::from_secs(3_600),
        longest: Duration::from_secs(3_600),
        checked,
    };
    world.store.fill(fill).await.unwrap();
}

/// The only one who puts; forgetting a row meanwhile is a conflict.
async fn put(world: &World, source: &Source, dice: &mut Dice) -> Record {
    let row = dice.throw(2) as usize;
    let checked = world.position().await;
    source.rows[row].fetch_add(1, Ordering::SeqCst);
    let marks = marks(&["t"], &["child:1"]);
    let bytes = envelope(ROWS[row], &marks, checked, &source.versions(row));
    let put = Put {
        key: &key(ROWS[row]),
        bytes: &bytes,
        marks: &marks,
        ttl: Duration::from_secs(3_600),
        longest: Duration::from_secs(3_600),
        checked,
    };
    world.store.put(put).await.unwrap().record
}

/// Changes the source, then forgets. Nobody dies in between: what was never
/// recorded nobody can know.
async fn write(world: &World, source: &Source, dice: &mut Dice) -> Record {
    let row = dice.throw(2) as usize;
    let (part, forgotten) = match dice.throw(3) {
        0 => (&source.rows[row], keys([ROWS[row]])),
        1 => (&source.tagged, tags(["t"])),
        _ => (&source.child, keys(["child:1"])),
    };
    part.fetch_add(1, Ordering::SeqCst);
    world.record(Change::Forgotten(forgotten)).await
}

async fn finish(world: &World, record: &Record) {
    world.reclaim(record).await;
    world.record(Change::Done(record.position.number)).await;
}

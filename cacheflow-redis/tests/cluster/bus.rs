//! The bus: records arrive, wherever the journal's slot is.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use cacheflow::Backend;
use cacheflow::Namespace;
use cacheflow::bus::{Bus, Listener};
use cacheflow::clock::{Clock, Tick};
use cacheflow::event::{Change, Forgotten, Position, Record, Snapshot};
use cacheflow_testkit::eventually;

use crate::world::{PREFIX, World, journal, keys};

/// What a node was told.
pub(crate) struct Ear {
    clock: Clock,
    told: Mutex<Told>,
}

#[derive(Default)]
pub(crate) struct Told {
    position: Option<Position>,
    records: Vec<Record>,
    pub(crate) subscribed: u32,
    alive: u32,
    pub(crate) released: Vec<String>,
}

impl Ear {
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Self {
            clock: Clock::system(),
            told: Mutex::default(),
        })
    }

    pub(crate) fn look<T>(&self, look: impl FnOnce(&Told) -> T) -> T {
        look(&self.told.lock().unwrap())
    }
}

impl Listener for Ear {
    fn now(&self) -> Tick {
        self.clock.now()
    }

    fn origin(&self) -> &str {
        "ear"
    }

    fn position(&self) -> Option<Position> {
        self.look(|told| told.position)
    }

    fn subscribed(&self, snapshot: Snapshot, _: Tick) {
        let mut told = self.told.lock().unwrap();
        told.position = Some(snapshot.position);
        told.subscribed += 1;
    }

    fn heard(&self, record: Record, _: &str) {
        let mut told = self.told.lock().unwrap();
        told.position = Some(record.position);
        told.records.push(record);
    }

    fn heard_foreign(&self, _: &Forgotten, _: &str) {}

    fn released(&self, name: &str) {
        self.told.lock().unwrap().released.push(name.to_owned());
    }

    fn garbled(&self) {
        panic!("a message that could not be understood")
    }

    fn alive(&self, _: Position, _: Tick) {
        self.told.lock().unwrap().alive += 1;
    }
}

/// Listens again and again, as the framework does.
pub(crate) fn listen(bus: Arc<dyn Bus>, ear: Arc<Ear>) -> tokio::task::JoinHandle<()> {
    tokio::spawn(async move {
        loop {
            let _ = bus.listen(&*ear).await;
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    })
}

pub(crate) const SOON: Duration = Duration::from_secs(15);

#[tokio::test]
async fn records_are_heard_and_the_bus_follows_the_journals_slot() {
    let world = World::start().await;
    let namespace = Namespace::new(PREFIX, "ear");
    for backend in [world.backend(), world.backend().stream_only()] {
        let ear = Ear::new();
        let listening = listen(backend.bus(&namespace), Arc::clone(&ear));
        eventually("it is subscribed", SOON, async || {
            ear.look(|told| told.subscribed > 0)
        })
        .await;
        let record = world.record(Change::Forgotten(keys(["a:1"]))).await;
        eventually("it is heard", SOON, async || {
            ear.look(|told| told.records == [record.clone()])
        })
        .await;
        eventually("it is alive", SOON, async || {
            ear.look(|told| told.alive > 1)
        })
        .await;
        let nodes = world.store.nodes().await.unwrap();
        let node = nodes.iter().find(|node| node.origin == "ear").unwrap();
        assert_eq!(node.position.incarnation, record.position.incarnation);

        let slot = world.cluster.slot_of(journal()).await;
        let owner = world.cluster.owner_of_slot(slot).await;
        world.cluster.move_slot(slot, (owner + 1) % 3).await;
        eventually("it is subscribed anew", SOON, async || {
            ear.look(|told| told.subscribed > 1)
        })
        .await;
        eventually("the journal is found", SOON, async || {
            world.store.since(None).await.is_ok()
        })
        .await;
        let record = world.record(Change::Forgotten(keys(["a:1"]))).await;
        eventually("it is heard", SOON, async || {
            ear.look(|told| told.records.last() == Some(&record))
        })
        .await;
        listening.abort();
    }
}

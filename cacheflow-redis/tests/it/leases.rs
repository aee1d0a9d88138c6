//! Leases between nodes: whoever listens is told of a return.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use cacheflow::bus::{Bus, Listener};
use cacheflow::clock::{Clock, Tick};
use cacheflow::event::{Forgotten, Position, Record, Snapshot};
use cacheflow::lock::{Acquired, Leases};
use cacheflow::{Backend, Namespace};
use cacheflow_redis::RedisBackend;
use cacheflow_testkit::{Operation, Recording, RedisServer, eventually};

use crate::world::{BOUND, Db, Node, PREFIX, builder_on, journal, so_far};

const MINUTE: Duration = Duration::from_secs(60);

fn backend(server: &RedisServer) -> RedisBackend {
    RedisBackend::open(&server.url()).unwrap()
}

fn leases(server: &RedisServer, origin: &str) -> Arc<dyn Leases> {
    backend(server).leases(&Namespace::new(PREFIX, origin))
}

/// A node that writes down which leases were given back.
#[derive(Default)]
struct Ear {
    clock: Clock,
    at: Mutex<Option<Position>>,
    released: Mutex<Vec<String>>,
}

impl Listener for Ear {
    fn now(&self) -> Tick {
        self.clock.now()
    }

    fn origin(&self) -> &str {
        "ear"
    }

    fn position(&self) -> Option<Position> {
        *self.at.lock().unwrap()
    }

    fn subscribed(&self, snapshot: Snapshot, _: Tick) {
        *self.at.lock().unwrap() = Some(snapshot.position);
    }

    fn heard(&self, record: Record, _: &str) {
        panic!("no record was made: {record:?}");
    }

    fn heard_foreign(&self, change: &Forgotten, origin: &str) {
        panic!("nothing was changed: {change:?} by {origin}");
    }

    fn released(&self, name: &str) {
        self.released.lock().unwrap().push(name.to_owned());
    }

    fn garbled(&self) {
        panic!("a message that could not be understood");
    }

    fn alive(&self, _: Position, _: Tick) {}
}

#[tokio::test]
async fn a_return_on_one_node_wakes_who_listens_on_another() {
    let server = RedisServer::start().await;
    let ear = Arc::new(Ear::default());
    let bus: Arc<dyn Bus> = backend(&server).bus(&Namespace::new(PREFIX, "ear"));
    let listening = tokio::spawn({
        let ear = Arc::clone(&ear);
        async move { bus.listen(&*ear).await }
    });
    eventually("it listens", BOUND, async || ear.position().is_some()).await;

    let (one, two) = (leases(&server, "one"), leases(&server, "two"));
    for name in ["users:42", "lock/nightly report", "users:42"] {
        let before = ear.released.lock().unwrap().len();
        let acquired = one.acquire(name, "1", MINUTE).await.unwrap();
        assert_eq!(acquired, Acquired::Mine);
        assert!(matches!(
            two.acquire(name, "2", MINUTE).await.unwrap(),
            Acquired::Held { .. }
        ));
        assert!(!two.release(name, "2").await.unwrap());
        assert!(one.release(name, "1").await.unwrap());
        eventually("the return is told", BOUND, async || {
            ear.released.lock().unwrap().len() > before
        })
        .await;
        let acquired = two.acquire(name, "2", MINUTE).await.unwrap();
        assert_eq!(acquired, Acquired::Mine, "who is told finds it free");
        // Of the second return nobody is told: nobody waits for it.
        assert!(two.release(name, "2").await.unwrap());
    }
    let told = ear.released.lock().unwrap().clone();
    let (user, report) = ("users:42", "lock/nightly report");
    assert_eq!(told, [user, report, user]);
    assert!(!listening.is_finished());
    listening.abort();
}

/// It is no record, and no gap between two.
#[tokio::test]
async fn a_flow_hears_of_a_return_and_misses_nothing() {
    let (server, db) = (RedisServer::start().await, Db::at(1));
    let recording = Recording::new(backend(&server));
    let node = Node::ready_as(builder_on(recording.clone())).await;
    node.get(1, &db).await;
    let (before, mut events) = (journal(&server).await, node.flow.events());
    let _ = (recording.take(), recording.take_news());

    let one = leases(&server, "one");
    for name in ["users:1", "another"] {
        let acquired = one.acquire(name, "1", MINUTE).await.unwrap();
        assert_eq!(acquired, Acquired::Mine);
        let acquired = one.acquire(name, "2", MINUTE).await.unwrap();
        assert_ne!(acquired, Acquired::Mine);
        assert!(one.release(name, "1").await.unwrap());
    }
    let mut told = Vec::new();
    let mut alive = 0;
    eventually(
        "both are told, and a heartbeat after them",
        BOUND,
        async || {
            for news in recording.take_news() {
                match news.operation {
                    Operation::Alive if told.len() == 2 => alive += 1,
                    Operation::Alive => {}
                    _ => told.push(news.to_string()),
                }
            }
            alive > 0
        },
    )
    .await;
    assert_eq!(told, ["released users:1", "released another"]);
    assert!(recording.take().is_empty(), "the journal was not asked");
    assert_eq!(so_far(&mut events), [], "nothing has happened");
    assert_eq!(journal(&server).await, before);
    assert_eq!(node.peek(1), Some(1));
}

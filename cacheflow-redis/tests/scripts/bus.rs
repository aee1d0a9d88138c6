//! The two ways by which records arrive.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use cacheflow::bus::{Bus, Listener};
use cacheflow::clock::{Clock, Tick};
use cacheflow::event::{Change, Forgotten, Position, Record, Snapshot};
use cacheflow::{Backend, Namespace};
use cacheflow_redis::RedisBackend;
use cacheflow_testkit::{RedisServer, eventually};

use crate::raw::{Raw, backend, cache, key};

const BOUND: Duration = Duration::from_secs(20);

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Said {
    Subscribed(Snapshot),
    Heard(Record, String),
    Foreign(Forgotten),
    Released(String),
    Garbled,
    Alive(Position),
}

/// A node that writes down what it is told.
pub(crate) struct Ear {
    origin: String,
    clock: Clock,
    said: Mutex<Vec<Said>>,
    at: Mutex<Option<Position>>,
}

impl Ear {
    pub(crate) fn start(backend: &RedisBackend, origin: &str) -> Arc<Self> {
        let ear = Arc::new(Self {
            origin: origin.to_owned(),
            clock: Clock::system(),
            said: Mutex::default(),
            at: Mutex::default(),
        });
        let bus: Arc<dyn Bus> = backend.bus(&Namespace::new("p:", origin));
        let listener = Arc::clone(&ear);
        tokio::spawn(async move {
            loop {
                let _ = bus.listen(&*listener).await;
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        });
        ear
    }

    fn say(&self, said: Said) {
        self.said.lock().unwrap().push(said);
    }

    pub(crate) fn said(&self) -> Vec<Said> {
        self.said.lock().unwrap().clone()
    }

    fn heard(&self) -> Vec<Record> {
        let said = self.said().into_iter();
        said.filter_map(|said| match said {
            Said::Heard(record, _) => Some(record),
            _ => None,
        })
        .collect()
    }

    pub(crate) fn at(&self) -> Option<Position> {
        *self.at.lock().unwrap()
    }

    pub(crate) async fn has(&self, what: &str, is_it: impl Fn(&Said) -> bool) {
        eventually(what, BOUND, async || self.said().iter().any(&is_it)).await;
    }

    pub(crate) async fn subscribed(&self) {
        self.has("subscribed", |said| matches!(said, Said::Subscribed(_)))
            .await;
    }
}

impl Listener for Ear {
    fn now(&self) -> Tick {
        self.clock.now()
    }

    fn origin(&self) -> &str {
        &self.origin
    }

    fn position(&self) -> Option<Position> {
        self.at()
    }

    fn subscribed(&self, snapshot: Snapshot, _asked: Tick) {
        *self.at.lock().unwrap() = Some(snapshot.position);
        self.say(Said::Subscribed(snapshot));
    }

    fn heard(&self, record: Record, origin: &str) {
        *self.at.lock().unwrap() = Some(record.position);
        self.say(Said::Heard(record, origin.to_owned()));
    }

    fn heard_foreign(&self, change: &Forgotten, _origin: &str) {
        self.say(Said::Foreign(change.clone()));
    }

    fn released(&self, name: &str) {
        self.say(Said::Released(name.to_owned()));
    }

    fn garbled(&self) {
        self.say(Said::Garbled);
    }

    fn alive(&self, position: Position, _asked: Tick) {
        // Everything that was recorded before has been told.
        let told = self.at().unwrap();
        assert!(told.number >= position.number, "{told:?} {position:?}");
        self.say(Said::Alive(position));
    }
}

/// Both ways on one server.
fn both(server: &RedisServer) -> [RedisBackend; 2] {
    [backend(server), backend(server).stream_only()]
}

#[tokio::test]
async fn every_record_is_heard_once_in_order_between_heartbeats() {
    let raw = Raw::start().await;
    let open = raw.record(Change::Forgotten(cache("z")), None).await.record;
    for backend in both(&raw.server) {
        let start = raw.position().await;
        let ear = Ear::start(&backend, "one");
        ear.subscribed().await;
        let Said::Subscribed(snapshot) = ear.said()[0].clone() else {
            panic!("subscribed comes first")
        };
        assert_eq!(snapshot.position, start);
        assert_eq!(snapshot.open, std::slice::from_ref(&open));
        let mut made = Vec::new();
        for i in 0..200 {
            made.push(raw.forget(&[&format!("a:{i}")]).await);
            if i % 50 == 0 {
                // Heartbeats come between.
                let here = made[i].position;
                ear.has("alive in between", |said| *said == Said::Alive(here))
                    .await;
            }
        }
        made.push(raw.hold("a:1", Duration::from_millis(1)).await.record);
        made.push(raw.done(open.position.number + 1_000).await.record);
        let last = made.last().unwrap().position;
        ear.has("alive at the last", |said| *said == Said::Alive(last))
            .await;
        assert_eq!(ear.heard(), made);
        assert!(
            ear.said()
                .iter()
                .all(|said| !matches!(said, Said::Heard(_, by) if by != "me"))
        );
        raw.redis(&["HDEL", "p:journal:open", &(last.number - 1).to_string()])
            .await;
    }
}

#[tokio::test]
async fn a_journal_that_vanishes_is_begun_anew_by_the_bus() {
    let raw = Raw::start().await;
    for backend in both(&raw.server) {
        let ear = Ear::start(&backend, "one");
        ear.subscribed().await;
        let old = ear.at().unwrap();
        raw.server.flush_all().await;
        ear.has("anew", |said| {
            matches!(said, Said::Subscribed(anew) if anew.position.incarnation != old.incarnation)
        })
        .await;
        let record = raw.forget(&["a:1"]).await;
        ear.has(
            "heard",
            |said| matches!(said, Said::Heard(heard, _) if *heard == record),
        )
        .await;
    }
}

#[tokio::test]
async fn a_journal_of_another_server_is_adopted_by_the_heartbeat() {
    let raw = Raw::start().await;
    let ear = Ear::start(&backend(&raw.server), "one");
    ear.subscribed().await;
    let old = ear.at().unwrap();
    // As after this server was a replica of another for a while.
    raw.redis(&["HSET", "p:journal", "run", "another"]).await;
    ear.has(
        "anew",
        |said| matches!(said, Said::Subscribed(anew) if anew.lineage == [old]),
    )
    .await;
}

#[tokio::test]
async fn a_primary_that_became_a_replica_is_left() {
    let raw = Raw::start().await;
    // The role alone tells: this one would take writes.
    raw.redis(&["CONFIG", "SET", "replica-read-only", "no"])
        .await;
    for backend in both(&raw.server) {
        let ear = Ear::start(&backend, "one");
        ear.subscribed().await;
        raw.redis(&["REPLICAOF", "127.0.0.1", "1"]).await;
        eventually("no proof of life any more", BOUND, async || {
            // That nothing comes any more shows only in time: two heartbeats.
            let before = ear.said().len();
            tokio::time::sleep(Duration::from_millis(900)).await;
            ear.said().len() == before
        })
        .await;
        let store = backend.store(&Namespace::new("p:", "me"));
        let error = store.ping().await.unwrap_err();
        assert_eq!(error.kind(), cacheflow::ErrorKind::Unavailable, "{error}");
        raw.redis(&["REPLICAOF", "NO", "ONE"]).await;
        ear.has("here again", |said| matches!(said, Said::Subscribed(_)))
            .await;
        store.ping().await.unwrap();
    }
}

#[tokio::test]
async fn messages_without_a_number_are_honoured_or_passed_over() {
    let raw = Raw::start().await;
    let ear = Ear::start(&backend(&raw.server), "one");
    ear.subscribed().await;
    let publish = async |message: &str| {
        raw.redis(&["PUBLISH", "p:invalidation", message]).await;
    };
    publish(r#"{"type":"EVICT","keys":["a:1","x"],"tags":["t"]}"#).await;
    let change = Forgotten {
        keys: vec![key("a:1")],
        tags: vec![cacheflow::key::Tag::new("t").unwrap()],
        ..Forgotten::default()
    };
    ear.has("foreign", |said| *said == Said::Foreign(change.clone()))
        .await;
    publish(r#"{"type":"DANCE"}"#).await;
    publish(r#"{"type":"DANCE","inc":"1","n":4}"#).await;
    ear.has("garbled", |said| *said == Said::Garbled).await;
    let garbled = ear
        .said()
        .iter()
        .filter(|said| **said == Said::Garbled)
        .count();
    assert_eq!(garbled, 1);
}

#[tokio::test]
async fn nodes_tell_where_they_stand() {
    let raw = Raw::start().await;
    let [pubsub, stream] = both(&raw.server);
    let ears = [Ear::start(&pubsub, "one"), Ear::start(&stream, "two")];
    for ear in &ears {
        ear.subscribed().await;
    }
    let last = raw.forget(&["a:1"]).await.position;
    eventually("both tell the last position", BOUND, async || {
        let nodes = raw.store.nodes().await.unwrap();
        nodes.len() == 2
            && nodes.iter().all(|node| node.position == last)
            && nodes.iter().all(|node| node.age < Duration::from_secs(5))
    })
    .await;
    // Those that are long silent are dropped.
    let silent = format!("{:016x} 1 1000", last.incarnation);
    raw.redis(&["HSET", "p:journal:nodes", "silent", &silent])
        .await;
    raw.redis(&["HSET", "p:journal:nodes", "broken", "x"]).await;
    let nodes = raw.store.nodes().await.unwrap();
    assert_eq!(nodes.len(), 2);
    assert_eq!(raw.integer(&["HLEN", "p:journal:nodes"]).await, 2);
}

#[tokio::test]
async fn a_question_is_answered_at_once() {
    let raw = Raw::start().await;
    let ear = Ear::start(&backend(&raw.server), "one");
    ear.subscribed().await;
    let is_there = async || raw.integer(&["HEXISTS", "p:journal:nodes", "one"]).await == 1;
    eventually("a heartbeat", BOUND, is_there).await;
    let mut fastest = Duration::MAX;
    for _ in 0..5 {
        let started = std::time::Instant::now();
        raw.redis(&["DEL", "p:journal:nodes"]).await;
        raw.store.nodes().await.unwrap();
        eventually("it answers", BOUND, is_there).await;
        fastest = fastest.min(started.elapsed());
    }
    // Five heartbeats at their own pace would take 400 ms each, nearly.
    assert!(fastest < Duration::from_millis(100), "{fastest:?}");
}

#[tokio::test]
async fn without_pubsub_nothing_is_published() {
    let server = RedisServer::start().await;
    let stream = backend(&server).stream_only();
    let store = stream.store(&Namespace::new("p:", "me"));
    let change = Change::Forgotten(Forgotten::keys([key("a:1")]));
    store.record(&change, None).await.unwrap();
    store.nodes().await.unwrap();
    let stats = server.command(&["INFO", "commandstats"]).await.unwrap();
    assert!(!stats.text().unwrap().contains("cmdstat_publish"));
}

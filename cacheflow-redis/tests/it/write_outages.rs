//! Writes while Redis dies and comes back: nothing old is read afterwards.

use std::sync::Arc;
use std::time::Duration;

use cacheflow::{Applied, Cache, Event, Strategy, WriteBehind, WriteBehindCache, Written};
use cacheflow_testkit::{RedisServer, eventually};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::world::{BOUND, Db, Node, Outage, World, event, get, impatient, within};

const HOUR: Duration = Duration::from_secs(3_600);

/// What the server has when it comes back.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Memory {
    /// Nothing.
    Lost,
    /// All that it has said it had.
    Kept,
}

async fn server(memory: Memory) -> RedisServer {
    match memory {
        Memory::Lost => RedisServer::start().await,
        Memory::Kept => {
            let server = RedisServer::builder().arg("--appendonly", "yes");
            server.arg("--appendfsync", "always").start().await
        }
    }
}

/// All are there again, and what had to wait for that is told.
async fn settled(nodes: &[&Node]) {
    for node in nodes {
        eventually("all is well and told", BOUND, async || {
            let health = node.flow.health();
            health.is_good() && health.waiting_invalidations == 0
        })
        .await;
    }
}

async fn comes_back(server: &RedisServer, nodes: &[&Node]) {
    server.restart().await;
    settled(nodes).await;
}

/// All read `wanted` from now on, whatever they had before.
async fn all_read(nodes: &[(&Node, &Cache<u64, u64>)], db: &Db, wanted: u64) {
    let all: Vec<_> = nodes.iter().map(|(node, _)| *node).collect();
    // A slow machine may have been too slow for the last write.
    settled(&all).await;
    for here in &all {
        for there in &all {
            here.has_heard(there).await;
        }
    }
    settled(&all).await;
    for round in 0..3 {
        for (at, (_, cache)) in nodes.iter().enumerate() {
            let value = get(cache, 7, db).await;
            assert_eq!(value, wanted, "node {at}, round {round}");
            let peeked = cache.peek(&7).map(|found| found.value);
            assert!(peeked.is_none_or(|value| value == wanted), "{peeked:?}");
        }
    }
}

#[tokio::test]
async fn what_is_written_through_while_redis_is_dead_is_what_all_read_afterwards() {
    for memory in [Memory::Lost, Memory::Kept] {
        let (server, db) = (server(memory).await, Db::at(1));
        let a = Node::ready_as(impatient(&server.url())).await;
        let b = Node::ready_as(impatient(&server.url())).await;
        for node in [&a, &b] {
            eventually("it is read from Redis or memory", BOUND, async || {
                node.get(7, &db).await == 1 && node.peek(7).is_some()
            })
            .await;
        }
        server.kill();
        for value in 2..6 {
            let written = a.users.write_through(&7, async || {
                db.set(value);
                Ok::<_, ()>(value)
            });
            let written = within(written).await.unwrap();
            assert_eq!((written.value, written.applied), (value, Applied::Local));
            assert_eq!(a.get(7, &db).await, value, "it reads its own write");
        }
        comes_back(&server, &[&a, &b]).await;
        all_read(&[(&a, &a.users), (&b, &b.users)], &db, 5).await;
    }
}

/// A write that has changed the source and waits for its end.
struct Writing {
    task: JoinHandle<Result<Written<u64>, &'static str>>,
    finish: oneshot::Sender<Result<(), &'static str>>,
}

impl Writing {
    async fn begin(cache: &Cache<u64, u64>, db: &Arc<Db>, value: u64) -> Self {
        let (began, begun) = oneshot::channel();
        let (finish, finished) = oneshot::channel::<Result<(), &'static str>>();
        let (cache, db) = (cache.clone(), Arc::clone(db));
        let task = tokio::spawn(async move {
            let write = async || {
                db.set(value);
                let _ = began.send(());
                finished.await.unwrap().map(|()| value)
            };
            cache.write_through(&7, write).await
        });
        within(begun).await.unwrap();
        Self { task, finish }
    }
}

/// It began before, and ends while Redis is dead or after it has come back.
#[tokio::test]
async fn a_write_that_a_death_comes_into_leaves_nothing_old_behind() {
    for memory in [Memory::Lost, Memory::Kept] {
        for (ends_while_dead, end) in [
            (true, Ok(())),
            (false, Ok(())),
            (true, Err("the answer was lost")),
            (false, Err("the answer was lost")),
        ] {
            let (server, db) = (server(memory).await, Db::at(1));
            let a = Node::ready_as(impatient(&server.url())).await;
            let b = Node::ready_as(impatient(&server.url())).await;
            assert_eq!((a.get(7, &db).await, b.get(7, &db).await), (1, 1));
            let Writing { task, finish } = Writing::begin(&a.users, &db, 2).await;
            server.kill();
            if !ends_while_dead {
                comes_back(&server, &[&a, &b]).await;
                // The first call finds that its connection is dead.
                a.get(98, &db).await;
                a.get(99, &db).await;
            }
            let _ = finish.send(end);
            let written = within(task).await.unwrap();
            assert_eq!(a.get(7, &db).await, 2, "{memory:?}, {end:?}");
            if let Ok(written) = &written
                && written.applied == Applied::Recorded
            {
                assert!(!ends_while_dead, "nobody could record it");
                b.has_heard(&a).await;
                assert_eq!(b.get(7, &db).await, 2, "{memory:?}: it was recorded");
            }
            assert_eq!(written.map(|written| written.value), end.map(|()| 2));
            if ends_while_dead {
                comes_back(&server, &[&a, &b]).await;
            }
            all_read(&[(&a, &a.users), (&b, &b.users)], &db, 2).await;
        }
    }
}

/// The caller has gone in the middle: nobody knows whether the source was changed.
#[tokio::test]
async fn a_write_that_is_given_up_while_redis_is_away_is_forgotten_by_all() {
    for outage in Outage::ALL {
        let (world, db) = (World::start().await, Db::at(1));
        let a = Node::ready_as(impatient(&world.url(outage))).await;
        let b = Node::ready(&world.server.url()).await;
        assert_eq!((a.get(7, &db).await, b.get(7, &db).await), (1, 1));
        let Writing { task, finish } = Writing::begin(&a.users, &db, 2).await;
        world.begin(outage);
        task.abort();
        assert!(within(task).await.unwrap_err().is_cancelled());
        drop(finish);
        eventually("this node has forgotten it", BOUND, async || {
            a.get(7, &db).await == 2
        })
        .await;
        world.end(outage).await;
        all_read(&[(&a, &a.users), (&b, &b.users)], &db, 2).await;
    }
}

/// A cache whose writes wait until they are asked for.
fn behind(node: &Node, db: &Arc<Db>) -> WriteBehindCache<u64, u64> {
    let config = WriteBehind::new().flush_every(HOUR);
    let strategy = Strategy::multi_level().write_behind(config);
    let cache = node.flow.cache("behind").strategy(strategy);
    let db = Arc::clone(db);
    let writer = move |batch: Vec<(u64, u64)>| {
        let db = Arc::clone(&db);
        async move {
            for (key, value) in batch {
                assert_eq!(key, 7);
                db.set(value);
            }
            Ok::<_, std::io::Error>(())
        }
    };
    cache.build_with_writer(writer).unwrap()
}

/// The same cache on a node that does not write.
fn readers(node: &Node) -> Cache<u64, u64> {
    node.flow.cache("behind").build().unwrap()
}

/// What waits is read here in spite of all; what is flushed while Redis is dead is
/// known to all once it is back, although others have loaded the old value meanwhile.
#[tokio::test]
async fn what_was_flushed_while_redis_is_dead_is_what_all_read_afterwards() {
    for memory in [Memory::Lost, Memory::Kept] {
        let (server, db) = (server(memory).await, Db::at(1));
        let a = Node::ready_as(impatient(&server.url())).await;
        let b = Node::ready_as(impatient(&server.url())).await;
        let (writer, reader) = (behind(&a, &db), readers(&b));
        assert_eq!(get(&reader, 7, &db).await, 1);
        server.kill();
        let _ = writer.write(&7, 2).await.unwrap();
        assert_eq!(get(&writer, 7, &db).await, 2, "it waits, and is read");
        assert_eq!(get(&reader, 7, &db).await, 1, "nobody has told, nor can");
        let reads = db.reads();
        let _ = writer.invalidate(&7).await.unwrap();
        assert_eq!(get(&writer, 7, &db).await, 2, "it still waits");
        assert_eq!(db.reads(), reads);
        within(writer.flush()).await;
        assert_eq!(writer.pending(), 0);
        comes_back(&server, &[&a, &b]).await;
        all_read(&[(&a, &writer), (&b, &reader)], &db, 2).await;
    }
}

/// Redis dies and comes back while the value waits: another node may load the old
/// one meanwhile, and keeps it for all. The flush ends that.
#[tokio::test]
async fn what_waited_through_a_death_takes_the_place_of_what_was_loaded_meanwhile() {
    for memory in [Memory::Lost, Memory::Kept] {
        let (server, db) = (server(memory).await, Db::at(1));
        let a = Node::ready_as(impatient(&server.url())).await;
        let b = Node::ready_as(impatient(&server.url())).await;
        let (writer, reader) = (behind(&a, &db), readers(&b));
        let _ = writer.write(&7, 2).await.unwrap();
        assert_eq!(get(&reader, 7, &db).await, 2);
        server.kill();
        comes_back(&server, &[&a, &b]).await;
        let meanwhile = get(&reader, 7, &db).await;
        assert!(memory == Memory::Lost || meanwhile == 2, "{meanwhile}");
        assert_eq!(get(&writer, 7, &db).await, 2, "it waits, and is read");
        within(writer.flush()).await;
        all_read(&[(&a, &writer), (&b, &reader)], &db, 2).await;
        let _ = writer.write(&7, 3).await.unwrap();
        assert_eq!(get(&writer, 7, &db).await, 3);
        within(writer.flush()).await;
        all_read(&[(&a, &writer), (&b, &reader)], &db, 3).await;
    }
}

/// In the middle of a batch: its end is told as soon as that is possible.
#[tokio::test]
async fn a_batch_that_a_death_comes_into_leaves_nothing_old_behind() {
    for memory in [Memory::Lost, Memory::Kept] {
        let (server, db) = (server(memory).await, Db::at(1));
        let a = Node::ready_as(impatient(&server.url())).await;
        let b = Node::ready_as(impatient(&server.url())).await;
        let (began, begun) = oneshot::channel();
        let (finish, finished) = oneshot::channel::<()>();
        let once = Arc::new(std::sync::Mutex::new(Some((began, finished))));
        let source = Arc::clone(&db);
        let config = WriteBehind::new().flush_every(HOUR);
        let strategy = Strategy::multi_level().write_behind(config);
        let cache = a.flow.cache::<u64, u64>("behind").strategy(strategy);
        let writer = move |batch: Vec<(u64, u64)>| {
            let (first, db) = (once.lock().unwrap().take(), Arc::clone(&source));
            async move {
                if let Some((began, finished)) = first {
                    let _ = began.send(());
                    let _ = finished.await;
                    db.set(batch[0].1);
                    // It was written, and nobody knows.
                    return Err(std::io::Error::other("the answer was lost"));
                }
                db.set(batch[0].1);
                Ok(())
            }
        };
        let writer = cache.build_with_writer(writer).unwrap();
        let reader = readers(&b);
        let _ = writer.write(&7, 2).await.unwrap();
        let flushing = {
            let writer = writer.clone();
            tokio::spawn(async move { writer.flush().await })
        };
        within(begun).await.unwrap();
        let mut events = a.flow.events();
        server.kill();
        assert_eq!(get(&writer, 7, &db).await, 2);
        let _ = finish.send(());
        let failed = |event: &Event| matches!(event, Event::WriteFailed { .. });
        event(&mut events, failed).await;
        within(flushing).await.unwrap();
        assert_eq!((writer.pending(), get(&writer, 7, &db).await), (0, 2));
        comes_back(&server, &[&a, &b]).await;
        all_read(&[(&a, &writer), (&b, &reader)], &db, 2).await;
    }
}

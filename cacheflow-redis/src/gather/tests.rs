use std::collections::BTreeSet;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use tokio::sync::Semaphore;
use tokio::task::{JoinHandle, yield_now};

use super::*;

/// A server that answers when it is told to, and knows what it was asked.
#[derive(Clone)]
struct Server(Arc<State>);

struct State {
    asked: Mutex<Vec<Vec<String>>>,
    answers: Semaphore,
    value_bytes: usize,
}

impl Server {
    fn new(value_bytes: usize) -> Self {
        Self(Arc::new(State {
            asked: Mutex::default(),
            answers: Semaphore::new(0),
            value_bytes,
        }))
    }

    fn asked(&self) -> Vec<Vec<String>> {
        self.0.asked.lock().unwrap().clone()
    }

    /// Those that were asked for together, by how many they were.
    fn together(&self) -> Vec<usize> {
        let asked = self.asked().into_iter().map(|names| names.len());
        asked.filter(|names| *names > 1).collect()
    }

    fn answers(&self, questions: usize) {
        self.0.answers.add_permits(questions);
    }
}

impl Ask for Server {
    async fn ask(&self, names: Vec<String>) -> RedisResult<Vec<RedisResult<Found>>> {
        self.0.asked.lock().unwrap().push(names.clone());
        self.0.answers.acquire().await.unwrap().forget();
        if names.iter().any(|name| name == "broken") {
            return Err((redis::ErrorKind::Client, "broken").into());
        }
        let value = |name: String| {
            let mut bytes = name.into_bytes();
            bytes.resize(bytes.len().max(self.0.value_bytes), b'.');
            Ok((Some(bytes.into()), 7))
        };
        Ok(names.into_iter().map(value).collect())
    }
}

struct World {
    gather: Arc<Gather>,
    server: Server,
}

type Reading = JoinHandle<RedisResult<Found>>;

impl World {
    fn new(value_bytes: usize) -> Self {
        Self {
            gather: Arc::default(),
            server: Server::new(value_bytes),
        }
    }

    /// With as many under way as ask for themselves.
    async fn busy(value_bytes: usize) -> Self {
        let world = Self::new(value_bytes);
        for lone in 0..FEW {
            drop(world.read(&format!("lone{lone}")));
        }
        world.settled().await;
        assert_eq!(world.server.asked().len(), FEW);
        world
    }

    fn read(&self, name: &str) -> Reading {
        let (gather, server, name) = (self.gather.clone(), self.server.clone(), name.to_owned());
        tokio::spawn(async move { gather.read(&server, name).await })
    }

    fn read_all(&self, count: usize) -> Vec<Reading> {
        let names = (0..count).map(|place| format!("{place}"));
        names.map(|name| self.read(&name)).collect()
    }

    /// All tasks have come as far as they can: there is one thread, and no clock.
    async fn settled(&self) {
        for _ in 0..1_000 {
            yield_now().await;
        }
    }

    fn is_idle(&self) -> bool {
        let queue = self.gather.queue();
        !queue.is_asking && queue.waiting.is_empty() && queue.lone == 0
    }
}

fn text(found: RedisResult<Found>) -> String {
    let bytes = found.unwrap().0.unwrap();
    let text = String::from_utf8(bytes.to_vec()).unwrap();
    text.trim_end_matches('.').to_owned()
}

#[tokio::test]
async fn a_lone_read_is_sent_by_its_own_caller() {
    let world = World::new(0);
    let mut read = pin!(world.gather.read(&world.server, "a".into()));
    let mut context = Context::from_waker(Waker::noop());
    assert!(read.as_mut().poll(&mut context).is_pending());
    assert_eq!(world.server.asked(), [["a"]], "it waited for a task");
    world.server.answers(1);
    assert_eq!(text(read.await), "a");
    assert!(world.is_idle());
}

#[tokio::test]
async fn those_who_wait_are_asked_for_together_and_each_is_told_its_own() {
    let world = World::busy(0).await;
    let reads = world.read_all(20);
    world.settled().await;
    assert_eq!(world.server.together(), [20]);
    // Who comes now is not in the answer that is under way.
    let late = world.read("3");
    world.settled().await;
    assert_eq!(world.server.together(), [20]);
    world.server.answers(1_000);
    for (place, read) in reads.into_iter().enumerate() {
        assert_eq!(text(read.await.unwrap()), place.to_string());
    }
    assert_eq!(text(late.await.unwrap()), "3");
    assert_eq!(world.server.asked().last().unwrap(), &["3"]);
    world.settled().await;
    assert!(world.is_idle());
}

/// What was forgotten after a question was sent may be in its answer.
#[tokio::test]
async fn no_read_is_given_an_answer_whose_question_was_sent_before_it_came() {
    let world = World::busy(0).await;
    let first = world.read("a");
    world.settled().await;
    let second = world.read("a");
    world.settled().await;
    world.server.answers(FEW + 1);
    assert_eq!(text(first.await.unwrap()), "a");
    world.settled().await;
    assert!(!second.is_finished(), "it was given the first one's answer");
    world.server.answers(1);
    assert_eq!(text(second.await.unwrap()), "a");
}

#[tokio::test]
async fn a_key_that_several_wait_for_is_asked_once() {
    let world = World::busy(0).await;
    let reads: Vec<_> = ["a", "b", "a", "a", "b"]
        .map(|name| (name, world.read(name)))
        .into();
    world.settled().await;
    assert_eq!(world.server.asked().last().unwrap(), &["a", "b"]);
    world.server.answers(1_000);
    for (name, read) in reads {
        assert_eq!(text(read.await.unwrap()), name);
    }
}

#[tokio::test]
async fn an_exchange_is_bounded_in_names_and_in_bytes() {
    for (value_bytes, most) in [(10, MOST_NAMES), (MOST_BYTES / 4, 4), (MOST_BYTES, 1)] {
        let world = World::new(value_bytes);
        // It learns how large values are.
        world.server.answers(usize::MAX >> 8);
        let reads = if value_bytes < FIRST_GUESS { 200 } else { 1 };
        for _ in 0..reads {
            world.read("known").await.unwrap().unwrap();
        }
        world.server.0.answers.forget_permits(usize::MAX >> 4);
        let before = world.server.asked().len() + FEW;
        let reads = world.read_all(FEW + 2 * MOST_NAMES);
        world.settled().await;
        world.server.answers(1_000);
        for read in reads {
            read.await.unwrap().unwrap();
        }
        let asked = world.server.asked();
        let sizes: BTreeSet<_> = asked[before..].iter().map(Vec::len).collect();
        assert_eq!(sizes.last(), Some(&most), "{value_bytes} bytes each");
    }
    // Before anything is known, not so many that they could be too much.
    let world = World::busy(0).await;
    let _reads = world.read_all(2 * MOST_NAMES);
    world.settled().await;
    assert_eq!(world.server.together(), [MOST_BYTES / FIRST_GUESS]);
}

#[tokio::test]
async fn nothing_is_asked_for_who_has_gone_before() {
    let world = World::busy(0).await;
    let first = world.read("first");
    world.settled().await;
    let reads = world.read_all(6);
    world.settled().await;
    for read in reads.iter().step_by(2) {
        read.abort();
    }
    world.settled().await;
    world.server.answers(1_000);
    first.await.unwrap().unwrap();
    world.settled().await;
    assert_eq!(world.server.asked().last().unwrap(), &["1", "3", "5"]);
    for (place, read) in reads.into_iter().enumerate() {
        assert_eq!(read.await.is_err(), place % 2 == 0);
    }
    assert!(world.is_idle());
}

/// Over a connection that died silently no answer comes: each gives up in its own time,
/// and those behind them must not wait for what nobody waits for.
#[tokio::test]
async fn when_all_have_gone_who_were_asked_for_the_next_have_their_turn() {
    let world = World::busy(0).await;
    let mut first = world.read_all(3);
    // Two of them wait for the same.
    first.push(world.read("0"));
    world.settled().await;
    let next: Vec<_> = ["x", "y"].map(|name| world.read(name)).into();
    world.settled().await;
    for read in &first[..3] {
        read.abort();
    }
    world.settled().await;
    assert_eq!(world.server.together(), [3], "one of them still waits");
    first[3].abort();
    world.settled().await;
    assert_eq!(world.server.together(), [3, 2]);
    drop(next);
}

#[tokio::test]
async fn an_error_reaches_everybody_who_was_asked_for_and_nobody_else() {
    let world = World::busy(0).await;
    let failing = ["a", "broken", "a", "b"].map(|name| world.read(name));
    world.settled().await;
    let well = ["c", "d"].map(|name| world.read(name));
    world.settled().await;
    world.server.answers(1_000);
    for read in failing {
        let error = read.await.unwrap().unwrap_err();
        assert_eq!(error.kind(), redis::ErrorKind::Client, "{error}");
    }
    for (read, name) in well.into_iter().zip(["c", "d"]) {
        assert_eq!(text(read.await.unwrap()), name);
    }
    world.settled().await;
    assert!(world.is_idle());
}

/// As one does that lost a `select!` in a loop: it lives, and nobody polls it.
#[tokio::test]
async fn who_is_not_polled_any_more_delays_nobody() {
    let world = World::new(0);
    let name = |place: usize| format!("still{place}");
    let still = (0..3 * FEW).map(|place| world.gather.read(&world.server, name(place)));
    let mut still: Vec<_> = still.map(Box::pin).collect();
    let mut context = Context::from_waker(Waker::noop());
    for read in &mut still {
        assert!(read.as_mut().poll(&mut context).is_pending());
    }
    world.server.answers(1_000);
    for read in world.read_all(20) {
        read.await.unwrap().unwrap();
    }
    // Their answers wait for them.
    for read in &mut still {
        assert!(matches!(
            read.as_mut().poll(&mut context),
            Poll::Ready(Ok(_))
        ));
    }
}

#[test]
fn when_the_runtime_of_the_task_ends_those_who_wait_in_another_are_told() {
    let runtime = || {
        tokio::runtime::Builder::new_current_thread()
            .build()
            .unwrap()
    };
    let (one, two) = (runtime(), runtime());
    let world = one.block_on(World::busy(0));
    one.block_on(async {
        drop(world.read("first"));
        world.settled().await;
    });
    let waits = {
        let _inside = two.enter();
        world.read("waits")
    };
    two.block_on(world.settled());
    assert!(!waits.is_finished());
    drop(one);
    two.block_on(world.settled());
    assert!(waits.is_finished(), "it would wait for ever");
    let told = two.block_on(waits).unwrap();
    assert!(told.unwrap_err().is_io_error());
    assert!(world.is_idle(), "another task may ask");
}

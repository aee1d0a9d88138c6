//! Touchers that fail, panic and hang: told, and made good.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use cacheflow::touch::TRIES;
use cacheflow::{Cache, CacheFlow, Event, Events, Parent};
use cacheflow_testkit::eventually;
use tokio::time::Instant;
use tracing::field::{Field, Visit};
use tracing::span;

use super::Trouble::{Fails, Hangs, Panics};
use super::{Source, row, texts};
use crate::support::{HOUR, load, waiting};

const ENTITIES: [&str; 3] = ["post", "page", "site"];

fn chain() -> Source {
    Source::of(&["post:3 > page:1", "page:1 > site:9"])
}

fn cache(flow: &CacheFlow, name: &str) -> Cache<u64, u64> {
    flow.cache(name).build().unwrap()
}

/// Waits until a row was touched so often. For a paused clock.
async fn touched(source: &Source, row: &str, times: usize) {
    let is_touched = async || source.touched().iter().filter(|it| *it == row).count() >= times;
    eventually("it is touched", HOUR, is_touched).await;
}

/// The rows that were told to have failed, with why.
fn failures(events: &mut Events) -> Vec<(String, String)> {
    let told = waiting(events).into_iter().filter_map(|event| match event {
        Event::TouchFailed { parent, error } => Some((parent.to_string(), error.to_string())),
        _ => None,
    });
    told.collect()
}

#[tokio::test(start_paused = true)]
async fn a_row_that_fails_is_told_and_forgotten_and_touched_later_and_forgotten_again() {
    for trouble in [Fails, Panics, Hangs] {
        let why = match trouble {
            Fails => "the source is away",
            Panics => "it panicked: a fault of the toucher",
            _ => "it took longer than 5s",
        };
        let source = chain();
        let flow = source.alone(&ENTITIES).await;
        let (pages, sites) = (cache(&flow, "page"), cache(&flow, "site"));
        let mut events = flow.events();
        load(&pages, 1, 10).await;
        source.touching("page:1", [trouble]);
        let told = flow.touch([row("post:3")]).await.unwrap();
        assert_eq!(texts(&told.failed), ["page:1"]);
        assert_eq!(
            texts(&told.touched),
            ["post:3", "site:9"],
            "the chain goes on"
        );
        assert_eq!(failures(&mut events), [("page:1".into(), why.into())]);
        assert_eq!(pages.peek(&1), None);
        // Readers come before it is touched.
        load(&pages, 1, 10).await;
        load(&sites, 9, 90).await;
        touched(&source, "page:1", 1).await;
        let gone = async || pages.peek(&1).is_none() && sites.peek(&9).is_none();
        eventually("it is forgotten again", HOUR, gone).await;
        assert_eq!(source.touched(), ["post:3", "site:9", "page:1", "site:9"]);
        let instants = source.instants();
        assert!(instants[2] > instants[0] && instants[2] == instants[3]);
    }
}

#[tokio::test(start_paused = true)]
async fn what_lies_above_a_row_that_cannot_tell_its_parents_is_touched_later() {
    for trouble in [Fails, Panics, Hangs] {
        let source = chain();
        let flow = source.alone(&ENTITIES).await;
        let sites = cache(&flow, "site");
        load(&sites, 9, 90).await;
        source.telling("page:1", [trouble]);
        let told = flow.touch([row("post:3")]).await.unwrap();
        assert_eq!(texts(&told.failed), ["page:1"]);
        assert_eq!(texts(&told.touched), ["post:3"]);
        assert!(sites.peek(&9).is_some(), "nobody knows of it yet");
        touched(&source, "site:9", 1).await;
        eventually("it is forgotten", HOUR, async || sites.peek(&9).is_none()).await;
    }
}

/// A row whose touch hangs may know its parents all the same.
#[tokio::test(start_paused = true)]
async fn a_source_that_hangs_is_waited_for_once_in_a_pass() {
    let source = Source::of(&["post:0 > page:1"]);
    let flow = source.alone(&ENTITIES).await;
    let posts: Vec<_> = (0..100).map(|id| Parent::new("post", id)).collect();
    for post in &posts {
        source.touching(&post.to_string(), [Hangs]);
    }
    let begun = Instant::now();
    let told = flow.touch(posts.clone()).await.unwrap();
    assert_eq!(begun.elapsed(), Duration::from_secs(5));
    assert_eq!(told.failed, posts);
    assert_eq!(texts(&told.touched), ["page:1"]);
}

#[tokio::test(start_paused = true)]
async fn a_toucher_says_how_long_it_may_take() {
    let source = Source::default();
    let toucher = source.toucher("post").timeout(Duration::from_millis(7));
    let flow = CacheFlow::builder().toucher(toucher).build().await.unwrap();
    source.touching("post:3", [Hangs]);
    let begun = Instant::now();
    let told = flow.touch([row("post:3")]).await.unwrap();
    assert_eq!(
        (begun.elapsed(), texts(&told.failed)),
        (Duration::from_millis(7), vec!["post:3".into()])
    );
}

#[tokio::test(start_paused = true)]
async fn a_row_that_always_fails_is_given_up() {
    let source = Source::default();
    let flow = source.alone(&ENTITIES).await;
    let mut events = flow.events();
    source.touching("post:3", (0..100).map(|_| Fails));
    let _ = flow.touch([row("post:3")]).await.unwrap();
    let lost = Event::TouchLost {
        parent: row("post:3"),
    };
    crate::support::until_told(&mut events, lost).await;
    assert_eq!(source.asked(), usize::try_from(TRIES).unwrap());
    tokio::time::sleep(HOUR).await;
    assert_eq!(source.asked(), usize::try_from(TRIES).unwrap());
    // A new change has new tries.
    let _ = flow.touch([row("post:3")]).await.unwrap();
    eventually("it is tried again", HOUR, async || {
        source.asked() == 2 * usize::try_from(TRIES).unwrap()
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn parents_that_are_none_are_told_and_the_others_are_touched() {
    let source = chain();
    // As a toucher would make it of a row without a parent.
    source
        .state()
        .parents
        .insert(row("post:3"), vec![Parent::new("page", ""), row("page:1")]);
    let flow = source.alone(&ENTITIES).await;
    let mut events = flow.events();
    let told = flow.touch([row("post:3")]).await.unwrap();
    assert_eq!(texts(&told.failed), ["post:3"]);
    assert_eq!(texts(&told.touched), ["page:1", "site:9"]);
    let why = &failures(&mut events)[0].1;
    assert!(why.contains("parents_of: parent = \"page:\""), "{why}");
}

/// What is said with `warn`.
#[derive(Clone, Default)]
struct Warnings(Arc<Mutex<Vec<String>>>);

impl Visit for Warnings {
    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        self.0.lock().unwrap().push(format!("{field}={value:?}"));
    }
}

impl tracing::Subscriber for Warnings {
    fn enabled(&self, metadata: &tracing::Metadata<'_>) -> bool {
        *metadata.level() == tracing::Level::WARN
    }

    fn new_span(&self, _: &span::Attributes<'_>) -> span::Id {
        span::Id::from_u64(1)
    }

    fn record(&self, _: &span::Id, _: &span::Record<'_>) {}
    fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}
    fn enter(&self, _: &span::Id) {}
    fn exit(&self, _: &span::Id) {}

    fn event(&self, event: &tracing::Event<'_>) {
        event.record(&mut self.clone());
    }
}

#[tokio::test]
async fn that_an_entity_has_no_toucher_is_said_once() {
    let warnings = Warnings::default();
    let _guard = tracing::subscriber::set_default(warnings.clone());
    let flow = Source::default().alone(&ENTITIES).await;
    for parent in ["planet:secret", "planet:2", "star:1"] {
        let _ = flow.touch([row(parent)]).await.unwrap();
    }
    let said = warnings.0.lock().unwrap().join(" ");
    assert_eq!(said.matches("planet").count(), 1, "{said}");
    assert_eq!(said.matches("star").count(), 1, "{said}");
    assert!(!said.contains("secret"), "{said}");
}

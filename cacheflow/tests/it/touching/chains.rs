//! Which rows are touched and forgotten, and in which order.

use cacheflow::touch::MAX_DEPTH;
use cacheflow::{Applied, Cache, CacheFlow, Parent, ParentToucher};
use cacheflow_testkit::{MemoryBackend, Operation, eventually};

use super::{Source, row, texts};
use crate::support::{Fault, HeldLoad, Node, WITHIN, cached, load};

const ENTITIES: [&str; 4] = ["post", "page", "author", "site"];

fn cache(flow: &CacheFlow, name: &str) -> Cache<u64, u64> {
    flow.cache(name).build().unwrap()
}

/// Two nodes that touch the same source.
async fn two_nodes(source: &Source) -> (Node, Node) {
    let server = MemoryBackend::new();
    let on = async || Node::silent(&server, |flow| source.touchers(flow, &ENTITIES)).await;
    let (one, two) = (on().await, on().await);
    one.subscribed().await;
    two.subscribed().await;
    (one, two)
}

/// The entry that is called like the row, what carries its tag, what the toucher names,
/// and what was made of one of these.
#[tokio::test]
async fn a_whole_chain_is_touched_with_one_instant_and_forgotten_on_all_nodes() {
    let source = Source::of(&["post:3 > page:1", "page:1 > site:9"]);
    let (one, two) = two_nodes(&source).await;
    let (pages, teasers) = (cache(&two.flow, "page"), cache(&two.flow, "teasers"));
    let (feeds, maps) = (cache(&two.flow, "feeds"), cache(&two.flow, "maps"));
    source.keys("post:3", &[teasers.full_key(&5)]);
    load(&pages, 1, 10).await;
    load(&pages, 2, 20).await;
    load(&teasers, 5, 50).await;
    load(&feeds.tagged(["site:9"]).unwrap(), 1, 10).await;
    let made_of_teaser = maps.get_or_load(&1, async || Ok::<_, Fault>(cached(&teasers, 5).await));
    assert_eq!(made_of_teaser.await.unwrap(), 50);

    let touched = one.flow.touch([row("post:3")]).await.unwrap();
    assert_eq!(texts(&touched.touched), ["post:3", "page:1", "site:9"]);
    assert_eq!((&touched.failed, &touched.untouched), (&vec![], &vec![]));
    assert_eq!(
        (touched.cut_short, touched.applied),
        (false, Applied::Recorded)
    );
    assert_eq!(source.touched(), ["post:3", "page:1", "site:9"]);
    let instants = source.instants();
    assert!(instants.iter().all(|at| *at == instants[0]));
    let gone = async || {
        let entries = [
            pages.peek(&1),
            teasers.peek(&5),
            feeds.peek(&1),
            maps.peek(&1),
        ];
        entries.iter().all(Option::is_none)
    };
    eventually("the other node has forgotten", WITHIN, gone).await;
    assert!(pages.peek(&2).is_some(), "of another page");
}

/// A record for each row would let a reader see half of it.
#[tokio::test]
async fn a_chain_is_forgotten_as_one_record() {
    let source = Source::of(&["post:3 > page:1", "page:1 > site:9"]);
    let (one, _two) = two_nodes(&source).await;
    let _ = one.recording.take();
    let _ = one.flow.touch([row("post:3")]).await.unwrap();
    let calls = one.recording.take();
    let records: Vec<_> = calls
        .iter()
        .filter(|call| call.operation == Operation::Record)
        .collect();
    assert_eq!(records.len(), 1, "{calls:?}");
    assert!(records[0].about.contains("post:3"), "{calls:?}");
    assert!(records[0].about.contains("site:9"), "{calls:?}");
}

/// Else whoever reads in between keeps the old `updated_at`, and nothing would ever tell.
#[tokio::test]
async fn rows_are_touched_before_they_are_forgotten() {
    for last in ["page:1", "site:9"] {
        let source = Source::of(&["page:1 > site:9"]);
        let flow = source.alone(&ENTITIES).await;
        let pages = cache(&flow, "page");
        let (begun, go) = source.hold(last);
        let touching = tokio::spawn({
            let flow = flow.clone();
            async move { flow.touch([row("page:1")]).await.unwrap() }
        });
        begun.await.unwrap();
        // The row has not moved yet.
        load(&pages, 1, 10).await;
        let held = HeldLoad::begin(&pages, 2).await;
        let of_site = HeldLoad::begin(&pages.tagged(["site:9"]).unwrap(), 3).await;
        assert!(pages.peek(&1).is_some());
        go.send(()).unwrap();
        let touched = touching.await.unwrap();
        assert_eq!(texts(&touched.touched), ["page:1", "site:9"]);
        assert_eq!(
            pages.peek(&1),
            None,
            "what was read before {last} was touched"
        );
        of_site.end(30).await;
        assert_eq!(pages.peek(&3), None, "what was being read");
        held.end(20).await;
        assert!(pages.peek(&2).is_some(), "of another page");
    }
}

#[tokio::test]
async fn a_row_that_is_reached_in_two_ways_is_touched_once() {
    let source = Source::of(&[
        "post:3 > page:1 author:8",
        "page:1 > site:9",
        "author:8 > site:9",
    ]);
    let flow = source.alone(&ENTITIES).await;
    let touched = flow
        .touch([row("post:3"), row("page:1"), row("post:3")])
        .await;
    let expected = ["post:3", "page:1", "author:8", "site:9"];
    assert_eq!(texts(&touched.unwrap().touched), expected);
    assert_eq!(source.touched(), expected);
}

#[tokio::test]
async fn a_circle_ends() {
    let source = Source::of(&[
        "post:3 > page:1",
        "page:1 > site:9",
        "site:9 > post:3 site:9",
    ]);
    let flow = source.alone(&ENTITIES).await;
    let touched = flow.touch([row("page:1")]).await.unwrap();
    assert_eq!(source.touched(), ["page:1", "site:9", "post:3"]);
    assert!(!touched.cut_short);
}

#[tokio::test]
async fn what_lies_deeper_than_the_bound_is_not_touched_and_that_is_told() {
    let lines: Vec<_> = (0..MAX_DEPTH + 5)
        .map(|id| format!("post:{id} > post:{}", id + 1))
        .collect();
    let lines: Vec<_> = lines.iter().map(String::as_str).collect();
    let source = Source::of(&lines);
    let flow = source.alone(&ENTITIES).await;
    let posts = cache(&flow, "post");
    let last = u64::try_from(MAX_DEPTH).unwrap();
    for id in [last - 1, last, last + 1] {
        load(&posts, id, 1).await;
    }
    let touched = flow.touch([row("post:0")]).await.unwrap();
    assert_eq!(touched.touched.len(), MAX_DEPTH);
    assert!(touched.cut_short);
    let kept = [last - 1, last, last + 1].map(|id| posts.peek(&id).is_some());
    assert_eq!(kept, [false, false, true], "what is known is forgotten");
}

#[tokio::test]
async fn a_row_without_toucher_is_forgotten_all_the_same() {
    let source = Source::of(&["post:3 > planet:1 site:9"]);
    let flow = source.alone(&ENTITIES).await;
    let planets = cache(&flow, "planet");
    load(&planets, 1, 10).await;
    let touched = flow.touch([row("post:3")]).await.unwrap();
    assert_eq!(texts(&touched.touched), ["post:3", "site:9"]);
    assert_eq!(texts(&touched.untouched), ["planet:1"]);
    assert_eq!(planets.peek(&1), None);
}

#[tokio::test]
async fn nothing_is_touched_for_nothing() {
    let source = Source::default();
    let flow = source.alone(&ENTITIES).await;
    let touched = flow.touch([]).await.unwrap();
    assert_eq!((touched.touched, source.asked()), (vec![], 0));
}

/// One that has nothing but what every toucher must have.
struct Plain;

#[async_trait::async_trait]
impl ParentToucher for Plain {
    fn entity(&self) -> &str {
        "plain"
    }

    async fn touch(&self, _: &str, _: std::time::SystemTime) -> Result<(), cacheflow::BoxError> {
        Ok(())
    }
}

#[tokio::test]
async fn a_toucher_needs_no_more_than_a_name_and_a_way_to_touch() {
    let flow = CacheFlow::builder().toucher(Plain).build().await.unwrap();
    let touched = flow.touch([Parent::new("plain", 1)]).await.unwrap();
    assert_eq!(texts(&touched.touched), ["plain:1"]);
}

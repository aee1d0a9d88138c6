//! What a loader is told, and what it says beside its value.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use cacheflow::{Cache, Event, Found, Level, LoadContext, Strategy};
use cacheflow_testkit::eventually;

use crate::support::{HOUR, WITHIN, assert_parts, load, waiting};
use crate::timed::{MINUTE, NANO, SECOND, World, one_cache, refreshes_ended};

type Context = LoadContext<u64>;

type Says = fn(&Context);

/// Loads `key` by a loader that says something, and gives `value`.
async fn saying(
    cache: &Cache<u64, u64>,
    key: u64,
    value: u64,
    say: impl FnOnce(&Context),
) -> Found<u64> {
    let loader = async |context: Context| {
        say(&context);
        Ok::<_, String>(value)
    };
    cache.entry(&key).load(loader).await.unwrap()
}

async fn is_gone(cache: &Cache<u64, u64>, key: u64, what: &str) {
    eventually(what, WITHIN, async || cache.get(&key).await.is_none()).await;
}

fn tags(found: &Found<u64>) -> Vec<&str> {
    found.tags().iter().map(|tag| tag.as_str()).collect()
}

#[tokio::test]
async fn what_a_loader_skips_is_returned_to_all_who_wait_and_not_kept() {
    let world = World::new(|it| it.ttl(HOUR)).await;
    let [one, two] = &world.caches;
    let says: [(&str, Says); 3] = [
        ("skip", |context| context.skip()),
        ("zero", |context| context.ttl(Duration::ZERO)),
        ("too short", |context| {
            context.ttl(Duration::from_micros(999))
        }),
    ];
    for (what, say) in says {
        let found = saying(one, 1, 10, say).await;
        assert_eq!((found.value, found.level), (10, Level::Source), "{what}");
        assert_eq!((one.peek(&1), world.stored(1)), (None, None), "{what}");
        assert_eq!(load(two, 1, 11).await, 11, "{what}");
        let _ = two.invalidate(&1).await.unwrap();
        is_gone(one, 1, "both nodes have forgotten").await;
    }
    // It holds for this value alone.
    assert_eq!(load(one, 1, 12).await, 12);
    assert_eq!(one.get(&1).await, Some(12));
}

#[tokio::test]
async fn a_value_is_forgotten_by_the_tags_that_its_loader_gave_it_on_every_node() {
    let world = World::new(|it| it.ttl(HOUR).tags(|value| vec![format!("value:{value}")])).await;
    let [one, two] = &world.caches;
    let given = one.tagged(["given"]).unwrap();
    for tag in ["said:1", "said:2", "value:10", "given"] {
        let found = saying(&given, 1, 10, |context| {
            context.tags(["said:1"]);
            context.tags([String::from("said:2")]);
        });
        let found = found.await;
        assert_eq!(tags(&found), ["given", "said:1", "said:2", "value:10"]);
        let of_another = two.lookup(&1).await.found().unwrap();
        assert_eq!(tags(&of_another), tags(&found));
        assert_eq!(tags(&one.peek(&1).unwrap()), tags(&found));
        // Another load of the same cache has no part in it.
        assert_eq!(tags(&saying(one, 2, 20, |_| {}).await), ["value:20"]);
        let flow = &world.nodes[0].flow;
        let _ = flow.invalidate().tags([tag]).send().await.unwrap();
        assert_eq!((one.get(&1).await, world.stored(1)), (None, None), "{tag}");
        is_gone(two, 1, tag).await;
        assert_eq!(one.get(&2).await, Some(20));
        let _ = one.invalidate(&2).await.unwrap();
    }
}

#[tokio::test]
async fn a_value_is_forgotten_with_what_its_loader_says_it_was_made_of() {
    let world = World::new(|it| it.ttl(HOUR)).await;
    let [one, two] = &world.caches;
    let parents: Cache<u64, u64> = world.nodes[1].flow.cache("parents").build().unwrap();
    for how in ["invalidate", "put", "clear"] {
        let of = [parents.full_key(&1), parents.full_key(&2)];
        let found = saying(one, 1, 10, |context| context.depends_on(of.clone())).await;
        assert_eq!(found.dependencies(), of);
        assert_eq!(two.lookup(&1).await.found().unwrap().dependencies(), of);
        match how {
            "invalidate" => drop(parents.invalidate(&2).await.unwrap()),
            "put" => drop(parents.put(&1, 1).await.unwrap()),
            _ => drop(parents.clear().await.unwrap()),
        }
        assert_eq!(two.get(&1).await, None, "{how}");
        is_gone(one, 1, how).await;
    }
}

#[tokio::test]
async fn a_value_whose_loader_gives_marks_out_of_bounds_is_returned_told_and_not_kept() {
    let (_clock, flow, cache) = one_cache(|it| it.ttl(HOUR)).await;
    let mut events = flow.events();
    let many = |count: usize| {
        (0..count)
            .map(|tag| format!("tag:{tag}"))
            .collect::<Vec<_>>()
    };
    let keys = |count: usize| (2..count as u64 + 2).map(|key| cache.full_key(&key));
    let cases: [(&str, Vec<String>, usize); 4] = [
        ("allowed are 32", many(33), 0),
        ("128", vec!["x".repeat(129)], 0),
        ("tag", vec![String::new()], 0),
        ("allowed are 1000", Vec::new(), 1_001),
    ];
    for (fault, tags, count) in cases {
        let found = saying(&cache, 1, 10, |context| {
            context.tags(tags);
            context.depends_on(keys(count));
        });
        let found = found.await;
        assert_eq!((found.value, found.tags().len()), (10, 0), "{fault}");
        assert_eq!(cache.peek(&1), None, "{fault}");
        let told = waiting(&mut events);
        let [
            Event::MarksRefused {
                cache,
                key,
                fault: why,
            },
        ] = &told[..]
        else {
            panic!("{fault}: {told:?}");
        };
        assert_eq!((cache.as_str(), key.to_string().as_str()), ("lives", "1"));
        assert_parts(why, &[fault]);
    }
    let found = saying(&cache, 1, 10, |context| {
        context.tags(many(32));
        context.tags(many(32));
        context.depends_on(keys(900));
    });
    assert_eq!(found.await.tags().len(), 32);
    assert!(cache.peek(&1).is_some());
    assert_eq!(waiting(&mut events), []);
}

/// As of a value that its loader skips.
#[tokio::test]
async fn a_value_that_is_not_kept_for_its_marks_may_not_be_served_on() {
    let (_clock, _flow, cache) = one_cache(|it| it.ttl(HOUR)).await;
    let skipped = saying(&cache, 1, 10, Context::skip).await;
    let refused = saying(&cache, 1, 10, |context| context.tags([""])).await;
    assert_eq!(
        (skipped.remaining, refused.remaining),
        (Duration::ZERO, Duration::ZERO)
    );
}

#[tokio::test]
async fn a_version_goes_with_its_value_to_every_level_unless_it_is_too_long() {
    let world = World::new(|it| it.ttl(HOUR)).await;
    let [one, two] = &world.caches;
    let longest = "ä".repeat(512);
    for (version, kept) in [
        ("", Some("")),
        ("W/\"7\"", Some("W/\"7\"")),
        (longest.as_str(), Some(longest.as_str())),
        (&format!("{longest}x"), None),
    ] {
        // The last one counts, also where it is none.
        let found = saying(one, 1, 10, |context| {
            context.version("first");
            context.version(version);
        });
        assert_eq!(found.await.version(), kept);
        assert_eq!(one.peek(&1).unwrap().version(), kept);
        for level in [Level::Shared, Level::Memory] {
            let found = two.lookup(&1).await.found().unwrap();
            assert_eq!((found.level, found.version()), (level, kept));
        }
        let _ = two.put(&1, 11).await.unwrap();
        assert_eq!(two.peek(&1).unwrap().version(), None, "of another value");
        let _ = one.invalidate(&1).await.unwrap();
        is_gone(two, 1, "the other has forgotten").await;
    }
}

#[tokio::test]
async fn a_plain_miss_has_nothing_before_it() {
    let (clock, _flow, cache) = one_cache(|it| it.ttl(MINUTE)).await;
    let fresh = async |what: &str| {
        let loader = async |context: Context| {
            assert_eq!(
                (context.previous(), context.not_modified()),
                (None, None),
                "{what}"
            );
            context.version("v");
            Ok::<_, String>(10)
        };
        let found = cache.entry(&1).load(loader).await.unwrap();
        assert_eq!(found.level, Level::Source, "{what}");
    };
    fresh("never loaded").await;
    clock.advance(MINUTE);
    fresh("expired").await;
    let _ = cache.invalidate(&1).await.unwrap();
    fresh("forgotten").await;
}

/// What a loader was told of the value before.
type Told = Arc<Mutex<Vec<Option<Found<u64>>>>>;

/// A conditional load: `answer` is `None` where the source has nothing newer than
/// what the loader was told of.
async fn conditional(
    told: Told,
    answer: Option<(u64, &str)>,
    context: Context,
) -> Result<u64, String> {
    told.lock().unwrap().push(context.previous().cloned());
    match answer {
        Some((value, version)) => {
            context.version(version);
            context.tags(["page"]);
            Ok(value)
        }
        None => context
            .not_modified()
            .ok_or_else(|| "nothing before".to_owned()),
    }
}

/// Reads `key`; if `waits`, by a load that does not go on without its caller.
async fn page(
    cache: &Cache<u64, u64>,
    waits: bool,
    told: &Told,
    answer: Option<(u64, &'static str)>,
) -> Found<u64> {
    let loader = |context| conditional(Arc::clone(told), answer, context);
    let call = cache.entry(&1);
    let found = match waits {
        true => call.load(loader).await,
        false => call.load_or_refresh(loader).await,
    };
    found.unwrap()
}

#[tokio::test]
async fn a_refresh_knows_the_value_before_and_may_say_that_it_is_still_good() {
    for (strategy, in_memory) in [
        (Strategy::multi_level(), true),
        (Strategy::cache_aside(), false),
    ] {
        for waits in [true, false] {
            let options = |it: crate::timed::Numbers| {
                it.ttl(10 * MINUTE)
                    .strategy(strategy.clone().refresh_ahead(0.5))
            };
            let world = World::new(options).await;
            let cache = &world.caches[0];
            let told = Told::default();
            page(cache, waits, &told, Some((10, "v1"))).await;
            let mut refreshed = 0;
            for _ in 0..3 {
                world.clock.advance(5 * MINUTE - NANO);
                page(cache, waits, &told, Some((99, "not due"))).await;
                world.clock.advance(NANO);
                assert_eq!(page(cache, waits, &told, None).await.value, 10);
                refreshed += 1;
                refreshes_ended(cache, refreshed, 0).await;
                let found = cache.lookup(&1).await.found().unwrap();
                assert_eq!((found.value, found.version()), (10, Some("v1")));
                assert_eq!(found.remaining, 10 * MINUTE, "another lifetime");
                assert_eq!(world.stored(1), Some(10 * MINUTE));
            }
            world.clock.advance(5 * MINUTE);
            page(cache, waits, &told, Some((11, "v2"))).await;
            refreshes_ended(cache, 4, 0).await;
            let found = cache.lookup(&1).await.found().unwrap();
            assert_eq!((found.value, found.version()), (11, Some("v2")));

            let told = std::mem::take(&mut *told.lock().unwrap());
            assert_eq!((told.len(), &told[0]), (5, &None));
            for before in told[1..].iter().flatten() {
                assert_eq!((before.value, before.version()), (10, Some("v1")));
                assert!(!before.stale);
                assert_eq!(before.remaining, 5 * MINUTE, "{in_memory} {waits}");
            }
            assert_eq!(told[1..].iter().flatten().count(), 4);
        }
    }
}

/// A source that says no more than that nothing has changed says no tags again.
#[tokio::test]
async fn a_value_that_was_not_modified_is_forgotten_by_what_it_was_before() {
    let options = |it: crate::timed::Numbers| {
        it.ttl(10 * MINUTE)
            .strategy(Strategy::multi_level().refresh_ahead(0.5))
    };
    let world = World::new(options).await;
    let cache = &world.caches[0];
    let told = Told::default();
    page(cache, true, &told, Some((10, "v1"))).await;
    world.clock.advance(5 * MINUTE);
    page(cache, true, &told, None).await;
    refreshes_ended(cache, 1, 0).await;
    assert_eq!(cache.get(&1).await, Some(10));
    let flow = &world.nodes[0].flow;
    let _ = flow.invalidate().tags(["page"]).send().await.unwrap();
    assert_eq!(cache.get(&1).await, None);
}

#[tokio::test]
async fn a_refresh_of_what_was_forgotten_meanwhile_keeps_nothing_of_it() {
    let options = |it: crate::timed::Numbers| {
        it.ttl(10 * MINUTE)
            .strategy(Strategy::multi_level().refresh_ahead(0.5))
    };
    let world = World::new(options).await;
    let cache = &world.caches[0];
    load(cache, 1, 10).await;
    world.clock.advance(5 * MINUTE);
    let loader = async |context: Context| {
        let _ = cache.invalidate(&1).await.unwrap();
        Ok::<_, String>(context.not_modified().unwrap())
    };
    // Its caller came before.
    assert_eq!(cache.entry(&1).load(loader).await.unwrap().value, 10);
    assert_eq!((cache.get(&1).await, world.stored(1)), (None, None));
    world.clock.advance(SECOND);
    assert_eq!(load(cache, 1, 11).await, 11);
}

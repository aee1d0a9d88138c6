//! What comes between the steps of a fill.

use std::time::Duration;

use cacheflow::Unreadable;
use cacheflow::entry::Envelope;
use cacheflow::event::Change;
use cacheflow::store::{Fill, Filled};
use cacheflow_testkit::{Reply, eventually};

use crate::world::{World, envelope, journal, key, keys, marks, name, none, read, tags};

#[tokio::test]
async fn a_fill_that_a_record_makes_old_leaves_nothing() {
    let world = World::start().await;
    let before = world.position().await;
    let tagged = marks(&["t"], &["src:1"]);
    for forgotten in [keys(["a:1"]), tags(["t"]), keys(["src:1"])] {
        let checked = world.position().await;
        let record = world.record(Change::Forgotten(forgotten)).await;
        let filled = world.fill_at("a:1", &tagged, checked).await;
        assert_eq!(filled, Filled::Refused, "{record:?}");
        assert_eq!(world.get("a:1").await, None);
    }
    // What concerns another entry refuses nothing.
    assert_eq!(world.fill_at("b:1", &none(), before).await, Filled::Kept);
    // A journal that is gone refuses.
    let mut gone = world.position().await;
    gone.incarnation ^= 1;
    assert_eq!(world.fill_at("c:1", &none(), gone).await, Filled::Refused);
    assert_eq!(world.get("c:1").await, None);
    a_late_fill_does_not_replace_a_newer_value(&world).await;
    what_is_too_far_behind_is_refused(&world).await;
}

async fn a_late_fill_does_not_replace_a_newer_value(world: &World) {
    let before = world.position().await;
    let put = world.put_at("late:1", &none(), before).await;
    assert!(put.kept);
    let late = world.fill_at("late:1", &none(), before).await;
    assert_eq!(late, Filled::Refused);
    let stored = world.get("late:1").await.unwrap().bytes;
    assert_eq!(read("late:1", &stored).unwrap().payload, Some(&b"put"[..]));
}

async fn what_is_too_far_behind_is_refused(world: &World) {
    let before = world.position().await;
    for _ in 0..300 {
        world.record(Change::Forgotten(keys(["other:1"]))).await;
    }
    let filled = world.fill_at("far:1", &none(), before).await;
    assert_eq!(filled, Filled::Refused);
    assert_eq!(world.get("far:1").await, None);
}

/// The journal's server hangs after the value was set: the filler gives up, and
/// dies as it were.
#[tokio::test]
async fn a_value_whose_filler_died_is_provisional_and_expires() {
    let world = World::start().await;
    let checked = world.position().await;
    let owner = world.cluster.owner_of(journal()).await;
    let text = away_from_the_journal(&world).await;
    // The connection to the value's server is made.
    world.fill(&text, &none()).await;
    assert!(world.has(&text).await);

    world.cluster.node(owner).pause();
    let bytes = envelope(&text, &none(), checked, b"new");
    let key = key(&text);
    let fill = Fill {
        key: &key,
        bytes: &bytes,
        marks: &none(),
        ttl: Duration::from_secs(3_600),
        longest: Duration::from_secs(3_600),
        checked,
    };
    let filled = tokio::time::timeout(Duration::from_millis(500), world.store.fill(fill)).await;
    assert!(filled.is_err(), "{filled:?}");
    world.cluster.node(owner).resume();
    world.cluster.until_agreed().await;

    // A journal whose server was silent goes on as it was.
    if let Some(stored) = world.get(&text).await {
        let unreadable = read(&text, &stored.bytes).unwrap_err();
        assert_eq!(unreadable, Unreadable::Provisional);
        assert!(stored.remaining <= Duration::from_secs(5));
    }
    eventually("it is gone", Duration::from_secs(20), async || {
        world.get(&text).await.is_none()
    })
    .await;
}

/// A value without its member in the index would be found by no record.
#[tokio::test]
async fn no_value_is_there_before_its_index() {
    let world = World::start().await;
    let checked = world.position().await;
    let owner = world.cluster.owner_of(journal()).await;
    let text = away_from_the_journal(&world).await;
    let keeper = world.cluster.owner_of(name(&text)).await;
    let mut number = 0;
    let tag = loop {
        let tag = format!("t{number}");
        let indexed = world.cluster.owner_of(name(&format!("tag:{tag}"))).await;
        if indexed != owner && indexed != keeper {
            break tag;
        }
        number += 1;
    };
    let indexed = world.cluster.owner_of(name(&format!("tag:{tag}"))).await;
    world.cluster.node(indexed).pause();
    let tagged = marks(&[&tag], &[]);
    let filling = world.fill_at(&text, &tagged, checked);
    let filled = tokio::time::timeout(Duration::from_millis(400), filling).await;
    assert!(filled.is_err(), "{filled:?}");
    let keeper = world.cluster.node(keeper);
    let exists = keeper.command(&["EXISTS", &name(&text)]).await.unwrap();
    assert_eq!(exists, Reply::Integer(0));
    world.cluster.node(indexed).resume();
}

/// While the filler waits for the journal, another's value takes its place.
#[tokio::test]
async fn a_filler_confirms_nothing_but_its_own() {
    let world = World::start().await;
    let checked = world.position().await;
    let text = away_from_the_journal(&world).await;
    world.fill(&text, &none()).await;
    let place = name(&text);
    let mut anothers = envelope(&text, &none(), checked, b"value");
    Envelope::provisional(&mut anothers);

    let owner = world.cluster.owner_of(journal()).await;
    let keeper = world.cluster.owner_of(&place).await;
    let keeper = world.cluster.node(keeper);
    world.cluster.node(owner).pause();
    let unmarked = none();
    let filling = world.fill_at(&text, &unmarked, checked);
    let meanwhile = async {
        eventually("it is set", Duration::from_secs(1), async || {
            let there = keeper.command(&["GETRANGE", &place, "16", "17"]).await;
            there.unwrap() == Reply::bulk("Cf")
        })
        .await;
        // The very same value: only the filler is another.
        let set: [&[u8]; 5] = [b"SET", place.as_bytes(), &anothers, b"PX", b"60000"];
        keeper.command(&set).await.unwrap();
        world.cluster.node(owner).resume();
    };
    let (filled, ()) = tokio::join!(filling, meanwhile);
    assert_eq!(filled, Filled::Refused);
    let stored = world.get(&text).await.unwrap().bytes;
    assert_eq!(stored, anothers);
    // Nobody has confirmed it.
    assert_eq!(read(&text, &stored).unwrap_err(), Unreadable::Provisional);
}

/// A key whose value lies on another server than the journal.
async fn away_from_the_journal(world: &World) -> String {
    let owner = world.cluster.owner_of(journal()).await;
    let mut number = 0;
    loop {
        let text = format!("a:{number}");
        if world.cluster.owner_of(name(&text)).await != owner {
            return text;
        }
        number += 1;
    }
}

/// Whoever was interrupted after the index' step leaves a member without a value:
/// nothing stumbles over it.
#[tokio::test]
async fn a_member_without_a_value_goes_with_the_next_record() {
    let world = World::start().await;
    world.fill("a:1", &marks(&["t"], &[])).await;
    world.command(&name("a:1"), &["DEL", &name("a:1")]).await;
    assert_eq!(world.forget(tags(["t"])).await, 0);
    let index = name("tag:t");
    let exists = world.command(&index, &["EXISTS", &index]).await;
    assert_eq!(exists, Reply::Integer(0));
    an_index_outlives_its_members(&world).await;
    the_dead_leave_an_index(&world).await;
}

async fn an_index_outlives_its_members(world: &World) {
    world.fill("a:1", &marks(&["t"], &["b:1"])).await;
    let left = async |name: &str| {
        let reply = world.command(name, &["PTTL", name]).await;
        let Reply::Integer(left) = reply else {
            panic!("{reply:?}")
        };
        Duration::from_millis(left.unsigned_abs())
    };
    let value = left(&name("a:1")).await;
    let tag = left(&name("tag:t")).await;
    assert!(tag > value && tag < value + Duration::from_secs(60));
    let made_of = left(&name("rd:rev-deps:b:1")).await;
    assert!(made_of > Duration::from_secs(86_000));
}

/// Each add drops members that have surely expired.
async fn the_dead_leave_an_index(world: &World) {
    let index = name("tag:dead");
    for number in 0..20 {
        let member = format!("dead:{number}");
        world
            .command(&index, &["HSET", &index, &member, "1 1000"])
            .await;
    }
    for number in 0..60 {
        world
            .fill(&format!("alive:{number}"), &marks(&["dead"], &[]))
            .await;
    }
    let reply = world.command(&index, &["HLEN", &index]).await;
    let Reply::Integer(members) = reply else {
        panic!("{reply:?}")
    };
    assert!((60..75).contains(&members), "{members}");
}

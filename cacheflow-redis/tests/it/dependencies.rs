//! What was made of what is forgotten, on one Redis with two nodes.
//!
//! Lines in quotation marks are what goes wrong elsewhere.

use cacheflow::key::FullKey;
use cacheflow::{Applied, Cache, Event};
use cacheflow_testkit::RedisServer;

use crate::world::{
    Db, Load, Node, PREFIX, Split, World, all_done, builder_on, bytes_of, event, get, members,
    redis, two,
};

/// Loads `key` of `parents`, which reads these children on its way.
async fn load(parents: &Cache<u64, u64>, key: u64, children: &[(&Cache<u64, u64>, u64)], db: &Db) {
    let loaded = parents.get_or_load(&key, async || {
        for (child, key) in children {
            get(child, *key, db).await;
        }
        db.read().await
    });
    loaded.await.unwrap();
}

async fn stored(server: &RedisServer, key: &str) -> bool {
    bytes_of(server, &format!("{PREFIX}{key}")).await.is_some()
}

/// The indexes that there are.
async fn indexes(server: &RedisServer) -> Vec<String> {
    let mut names = server.keys().await;
    names.retain(|name| name.contains("rd:") || name.contains("tag:"));
    names
}

fn text(keys: &[FullKey]) -> Vec<&str> {
    keys.iter().map(FullKey::as_str).collect()
}

/// What was made of a key goes with it, in the same step, whoever forgets it.
#[tokio::test]
async fn parents_go_with_their_child_everywhere_and_leave_nothing_behind() {
    let (server, db) = (RedisServer::start().await, Db::at(1));
    let (a, b) = two(&server).await;
    let (lines, orders, pages) = (a.cache("lines"), a.cache("orders"), a.cache("pages"));
    for change in ["key", "put", "write", "pattern", "clear", "tag"] {
        let tagged = lines.tagged(["t"]).unwrap();
        let page = pages.get_or_load(&1, async || {
            load(&orders, 1, &[(&tagged, 1), (&lines, 2)], &db).await;
            db.read().await
        });
        page.await.unwrap();
        let there = [b.cache("lines"), b.cache("orders"), b.cache("pages")];
        for cache in &there {
            assert!(cache.get(&1).await.is_some(), "{change}");
        }
        let forget = b.flow.invalidate();
        let applied = match change {
            "key" => there[0].invalidate(&1).await,
            "put" => there[0].put(&1, 7).await,
            "write" => there[0].begin_write(&1).await.unwrap().finish().await,
            "pattern" => forget.pattern("lines:1").send().await,
            "clear" => there[0].clear().await,
            _ => forget.tags(["t"]).send().await,
        };
        assert_eq!(applied.unwrap(), Applied::Recorded);
        for cache in &there[1..] {
            assert_eq!(cache.get(&1).await, None, "{change}");
        }
        a.has_heard(&b).await;
        assert_eq!(
            (orders.get(&1).await, pages.get(&1).await),
            (None, None),
            "{change}"
        );
        all_done(&server).await;
        let left = [
            stored(&server, "orders:1").await,
            stored(&server, "pages:1").await,
        ];
        // A clear leaves parents to be misses until they expire.
        if change != "clear" && change != "pattern" {
            assert_eq!(left, [false; 2], "{change}");
            let left = indexes(&server).await;
            match change {
                // Pages may go first or last. Until pages go, orders stay in the
                // index of what they were made of, which then nobody knows.
                "tag" => {
                    for name in left {
                        assert!(name.contains("rd:rev-deps:lines:"), "{name}");
                        assert_eq!(members(&server, &name).await, ["orders:1"]);
                        redis(&server, &["DEL", &name]).await;
                    }
                }
                _ => assert_eq!(left, [""; 0], "{change}"),
            }
        }
        let _ = b.flow.invalidate().all().send().await.unwrap();
        all_done(&server).await;
        a.has_heard(&b).await;
    }
}

/// "A child *removed* from a collection": it is no part of the next.
#[tokio::test]
async fn what_a_parent_is_no_longer_made_of_does_not_forget_it() {
    let (server, db) = (RedisServer::start().await, Db::at(1));
    let (a, b) = two(&server).await;
    let c = Node::ready(&server.url()).await;
    let (lines, orders) = (a.cache("lines"), a.cache("orders"));
    load(&orders, 1, &[(&lines, 1), (&lines, 2)], &db).await;
    let declared = b.cache("orders").depends_on([lines.full_key(&1)]);
    let _ = declared.put(&1, 2).await.unwrap();
    let index = members(&server, &format!("{PREFIX}rd:rev-deps:lines:2")).await;
    assert_eq!(index, [""; 0]);
    a.has_heard(&b).await;
    let _ = b.cache("lines").invalidate(&2).await.unwrap();
    c.has_heard(&b).await;
    assert_eq!(declared.peek(&1).map(|found| found.value), Some(2));
    assert_eq!(c.cache("orders").get(&1).await, Some(2));
    let _ = b.cache("lines").invalidate(&1).await.unwrap();
    for node in [&a, &c] {
        node.has_heard(&b).await;
    }
    for node in [&a, &b, &c] {
        assert_eq!(node.cache("orders").get(&1).await, None);
    }
    assert_eq!(indexes(&server).await, [""; 0]);
}

/// The same, seen by a node whose memory has had the old collection.
#[tokio::test]
async fn what_a_parent_is_no_longer_made_of_does_not_forget_it_where_it_was_known() {
    let (server, db) = (RedisServer::start().await, Db::at(1));
    let (a, b) = two(&server).await;
    let (lines, orders) = (a.cache("lines"), a.cache("orders"));
    load(&orders, 1, &[(&lines, 1)], &db).await;
    let _ = b.cache("orders").put(&1, 2).await.unwrap();
    let _ = b.cache("lines").invalidate(&1).await.unwrap();
    a.has_heard(&b).await;
    assert_eq!(orders.get(&1).await, Some(2));
}

/// "Parents served from a child that was itself stale": the child is forgotten
/// while the parent is loaded.
#[tokio::test]
async fn a_parents_load_is_fenced_by_what_it_is_made_of() {
    let (world, db) = (World::start().await, Db::at(1));
    let a = Node::ready(&world.server.url()).await;
    let split = Split::new(&world.server.url(), &world.proxy.url());
    let b = Node::ready_as(builder_on(split)).await;
    let child = b.cache("lines").full_key(&1);
    let orders = b.cache("orders").depends_on([child.clone()]);
    for (is_deaf, change) in [
        (false, "key"),
        (true, "key"),
        (true, "put"),
        (true, "pattern"),
        (true, "clear"),
    ] {
        let parent = Load::begin(&orders, 1, &db).await;
        if is_deaf {
            world.proxy.black_hole();
        }
        let forget = a.flow.invalidate();
        let applied = match change {
            "key" => forget.dependents_of(child.as_str()).send().await,
            "put" => a.cache("lines").put(&1, 7).await,
            "pattern" => forget.pattern("line?:*").send().await,
            _ => a.cache("lines").clear().await,
        };
        assert_eq!(applied.unwrap(), Applied::Recorded);
        if !is_deaf {
            b.has_heard(&a).await;
        }
        parent.finish().await;
        assert_eq!(orders.peek(&1), None, "{change}");
        assert!(!stored(&world.server, "orders:1").await, "{change}");
        world.proxy.pass();
        b.is_good().await;
        b.has_heard(&a).await;
        get(&orders, 1, &db).await;
        assert!(orders.peek(&1).is_some(), "now it can be kept");
        let _ = orders.invalidate(&1).await.unwrap();
        all_done(&world.server).await;
    }
}

/// "Cycles; diamonds": declared, on both nodes.
#[tokio::test]
async fn a_diamond_goes_once_and_a_circle_ends() {
    let (server, db) = (RedisServer::start().await, Db::at(1));
    let (a, b) = two(&server).await;
    let key = |number: u64| a.users.full_key(&number);
    // 4 is made of 2 and 3, both of 1; and 1 is declared to be made of 4.
    for (of, parts) in [(1, vec![4]), (2, vec![1]), (3, vec![1]), (4, vec![2, 3])] {
        let made = a.users.depends_on(parts.into_iter().map(key));
        get(&made, of, &db).await;
        assert!(b.users.get(&of).await.is_some());
    }
    let found = b.flow.dependents_of(&key(2)).await.unwrap();
    assert_eq!(text(&found), ["users:1", "users:3", "users:4"]);
    assert_eq!(b.users.invalidate(&2).await.unwrap(), Applied::Recorded);
    a.has_heard(&b).await;
    for number in 1..=4 {
        assert_eq!(b.users.get(&number).await, None);
        assert_eq!(a.users.get(&number).await, None);
    }
    assert_eq!(indexes(&server).await, [""; 0]);
}

/// Nobody keeps the one in the middle any more, nor knows of its tag.
#[tokio::test]
async fn a_declared_chain_holds_although_its_middle_is_gone_from_redis() {
    let (server, db) = (RedisServer::start().await, Db::at(1));
    let (a, b) = two(&server).await;
    let key = |number: u64| a.users.full_key(&number);
    get(&a.users.depends_on([key(1)]), 2, &db).await;
    get(&b.users.depends_on([key(2)]), 3, &db).await;
    redis(&server, &["DEL", &format!("{PREFIX}users:2")]).await;
    // Others come into its index and look after it.
    for number in 100..150 {
        get(&a.users.depends_on([key(1)]), number, &db).await;
    }
    let c = Node::ready(&server.url()).await;
    assert_eq!(c.users.get(&3).await, Some(1));
    let _ = c.users.invalidate(&1).await.unwrap();
    for node in [&a, &b] {
        node.has_heard(&c).await;
    }
    for node in [&a, &b, &c] {
        assert_eq!(
            (node.users.get(&3).await, node.users.get(&100).await),
            (None, None)
        );
    }
}

/// The parent does not carry the tag: it was declared, and the node that keeps it
/// has never had the child.
#[tokio::test]
async fn what_depends_on_something_tagged_goes_with_the_tag() {
    let (server, db) = (RedisServer::start().await, Db::at(1));
    let (a, b) = two(&server).await;
    let child = a.cache("lines").tagged(["t"]).unwrap();
    get(&child, 1, &db).await;
    let orders = b.cache("orders").depends_on([child.full_key(&1)]);
    get(&orders, 1, &db).await;
    let pages = a.cache("pages").depends_on([orders.full_key(&1)]);
    get(&pages, 1, &db).await;
    let _ = a.flow.invalidate().tags(["t"]).send().await.unwrap();
    assert_eq!(child.peek(&1), None);
    all_done(&server).await;
    b.has_heard(&a).await;
    assert_eq!((orders.get(&1).await, pages.get(&1).await), (None, None));
    assert_eq!(indexes(&server).await, [""; 0]);
}

/// "10,000 parents of one child."
#[tokio::test]
async fn ten_thousand_parents_go_with_their_child() {
    const MANY: u64 = 10_000;
    let (server, db) = (RedisServer::start().await, Db::at(1));
    let (a, b) = two(&server).await;
    let lines = a.cache("lines");
    get(&lines, 1, &db).await;
    let parents = a.users.depends_on([lines.full_key(&1)]);
    for key in 0..MANY {
        get(&parents, key, &db).await;
        if key % 100 == 0 {
            get(&b.users, key, &db).await;
        }
    }
    get(&a.users, MANY, &db).await;
    let mut events = b.flow.events();
    let there = b.cache("lines");
    assert_eq!(there.invalidate(&1).await.unwrap(), Applied::Recorded);
    assert_eq!(b.users.get(&(MANY - 1)).await, None, "removed or not");
    a.has_heard(&b).await;
    for key in 0..MANY {
        assert!(a.peek(key).is_none() && b.peek(key).is_none(), "{key}");
    }
    let told = event(&mut events, |event| {
        matches!(event, Event::Reclaimed { .. })
    })
    .await;
    assert!(
        matches!(told, Event::Reclaimed { removed: MANY, .. }),
        "{told:?}"
    );
    let mut names = server.keys().await;
    names.retain(|name| !name.contains("journal"));
    assert_eq!(names, [format!("{PREFIX}users:{MANY}")]);
}

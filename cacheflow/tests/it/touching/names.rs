//! Which entries a row's name reaches, and which it does not; and names that are none.

use std::time::Duration;

use cacheflow::{Cache, CacheFlow, ErrorKind, Parent};

use super::{Source, row, texts};
use crate::support::{Fault, assert_parts, load};

async fn kept(cache: &Cache<String, u64>, key: &str) {
    let loaded = cache.get_or_load(key, async || Ok::<_, Fault>(1)).await;
    assert_eq!(loaded.unwrap(), 1);
}

#[tokio::test]
async fn a_row_is_not_taken_for_one_whose_id_begins_so() {
    let source = Source::default();
    let flow = source.alone(&["user"]).await;
    let users: Cache<u64, u64> = flow.cache("user").build().unwrap();
    let pages: Cache<u64, u64> = flow.cache("pages").build().unwrap();
    for id in [1, 12, 123] {
        load(&users, id, 1).await;
        load(&pages.tagged([format!("user:{id}")]).unwrap(), id, 1).await;
    }
    let _ = flow.touch([row("user:12")]).await.unwrap();
    let has = |cache: &Cache<u64, u64>| [1, 12, 123].map(|id| cache.peek(&id).is_some());
    assert_eq!(has(&users), [true, false, true]);
    assert_eq!(has(&pages), [true, false, true]);
    assert_eq!(source.touched(), ["user:12"]);
}

/// Nobody knows here whether the cache's keys are numbers.
#[tokio::test]
async fn an_id_is_found_as_a_number_and_as_a_text() {
    let flow = Source::default().alone(&["user"]).await;
    let by_number: Cache<u64, u64> = flow.cache("user").build().unwrap();
    let by_text: Cache<String, u64> = flow.cache("user").build().unwrap();
    load(&by_number, 7, 1).await;
    kept(&by_text, "7").await;
    let _ = flow.touch([Parent::new("user", 7)]).await.unwrap();
    assert_eq!((by_number.peek(&7), by_text.peek("7")), (None, None));
}

#[tokio::test]
async fn a_hostile_id_reaches_its_own_entry_and_no_other() {
    let ids = [
        "a:b",
        "*",
        "a b",
        "\n",
        "{}",
        "{id}",
        "[a-z]",
        "?",
        "7",
        "'7",
        "%2A",
        "~",
        "\\",
        "\0",
        "ü",
        "'; DROP TABLE",
    ];
    for id in ids {
        let source = Source::default();
        let flow = source.alone(&["user"]).await;
        let users: Cache<String, u64> = flow.cache("user").build().unwrap();
        let pages: Cache<String, u64> = flow.cache("pages").build().unwrap();
        for other in ids {
            kept(&users, other).await;
            let tags = [format!("user:{other}")];
            kept(&pages.tagged(tags).unwrap(), other).await;
        }
        let touched = flow.touch([Parent::new("user", id)]).await.unwrap();
        assert_eq!(touched.touched[0].id(), id, "as it was given");
        for other in ids {
            assert_eq!(
                users.peek(other).is_none(),
                other == id,
                "{id:?} and {other:?}"
            );
            // A tag that looks as another id does in keys goes along with that one's.
            let looks_so = [("*", "%2A"), ("7", "'7")].contains(&(id, other));
            let gone = other == id || looks_so;
            assert_eq!(pages.peek(other).is_none(), gone, "{id:?} and {other:?}");
        }
    }
}

#[tokio::test]
async fn names_that_are_none_are_all_told_and_nothing_is_touched() {
    let source = Source::default();
    let flow = source.alone(&["user"]).await;
    let parents = [
        Parent::new("us er", 1),
        Parent::new("user", 7),
        Parent::new("user", ""),
    ];
    let error = flow.touch(parents).await.unwrap_err();
    assert_eq!(
        (error.kind(), error.operation()),
        (ErrorKind::InvalidConfig, "touch")
    );
    let parts = [
        "\"us er:1\"",
        "allowed are 1 to 128 characters of [A-Za-z0-9_.@-]",
        "\"user:\"",
        "allowed is an id that is not empty",
    ];
    assert_parts(&error, &parts);
    assert_eq!(source.asked(), 0);
}

#[tokio::test]
async fn all_that_is_wrong_with_touchers_is_told_at_once() {
    let source = Source::default();
    let builder = source.touchers(CacheFlow::builder(), &["user", "us er", "", "user"]);
    let error = builder
        .toucher(source.toucher("page").timeout(Duration::ZERO))
        .toucher(source.toucher("site").timeout(Duration::from_secs(61)))
        .max_staleness(Duration::ZERO)
        .build()
        .await
        .unwrap_err();
    assert_eq!(
        (error.kind(), error.operation()),
        (ErrorKind::InvalidConfig, "build")
    );
    let parts = [
        "max_staleness",
        "toucher: entity = \"us er\": allowed are 1 to 128 characters of [A-Za-z0-9_.@-]",
        "toucher: entity = \"\"",
        "toucher of user: given more than once: allowed is one for each entity",
        "toucher of page: timeout = 0ns: allowed is 1ms to 60s",
        "toucher of site: timeout = 61s: allowed is 1ms to 60s",
    ];
    assert_parts(&error, &parts);
}

/// The name is taken by what backends keep: there is no such cache, but there are tags.
#[tokio::test]
async fn an_entity_may_be_called_as_no_cache_can() {
    let source = Source::default();
    let flow = source.alone(&["tag"]).await;
    let pages: Cache<u64, u64> = flow.cache("pages").build().unwrap();
    load(&pages.tagged(["tag:7"]).unwrap(), 1, 1).await;
    let touched = flow.touch([row("tag:7")]).await.unwrap();
    assert_eq!(texts(&touched.touched), ["tag:7"]);
    assert_eq!(pages.peek(&1), None);
}

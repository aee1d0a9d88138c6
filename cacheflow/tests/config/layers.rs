//! Which layer wins: option by option, whatever was said first.

use std::time::Duration;

use cacheflow::{Cache, CacheFlow, CacheFlowConfig, ErrorKind, Strategy, cached};

use crate::world::{MINUTE, SECOND, Source, alone, config, load};

#[tokio::test]
async fn a_builder_says_single_options_over_configuration() {
    let text = "[defaults]\nttl_jitter = 0\n[caches.users]\nttl = \"1m\"\nmax_entries = 3\ncache_none = \"1h\"";
    let (flow, clock) = alone(text).await;
    let users: Cache<u64, u64> = flow.cache("users").ttl(2 * MINUTE).build().unwrap();
    for key in 0..50 {
        load(&users, key, 10).await.unwrap();
    }
    assert!(users.stats().entries <= 3);
    load(&users, 0, 10).await.unwrap();
    assert_eq!(users.peek(&0).unwrap().remaining, 2 * MINUTE);
    // A call over that.
    let call = users.entry(&90).ttl(SECOND);
    call.load(async |_| Ok::<_, String>(1)).await.unwrap();
    let kept = users.peek(&90).map(|found| found.remaining);
    assert!(kept.is_none_or(|remaining| remaining == SECOND));
    let source = Source::default();
    for _ in 0..2 {
        let none = users.get_or_load_optional(&77, || source.nothing());
        assert_eq!(none.await.unwrap(), None);
    }
    assert_eq!(source.asked(), 1);
    let _ = clock;
}

#[tokio::test]
async fn one_bound_of_memory_takes_the_others_place() {
    let (flow, _) = alone("[caches.users]\nmax_entries = 3").await;
    let users = flow.cache::<u64, u64>("users").max_memory(1 << 20);
    let users = users.build().unwrap();
    for key in 0..50 {
        load(&users, key, 10).await.unwrap();
    }
    assert_eq!(users.stats().entries, 50);
}

#[tokio::test]
async fn what_the_flows_builder_says_wins_whatever_was_said_first() {
    let text = "namespace = \"of-the-file\"\ninstance = \"shop\"";
    let before = CacheFlow::builder()
        .namespace("of-code")
        .config(config(text));
    let after = CacheFlow::builder()
        .config(config(text))
        .namespace("of-code");
    for builder in [before, after] {
        let flow = builder.build().await.unwrap();
        let shown = format!("{flow:?}");
        assert!(
            shown.contains("of-code") && !shown.contains("of-the-file"),
            "{shown}"
        );
        assert!(flow.instance().starts_with("shop-"));
    }
}

#[cached(cache = "users", key = "{id}", cache_none = "1h", flow = flow)]
async fn find_user(flow: &CacheFlow, source: &Source, id: u64) -> Option<u64> {
    source.nothing().await.unwrap()
}

#[tokio::test]
async fn an_attribute_says_single_options_over_configuration() {
    let text = "[caches.users]\ncache_none = \"1s\"\nmax_nothings = 1000\nttl = \"1m\"";
    let (flow, clock) = alone(text).await;
    let source = Source::default();
    find_user(&flow, &source, 1).await;
    clock.advance(MINUTE);
    find_user(&flow, &source, 1).await;
    assert_eq!(source.asked(), 1);
    // Its cache has the file's lifetime.
    let users: Cache<u64, u64> = flow.cache("users").ttl(MINUTE).build().unwrap();
    let error = flow
        .cache::<u64, u64>("users")
        .ttl(SECOND)
        .build()
        .unwrap_err();
    assert!(error.to_string().contains("ttl = 60s, not 1s"), "{error}");
    drop(users);
}

#[tokio::test]
async fn a_second_handle_may_repeat_some_of_the_options() {
    let (flow, _) = alone("[caches.users]\nmax_entries = 3").await;
    let first = flow.cache::<u64, u64>("users").ttl(MINUTE).hold_off(SECOND);
    let _first = first.build().unwrap();
    let again = || flow.cache::<u64, u64>("users");
    again().build().unwrap();
    again().hold_off(SECOND).build().unwrap();
    again().max_entries(3).ttl(MINUTE).build().unwrap();
    let error = again().max_entries(4).ttl(MINUTE).build().unwrap_err();
    let text = error.to_string();
    assert!(
        text.contains("bound = Entries(3), not Entries(4)"),
        "{text}"
    );
    assert!(!text.contains("ttl"), "{text}");
}

#[tokio::test]
async fn what_code_and_configuration_say_together_is_checked() {
    let (flow, _) = alone("[caches.users]\nidle = \"1m\"").await;
    let refreshed = Strategy::multi_level().refresh_ahead(0.8);
    let error = flow.cache::<u64, u64>("users").strategy(refreshed).build();
    let error = error.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidConfig);
    assert!(
        error
            .to_string()
            .contains("idle = 60s: allowed without refresh_ahead")
    );
}

#[tokio::test]
async fn a_configuration_that_is_wrong_is_refused_by_the_flow() {
    let mut config = CacheFlowConfig::default();
    config.max_staleness = Some(Duration::ZERO);
    config.defaults.ttl_jitter = Some(2.0);
    config.caches.entry("a:b".to_owned()).or_default();
    let error = CacheFlow::builder().config(config.clone()).build().await;
    let error = error.unwrap_err().to_string();
    for part in [
        "max_staleness = 0ns: allowed is",
        "defaults: ttl_jitter = 2",
        "caches.a:b: cache name = \"a:b\"",
    ] {
        assert_eq!(
            error.matches(part).count(),
            1,
            "{part:?} is not once in {error}"
        );
        let told = config.validate().unwrap_err().to_string();
        assert!(told.contains(part), "{part:?} is not in {told}");
    }
}

#[tokio::test]
async fn a_spec_says_what_single_options_would() {
    let (flow, clock) = alone("[caches.users]\nmax_entries = 500\ncache_none = \"1h\"").await;
    let spec = "max_memory=64kib,ttl=100s,ttl_jitter=0,refresh_ahead=0.1,max_memory=1MiB";
    let error = flow
        .cache::<u64, u64>("users")
        .spec(spec)
        .build()
        .unwrap_err();
    assert!(
        error
            .to_string()
            .contains("spec: max_memory: it stands there twice"),
        "{error}"
    );

    let spec = "max_memory=1MiB,ttl=100s,ttl_jitter=0,refresh_ahead=0.1";
    let users: Cache<u64, u64> = flow.cache("users").spec(spec).build().unwrap();
    load(&users, 1, 10).await.unwrap();
    clock.advance(20 * SECOND);
    assert_eq!(load(&users, 1, 11).await.unwrap(), 11);
    for key in 0..600 {
        load(&users, key, 10).await.unwrap();
    }
    assert_eq!(users.stats().entries, 600);

    let error = flow
        .cache::<u64, u64>("others")
        .spec("tll=1s,ttl=soon,strategy=fail-safe");
    let error = error.build().unwrap_err().to_string();
    for part in [
        "spec: tll: there is no such option; did you mean ttl?",
        "spec: ttl: the duration \"soon\" cannot be read",
    ] {
        assert!(error.contains(part), "{part:?} is not in {error}");
    }
    let error = flow
        .cache::<u64, u64>("others")
        .spec("strategy=fail-safe")
        .build();
    let error = error.unwrap_err().to_string();
    assert!(
        error.contains("spec: fail-safe: it needs stale_ttl"),
        "{error}"
    );
}

#[tokio::test]
async fn caches_that_nobody_builds_are_listed() {
    let text =
        "[caches.users]\nttl = 1\n[caches.\"order-lines\"]\nttl = 1\n[caches.oders]\nttl = 1";
    let variables = [
        ("CACHEFLOW_CACHES__ORDER_LINES__TTL", "2s"),
        ("CACHEFLOW_CACHES__SHOP_CARTS__TTL", "2s"),
        ("CACHEFLOW_CACHES__SHOP_ITEMS__TTL", "2s"),
    ];
    let config = config(text).under(&CacheFlowConfig::from_variables(variables).unwrap());
    let flow = CacheFlow::builder().config(config).build().await.unwrap();
    for name in ["users", "order-lines", "orders", "shop.carts"] {
        flow.cache::<u64, u64>(name).build().unwrap();
    }
    assert_eq!(flow.unbuilt_caches(), ["oders", "shop_items"]);
}

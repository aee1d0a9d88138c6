//! A file that is looked at again and again.

use std::path::Path;
use std::time::Duration;

use cacheflow::{Cache, CacheFlow, ErrorKind, Event, Events};

use crate::world::{MINUTE, SECOND, config, load};

const OFTEN: Duration = Duration::from_millis(10);

fn write(path: &Path, text: &str) {
    // As a whole, as those do who deploy configuration.
    let new = path.with_extension("new");
    std::fs::write(&new, text).unwrap();
    std::fs::rename(new, path).unwrap();
}

/// The one event that is told, however often the file is looked at meanwhile. In tokio's
/// time, which is paused: it goes on when everybody waits for it.
async fn told(events: &mut Events) -> Event {
    tokio::time::sleep(20 * OFTEN).await;
    let mut told = Vec::new();
    while let Ok(event) = tokio::time::timeout(Duration::ZERO, events.next()).await {
        told.push(event.unwrap().unwrap());
    }
    assert_eq!(told.len(), 1, "{told:?}");
    told.remove(0)
}

async fn remaining(users: &Cache<u64, u64>, key: u64) -> Duration {
    load(users, key, 10).await.unwrap();
    users.peek(&key).unwrap().remaining
}

#[tokio::test(start_paused = true)]
async fn a_changed_file_changes_options_and_a_broken_one_does_not() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("cacheflow.toml");
    write(&path, "[defaults]\nttl = \"1m\"\nttl_jitter = 0\n");
    let clock = cacheflow::clock::Clock::manual();
    let builder = CacheFlow::builder().clock(clock).watch_config(&path, OFTEN);
    let under = config("namespace = \"shop\"\n[defaults]\nttl = \"9m\"");
    let flow = builder.config(under).build().await.unwrap();
    assert!(format!("{flow:?}").contains("cacheflow:shop/"));
    let users: Cache<u64, u64> = flow.cache("users").build().unwrap();
    assert_eq!(remaining(&users, 1).await, MINUTE);

    let mut events = flow.events();
    write(&path, "[defaults]\nttl = \"2m\"\nttl_jitter = 0\n");
    let Event::Reconfigured { changed, .. } = told(&mut events).await else {
        panic!("another event");
    };
    assert_eq!(*changed, ["caches.users: ttl = 120s, not 60s"]);
    assert_eq!(remaining(&users, 2).await, 2 * MINUTE);

    for (broken, part) in [
        ("[defaults\n", "line 1"),
        ("[defaults]\ntll = 3\n", "did you mean ttl?"),
        (
            "[caches.users]\nttl_jitter = 3\n",
            "caches.users: ttl_jitter = 3",
        ),
    ] {
        write(&path, broken);
        let Event::ConfigRejected { error } = told(&mut events).await else {
            panic!("another event");
        };
        assert!(error.contains(part), "{part:?} is not in {error}");
        assert_eq!(remaining(&users, 2).await, 2 * MINUTE);
    }
    std::fs::remove_file(&path).unwrap();
    let Event::ConfigRejected { error } = told(&mut events).await else {
        panic!("another event");
    };
    assert!(error.contains("cannot be read"), "{error}");

    write(&path, "[defaults]\nttl = \"3m\"\nttl_jitter = 0\n");
    assert!(matches!(
        told(&mut events).await,
        Event::Reconfigured { .. }
    ));
    assert_eq!(remaining(&users, 3).await, 3 * MINUTE);
}

/// As Kubernetes mounts a config map: a link to a folder is swapped.
#[cfg(unix)]
#[tokio::test(start_paused = true)]
async fn a_link_that_is_set_to_another_file_is_seen() {
    let dir = tempfile::tempdir().unwrap();
    let of = |name: &str| dir.path().join(name);
    for (name, ttl) in [("one", 60), ("two", 61)] {
        std::fs::create_dir(of(name)).unwrap();
        let text = format!("[defaults]\nttl = {ttl}\nttl_jitter = 0\n");
        std::fs::write(of(name).join("cacheflow.toml"), text).unwrap();
    }
    let link = |name: &str| {
        std::os::unix::fs::symlink(of(name), of("new")).unwrap();
        std::fs::rename(of("new"), of("data")).unwrap();
    };
    link("one");
    let builder = CacheFlow::builder().watch_config(of("data").join("cacheflow.toml"), OFTEN);
    let clock = cacheflow::clock::Clock::manual();
    let flow = builder.clock(clock).build().await.unwrap();
    let users: Cache<u64, u64> = flow.cache("users").build().unwrap();
    assert_eq!(remaining(&users, 1).await, 60 * SECOND);
    let mut events = flow.events();
    link("two");
    assert!(matches!(
        told(&mut events).await,
        Event::Reconfigured { .. }
    ));
    assert_eq!(remaining(&users, 2).await, 61 * SECOND);
}

#[tokio::test]
async fn a_file_that_is_wrong_at_the_start_is_a_fault() {
    let dir = tempfile::tempdir().unwrap();
    let missing = dir.path().join("missing.toml");
    let builder = CacheFlow::builder().watch_config(&missing, Duration::ZERO);
    let error = builder.namespace("a:b").build().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidConfig);
    let text = error.to_string();
    for part in [
        "missing.toml",
        "watch_config = 0ns: allowed is 10ms to",
        "namespace = \"a:b\"",
    ] {
        assert!(text.contains(part), "{part:?} is not in {text}");
    }
}

#[test]
fn without_a_runtime_nobody_could_look_at_it() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("cacheflow.toml");
    write(&path, "");
    let builder = CacheFlow::builder().watch_config(&path, SECOND);
    let mut building = std::pin::pin!(builder.build());
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    let std::task::Poll::Ready(built) = building.as_mut().poll(&mut context) else {
        panic!("it waits");
    };
    let error = built.unwrap_err().to_string();
    assert!(
        error.contains("watch_config: a flow with a watch_config is built inside"),
        "{error}"
    );
}

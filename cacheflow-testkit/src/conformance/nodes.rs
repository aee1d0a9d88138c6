//! What a rule works with: two nodes of one namespace on the backend.

use std::any::Any;
use std::future::poll_fn;
use std::hash::{BuildHasher, RandomState};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use cacheflow::bus::Bus;
use cacheflow::entry::Envelope;
use cacheflow::event::Position;
use cacheflow::key::{CacheName, FullKey};
use cacheflow::store::{Fill, Filled, Put, Recorded, SharedStore};
use cacheflow::{Backend, Namespace, Result};

/// A bound against hanging, not an expectation.
pub(super) const WITHIN: Duration = Duration::from_secs(60);

/// Longer than any rule takes.
pub(super) const LONG: Duration = Duration::from_secs(3600);

pub(super) struct Nodes {
    backend: Box<dyn Backend>,
    prefix: String,
    rule: &'static str,
    pub(super) one: Arc<dyn SharedStore>,
    pub(super) two: Arc<dyn SharedStore>,
}

impl Nodes {
    pub(super) fn new(backend: impl Backend, rule: &'static str) -> Self {
        let prefix = format!("conformance-{:016x}:", RandomState::new().hash_one(rule));
        let store = |origin| backend.store(&Namespace::new(&prefix, origin));
        Self {
            one: store("one"),
            two: store("two"),
            backend: Box::new(backend),
            prefix,
            rule,
        }
    }

    /// Runs the rule's check, and says which rule it was if it panics.
    pub(super) async fn check(&self, check: impl Future<Output = ()>) {
        let rule = self.rule.replace('_', " ");
        let mut check = Box::pin(tokio::time::timeout(WITHIN, check));
        let caught = poll_fn(|context| {
            let poll = AssertUnwindSafe(|| check.as_mut().poll(context));
            match catch_unwind(poll) {
                Ok(poll) => poll.map(Ok),
                Err(panic) => Poll::Ready(Err(panic)),
            }
        });
        match caught.await {
            Ok(Ok(())) => {}
            Ok(Err(_)) => panic!("not checked within {WITHIN:?}: {rule}"),
            // The place has been told already.
            Err(panic) => panic!("the backend breaks a rule: {rule}: {}", text(&*panic)),
        }
    }

    /// The bus of a node.
    pub(super) fn bus(&self, origin: &str) -> Arc<dyn Bus> {
        self.backend.bus(&Namespace::new(&self.prefix, origin))
    }

    /// Another namespace on the same server, whose prefix begins with this
    /// one's.
    pub(super) fn neighbour(&self) -> Namespace {
        Namespace::new(format!("{}x:", self.prefix), "one")
    }

    /// A node's store in another namespace.
    pub(super) fn store_in(&self, namespace: &Namespace) -> Arc<dyn SharedStore> {
        self.backend.store(namespace)
    }

    /// A node's bus in another namespace.
    pub(super) fn bus_in(&self, namespace: &Namespace) -> Arc<dyn Bus> {
        self.backend.bus(namespace)
    }

    /// Where the journal stands, after one more record.
    pub(super) async fn position(&self) -> Position {
        position(&*self.one).await
    }

    /// Node one fills `key`.
    pub(super) async fn fill(&self, key: &FullKey, payload: &str, checked: Position) -> Filled {
        fill(&*self.one, key, payload, checked).await
    }

    /// Node one fills `key`, and it is kept.
    pub(super) async fn fill_for(&self, key: &FullKey, ttl: Duration, checked: Position) {
        let bytes = &envelope(checked, "Ada");
        let fill = Fill {
            key,
            bytes,
            ttl,
            checked,
        };
        assert_eq!(self.one.fill(fill).await.expect("a fill"), Filled::Kept);
    }

    /// Node one puts `key`, and it is kept.
    pub(super) async fn put_for(&self, key: &FullKey, ttl: Duration, checked: Position) {
        let bytes = &envelope(checked, "Ada");
        let put = Put {
            key,
            bytes,
            ttl,
            checked,
        };
        assert!(self.one.put(put).await.expect("a put").kept);
    }

    /// Node one puts `key`.
    pub(super) async fn put(&self, key: &FullKey, checked: Position) -> Recorded {
        put(&*self.one, key, checked).await.expect("a put")
    }

    /// The bytes kept for `key`.
    pub(super) async fn bytes(&self, key: &FullKey) -> Option<Vec<u8>> {
        let stored = self.two.get(key).await.expect("a get");
        stored.map(|stored| stored.bytes.to_vec())
    }
}

/// What a panic says.
fn text(panic: &(dyn Any + Send)) -> &str {
    let owned = panic.downcast_ref::<String>().map(String::as_str);
    owned
        .or_else(|| panic.downcast_ref::<&str>().copied())
        .unwrap_or("")
}

/// Where the journal stands, after one more record.
pub(super) async fn position(store: &dyn SharedStore) -> Position {
    forget(store, &key("nobody:0")).await
}

/// Forgets one key; returns where that stands.
pub(super) async fn forget(store: &dyn SharedStore, key: &FullKey) -> Position {
    let recorded = store.forget(std::slice::from_ref(key), None).await;
    recorded.expect("a forgetting").position
}

pub(super) async fn fill(
    store: &dyn SharedStore,
    key: &FullKey,
    payload: &str,
    checked: Position,
) -> Filled {
    let fill = Fill {
        key,
        bytes: &envelope(checked, payload),
        ttl: LONG,
        checked,
    };
    store.fill(fill).await.expect("a fill")
}

pub(super) async fn put(
    store: &dyn SharedStore,
    key: &FullKey,
    checked: Position,
) -> Result<Recorded> {
    let put = Put {
        key,
        bytes: &envelope(checked, "put"),
        ttl: LONG,
        checked,
    };
    store.put(put).await
}

pub(super) fn key(text: &str) -> FullKey {
    FullKey::parse(text).expect("a full key")
}

pub(super) fn cache(name: &str) -> CacheName {
    CacheName::new(name).expect("a cache's name")
}

/// The envelope of some value that was loaded under this journal.
pub(super) fn envelope(position: Position, payload: &str) -> Vec<u8> {
    let envelope = Envelope {
        as_of: 0,
        incarnation: position.incarnation,
        codec: 1,
        schema: 0,
        created: 0,
        expires: 0,
        stale_until: 0,
        load_micros: 0,
        key: b"key",
        payload: payload.as_bytes(),
    };
    envelope.encode().expect("an envelope")
}

/// `number` records later.
pub(super) fn later(position: Position, number: u64) -> Position {
    Position {
        number: position.number + number,
        ..position
    }
}

/// In a journal that nobody has.
pub(super) fn elsewhere(position: Position) -> Position {
    Position {
        incarnation: position.incarnation ^ 1,
        ..position
    }
}

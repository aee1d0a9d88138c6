//! What a rule works with: two nodes of one namespace on the backend.

use std::any::Any;
use std::future::poll_fn;
use std::hash::{BuildHasher, RandomState};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use cacheflow::bus::Bus;
use cacheflow::event::{Change, Forgotten, Position, Snapshot};
use cacheflow::key::{FullKey, Marks};
use cacheflow::lock::Leases;
use cacheflow::store::{Fill, Filled, Put, Recorded, Relations, SharedStore, Since};
use cacheflow::{Backend, Namespace, Result};

use super::samples::{LONG, WITHIN, envelope, key, marked};

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

    /// The leases of a node.
    pub(super) fn leases(&self, origin: &str) -> Arc<dyn Leases> {
        self.backend.leases(&Namespace::new(&self.prefix, origin))
    }

    /// A node's leases in another namespace.
    pub(super) fn leases_in(&self, namespace: &Namespace) -> Arc<dyn Leases> {
        self.backend.leases(namespace)
    }

    /// Another namespace on the same server, whose prefix begins with this
    /// one's.
    pub(super) fn neighbour(&self) -> Namespace {
        Namespace::new(format!("{}x:", self.prefix), "one")
    }

    /// Another namespace on the same server, none of whose names can be one of
    /// this.
    pub(super) fn stranger(&self) -> Namespace {
        let prefix = self.prefix.replacen('-', "-x", 1);
        Namespace::new(prefix, "one")
    }

    /// A node's store in another namespace.
    pub(super) fn store_in(&self, namespace: &Namespace) -> Arc<dyn SharedStore> {
        self.backend.store(namespace)
    }

    /// A node's bus in another namespace.
    pub(super) fn bus_in(&self, namespace: &Namespace) -> Arc<dyn Bus> {
        self.backend.bus(namespace)
    }

    /// How the journal stands.
    pub(super) async fn snapshot(&self) -> Snapshot {
        snapshot(&*self.two).await
    }

    /// Where the journal stands.
    pub(super) async fn position(&self) -> Position {
        self.snapshot().await.position
    }

    /// Makes a record that forgets nothing of what a rule has; returns where it
    /// stands.
    pub(super) async fn next(&self) -> Position {
        next(&*self.one).await
    }

    /// Makes so many of them.
    pub(super) async fn pass(&self, records: u64) {
        for _ in 0..records {
            self.next().await;
        }
    }

    /// Node two makes a record.
    pub(super) async fn record(&self, change: &Change) -> Recorded {
        // Whoever says that a record is done has to stand in its journal.
        let known = match change {
            Change::Done(_) => Some(self.snapshot().await.position),
            _ => None,
        };
        self.two.record(change, known).await.expect("a record")
    }

    /// Node two forgets something.
    pub(super) async fn forget(&self, forgotten: Forgotten) -> Recorded {
        self.record(&Change::Forgotten(forgotten)).await
    }

    /// Node one fills `key`.
    pub(super) async fn fill(&self, key: &FullKey, payload: &str, checked: Position) -> Filled {
        fill(&*self.one, key, payload, checked).await
    }

    /// Node one fills `key` with a value that has marks.
    pub(super) async fn fill_marked(
        &self,
        key: &FullKey,
        marks: &Marks,
        checked: Position,
    ) -> Filled {
        let bytes = &marked(checked, marks, "marked");
        let fill = Fill {
            key,
            bytes,
            marks,
            ttl: LONG,
            longest: LONG,
            checked,
        };
        self.one.fill(fill).await.expect("a fill")
    }

    /// Node one fills `key`, and it is kept.
    pub(super) async fn keep(&self, text: &str, marks: &Marks) {
        let checked = self.position().await;
        let filled = self.fill_marked(&key(text), marks, checked).await;
        assert_eq!(filled, Filled::Kept, "{text}");
    }

    /// Node one fills `key`, and it is kept.
    pub(super) async fn fill_for(&self, key: &FullKey, ttl: Duration, checked: Position) {
        let bytes = &envelope(checked, "Ada");
        let fill = Fill {
            key,
            bytes,
            marks: Marks::NONE,
            ttl,
            longest: ttl,
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
            marks: Marks::NONE,
            ttl,
            longest: ttl,
            checked,
        };
        assert!(self.one.put(put).await.expect("a put").kept);
    }

    /// Node one puts `key`.
    pub(super) async fn put(&self, key: &FullKey, checked: Position) -> Recorded {
        put(&*self.one, key, Marks::NONE, checked)
            .await
            .expect("a put")
    }

    /// Node one puts `key` with a value that has marks.
    pub(super) async fn put_marked(
        &self,
        key: &FullKey,
        marks: &Marks,
        checked: Position,
    ) -> Recorded {
        put(&*self.one, key, marks, checked).await.expect("a put")
    }

    /// What `key` is related to, as node two is told.
    pub(super) async fn relations(&self, key: &FullKey) -> Relations {
        self.two.relations(key).await.expect("relations")
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

/// How the journal stands.
pub(super) async fn snapshot(store: &dyn SharedStore) -> Snapshot {
    match store.since(None).await.expect("where the journal stands") {
        Since::Anew(snapshot) => snapshot,
        Since::Records(records) => panic!("since nothing known: {records:?}"),
    }
}

/// Makes a record that forgets nothing of what a rule has; returns where it
/// stands.
pub(super) async fn next(store: &dyn SharedStore) -> Position {
    forget(store, &key("nobody:0")).await
}

/// Forgets one key; returns where that stands.
pub(super) async fn forget(store: &dyn SharedStore, key: &FullKey) -> Position {
    let change = Change::Forgotten(Forgotten::keys([key.clone()]));
    let recorded = store.record(&change, None).await;
    recorded.expect("a forgetting").record.position
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
        marks: Marks::NONE,
        ttl: LONG,
        longest: LONG,
        checked,
    };
    store.fill(fill).await.expect("a fill")
}

pub(super) async fn put(
    store: &dyn SharedStore,
    key: &FullKey,
    marks: &Marks,
    checked: Position,
) -> Result<Recorded> {
    let put = Put {
        key,
        bytes: &marked(checked, marks, "put"),
        marks,
        ttl: LONG,
        longest: LONG,
        checked,
    };
    store.put(put).await
}

//! A shared store, leases and a bus in this process, for tests of several nodes.
//!
//! ```
//! # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! use cacheflow::{Cache, CacheFlow};
//! use cacheflow_testkit::MemoryBackend;
//!
//! let server = MemoryBackend::new();
//! let (one, two) = (
//!     CacheFlow::builder().backend(server.clone()).build().await?,
//!     CacheFlow::builder().backend(server.clone()).build().await?,
//! );
//! let here: Cache<u64, String> = one.cache("users").build()?;
//! let there: Cache<u64, String> = two.cache("users").build()?;
//! # let ready = async || one.health().is_good() && two.health().is_good();
//! # cacheflow_testkit::eventually("both have subscribed", std::time::Duration::from_secs(10), ready).await;
//!
//! let _ = here.put(&7, "Ada".to_owned()).await?;
//! assert_eq!(there.get(&7).await.as_deref(), Some("Ada"));
//! assert_eq!(server.names(), ["cacheflow:users:7"]);
//! # Ok(()) }
//! ```
//!
//! It keeps to every rule of the three ports, which the [`conformance`](crate::conformance)
//! suites check: each change is one step under one lock. What a server does
//! when it is in trouble has to be asked for:
//!
//! | trouble | call |
//! |---|---|
//! | all connections of the bus break | [`disconnect`](MemoryBackend::disconnect) |
//! | restarted, with nothing on disk | [`restart`](MemoryBackend::restart) |
//! | the journal was evicted, values stay | [`lose_journal`](MemoryBackend::lose_journal) |
//! | old records of the journal were dropped | [`trim_journal`](MemoryBackend::trim_journal) |
//! | a replica takes over that missed the last changes | [`backup`](MemoryBackend::backup), [`fail_over_to`](MemoryBackend::fail_over_to) |
//! | somebody without a journal announces a change | [`announce_foreign`](MemoryBackend::announce_foreign) |
//! | somebody announces the return of a lease | [`announce_released`](MemoryBackend::announce_released) |
//! | somebody publishes nonsense | [`announce_garbage`](MemoryBackend::announce_garbage) |
//! | nothing is removed before it is reclaimed | [`removing_late`](MemoryBackend::removing_late) |
//! | somebody writes over a value | [`overwrite`](MemoryBackend::overwrite) |
//! | it fails, hangs, or an answer is lost | [`Failing`](crate::Failing) around it |
//!
//! Not promised: anything of a real server's timing. Operations are ready when
//! they are first polled; put [`Shuffling`](crate::Shuffling) or
//! [`Gate`](crate::Gate) around it for other orders.

mod bus;
mod journal;
mod lock;
mod server;
mod store;

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use cacheflow::bus::Bus;
use cacheflow::clock::Clock;
use cacheflow::entry::Envelope;
use cacheflow::event::Forgotten;
use cacheflow::key::{FullKey, Marks};
use cacheflow::lock::Leases;
use cacheflow::store::{SharedStore, Stored};
use cacheflow::{Backend, Namespace};

use bus::MemoryBus;
use journal::News;
use lock::MemoryLeases;
use server::{Kept, Server};
use store::MemoryStore;

/// A "server" in this process; clones are the same one.
///
/// See the [module's documentation](self).
#[derive(Clone)]
pub struct MemoryBackend(Arc<Shared>);

/// What the backend, its stores and its buses hold together.
struct Shared {
    server: Mutex<Server>,
    clock: Clock,
    /// Whether values are removed by reclaiming alone.
    removes_late: bool,
}

impl Shared {
    fn server(&self) -> MutexGuard<'_, Server> {
        self.server.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl MemoryBackend {
    /// How far back a fill or put is checked, and an answer can tell what was
    /// missed: so many records. Older ones refuse.
    pub const LOOK_BACK: u64 = journal::LOOK_BACK;

    /// An empty server, whose values expire by the system's clock.
    #[must_use]
    pub fn new() -> Self {
        Self::with_clock(Clock::system())
    }

    /// An empty server, whose values expire by `clock`. Heartbeats keep to
    /// tokio's time.
    #[must_use]
    pub fn with_clock(clock: Clock) -> Self {
        Self(Arc::new(Shared {
            server: Mutex::default(),
            clock,
            removes_late: false,
        }))
    }

    /// An empty server that removes nothing in the step of a record, as where
    /// journal and values lie apart: every record that forgets something is open,
    /// and what it makes old stays until it is reclaimed.
    #[must_use]
    pub fn removing_late() -> Self {
        Self(Arc::new(Shared {
            server: Mutex::default(),
            clock: Clock::system(),
            removes_late: true,
        }))
    }

    /// The names of all values that have not expired, prefix first, in order.
    #[must_use]
    pub fn names(&self) -> Vec<String> {
        let now = self.0.clock.now();
        self.0.server().names(now)
    }

    /// The value under a name, such as `cacheflow:users:7`.
    #[must_use]
    pub fn value(&self, name: &str) -> Option<Stored> {
        let now = self.0.clock.now();
        let mut server = self.0.server();
        let kept = server.get(name, now)?;
        Some(Stored {
            remaining: kept.expires.since(now),
            incarnation: Envelope::incarnation_in(&kept.bytes).unwrap_or(0),
            bytes: kept.bytes,
        })
    }

    /// Writes bytes of any kind under a name, past the journal, as only
    /// somebody can do who does not know what lies there.
    pub fn overwrite(&self, name: &str, bytes: impl Into<Bytes>, ttl: Duration) {
        let kept = Kept {
            bytes: bytes.into(),
            expires: self.0.clock.now().after(ttl),
            marks: Marks::default(),
        };
        self.0.server().set(name.to_owned(), kept);
    }

    /// How many connections of the bus listen, in all namespaces.
    #[must_use]
    pub fn listeners(&self) -> usize {
        self.0.server().listeners()
    }

    /// Breaks every connection of the bus. Nodes come back by themselves.
    pub fn disconnect(&self) {
        self.0.server().disconnect();
    }

    /// What a restart does to a server that keeps nothing on disk: values,
    /// leases and journals are gone, connections broken, journals begin anew under another
    /// incarnation.
    pub fn restart(&self) {
        let mut server = self.0.server();
        server.disconnect();
        server.clear();
        server.begin_journals_anew();
    }

    /// What the server holds now, to [fail over to](MemoryBackend::fail_over_to).
    #[must_use]
    pub fn backup(&self) -> Backup {
        Backup(self.0.server().clone())
    }

    /// A replica that has missed everything since `backup` takes over: all
    /// connections of the bus break, and the journals go on under another
    /// incarnation.
    pub fn fail_over_to(&self, backup: Backup) {
        let mut server = self.0.server();
        server.disconnect();
        *server = backup.0;
        server.disconnect();
        server.take_over();
    }

    /// Begins every journal anew under another incarnation; values stay, and
    /// nobody is told.
    pub fn lose_journal(&self) {
        self.0.server().begin_journals_anew();
    }

    /// Drops the records of every journal; the numbers go on.
    pub fn trim_journal(&self) {
        self.0.server().trim_journals();
    }

    /// Announces in every namespace that keys have changed, without a record.
    pub fn announce_foreign(&self, keys: &[FullKey], origin: &str) {
        self.0.server().announce_everywhere(&News::Foreign {
            forgotten: Forgotten::keys(keys),
            origin: origin.to_owned(),
        });
    }

    /// Announces in every namespace that the lease `name` was given back; it stays
    /// whose it is.
    pub fn announce_released(&self, name: &str) {
        let news = News::Released(name.to_owned());
        self.0.server().announce_everywhere(&news);
    }

    /// Announces in every namespace what nobody understands.
    pub fn announce_garbage(&self) {
        self.0.server().announce_everywhere(&News::Garbage);
    }
}

/// What a [`MemoryBackend`] held at some time.
#[derive(Clone)]
pub struct Backup(Server);

impl fmt::Debug for Backup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Backup").finish_non_exhaustive()
    }
}

impl Default for MemoryBackend {
    fn default() -> Self {
        Self::new()
    }
}

impl Backend for MemoryBackend {
    fn store(&self, namespace: &Namespace) -> Arc<dyn SharedStore> {
        Arc::new(MemoryStore::new(Arc::clone(&self.0), namespace))
    }

    fn bus(&self, namespace: &Namespace) -> Arc<dyn Bus> {
        Arc::new(MemoryBus::new(Arc::clone(&self.0), namespace))
    }

    fn leases(&self, namespace: &Namespace) -> Arc<dyn Leases> {
        Arc::new(MemoryLeases::new(Arc::clone(&self.0), namespace))
    }
}

impl fmt::Debug for MemoryBackend {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryBackend")
            .field("names", &self.names())
            .field("listeners", &self.listeners())
            .finish()
    }
}

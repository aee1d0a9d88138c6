//! Backends that break one rule each, to see the suites notice.

use std::collections::HashMap;
use std::convert::Infallible;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use cacheflow::bus::{Bus, Listener};
use cacheflow::clock::Tick;
use cacheflow::event::{Position, Record};
use cacheflow::key::{CacheName, FullKey};
use cacheflow::store::{Fill, Filled, Put, Recorded, SharedStore, Stored};
use cacheflow::{Backend, Namespace, Result};
use cacheflow_testkit::MemoryBackend;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    FillsWithoutLooking,
    RefusesEverything,
    FillsTheRefused,
    PutsWithoutLooking,
    PutsWithoutNumber,
    RoundsLifetimesUp,
    ForgetsTheRecordOnly,
    TellsNothingMissed,
    ClearsAtOnce,
    SweepsByBeginning,
    SweepsOneStep,
    DiscardsAnything,
    SharesNamespaces,
    HearsNothingOfItself,
    SwallowsARecord,
    ProvesTooMuch,
    ProvesWithoutLooking,
}

/// Where the journal of each namespace stands.
type Positions = Arc<Mutex<HashMap<String, Position>>>;

#[derive(Clone)]
pub(crate) struct Faulty(MemoryBackend, Fault, Positions);

impl Faulty {
    pub(crate) fn new(fault: Fault) -> Self {
        Self(MemoryBackend::new(), fault, Positions::default())
    }
}

impl Backend for Faulty {
    fn store(&self, namespace: &Namespace) -> Arc<dyn SharedStore> {
        let shared = Namespace::new("all:", namespace.origin());
        let namespace = match self.1 {
            Fault::SharesNamespaces => &shared,
            _ => namespace,
        };
        Arc::new(FaultyStore {
            inner: self.0.store(namespace),
            fault: self.1,
            prefix: namespace.prefix().to_owned(),
            positions: Arc::clone(&self.2),
        })
    }

    fn bus(&self, namespace: &Namespace) -> Arc<dyn Bus> {
        Arc::new(FaultyBus(self.0.bus(namespace), self.1))
    }
}

struct FaultyStore {
    inner: Arc<dyn SharedStore>,
    fault: Fault,
    prefix: String,
    positions: Positions,
}

impl FaultyStore {
    fn here(&self) -> Position {
        self.positions.lock().unwrap()[&self.prefix]
    }

    fn told(&self, mut recorded: Recorded) -> Recorded {
        let prefix = self.prefix.clone();
        self.positions
            .lock()
            .unwrap()
            .insert(prefix, recorded.position);
        if self.fault == Fault::TellsNothingMissed {
            recorded.missed = Some(Vec::new());
        }
        recorded
    }
}

#[async_trait::async_trait]
impl SharedStore for FaultyStore {
    fn name(&self) -> String {
        self.inner.name()
    }

    async fn ping(&self) -> Result<()> {
        self.inner.ping().await
    }

    async fn get(&self, key: &FullKey) -> Result<Option<Stored>> {
        self.inner.get(key).await
    }

    async fn fill(&self, mut fill: Fill<'_>) -> Result<Filled> {
        match self.fault {
            Fault::RefusesEverything => return Ok(Filled::Refused),
            Fault::FillsWithoutLooking => fill.checked = self.here(),
            Fault::RoundsLifetimesUp => {
                fill.ttl = std::time::Duration::from_secs(fill.ttl.as_secs() + 1);
            }
            _ => {}
        }
        let filled = self.inner.fill(fill).await?;
        if (filled, self.fault) == (Filled::Refused, Fault::FillsTheRefused) {
            fill.checked = self.here();
            self.inner.fill(fill).await?;
        }
        Ok(filled)
    }

    async fn put(&self, mut put: Put<'_>) -> Result<Recorded> {
        if self.fault == Fault::PutsWithoutLooking {
            put.checked = self.here();
        }
        let recorded = self.told(self.inner.put(put).await?);
        if self.fault == Fault::PutsWithoutNumber {
            let checked = recorded.position;
            let Put {
                key, bytes, ttl, ..
            } = put;
            self.inner
                .fill(Fill {
                    key,
                    bytes,
                    ttl,
                    checked,
                })
                .await?;
        }
        Ok(recorded)
    }

    async fn forget(&self, keys: &[FullKey], known: Option<Position>) -> Result<Recorded> {
        if self.fault != Fault::ForgetsTheRecordOnly {
            return Ok(self.told(self.inner.forget(keys, known).await?));
        }
        let mut kept = Vec::new();
        for key in keys {
            kept.push((key, self.inner.get(key).await?));
        }
        let recorded = self.told(self.inner.forget(keys, known).await?);
        let checked = recorded.position;
        for (key, stored) in kept {
            if let Some(Stored { bytes, remaining }) = stored {
                let (bytes, ttl) = (&*bytes, remaining);
                self.inner
                    .fill(Fill {
                        key,
                        bytes,
                        ttl,
                        checked,
                    })
                    .await?;
            }
        }
        Ok(recorded)
    }

    async fn clear(&self, cache: &CacheName, known: Option<Position>) -> Result<Recorded> {
        let recorded = self.told(self.inner.clear(cache, known).await?);
        if self.fault == Fault::ClearsAtOnce {
            while self.inner.sweep(cache, 0).await?.is_some() {}
        }
        Ok(recorded)
    }

    async fn sweep(&self, cache: &CacheName, cursor: u64) -> Result<Option<u64>> {
        if self.fault == Fault::SweepsByBeginning {
            let longer = CacheName::new(&format!("{cache}c")).unwrap();
            self.inner.sweep(&longer, 0).await?;
        }
        let next = self.inner.sweep(cache, cursor).await?;
        Ok(next.filter(|_| self.fault != Fault::SweepsOneStep))
    }

    async fn discard(&self, key: &FullKey, bytes: &Bytes) -> Result<()> {
        if self.fault == Fault::DiscardsAnything
            && let Some(stored) = self.inner.get(key).await?
        {
            return self.inner.discard(key, &stored.bytes).await;
        }
        self.inner.discard(key, bytes).await
    }
}

struct FaultyBus(Arc<dyn Bus>, Fault);

#[async_trait::async_trait]
impl Bus for FaultyBus {
    async fn listen(&self, listener: &dyn Listener) -> Result<Infallible> {
        let last = Mutex::new(None);
        self.0.listen(&Mishearing(listener, self.1, last)).await
    }
}

/// A listener, the fault, and where the subscription stood.
struct Mishearing<'a>(&'a dyn Listener, Fault, Mutex<Option<Position>>);

impl Listener for Mishearing<'_> {
    fn now(&self) -> Tick {
        self.0.now()
    }

    fn origin(&self) -> &str {
        self.0.origin()
    }

    fn subscribed(&self, position: Position, asked: Tick) {
        *self.2.lock().unwrap() = Some(position);
        self.0.subscribed(position, asked);
    }

    fn heard(&self, record: Record, origin: &str) {
        let swallowed = match self.1 {
            Fault::HearsNothingOfItself => origin == self.0.origin(),
            Fault::SwallowsARecord => record.position.number % 16 == 15,
            _ => false,
        };
        if !swallowed {
            self.0.heard(record, origin);
        }
    }

    fn heard_foreign(&self, keys: &[FullKey], origin: &str) {
        self.0.heard_foreign(keys, origin);
    }

    fn garbled(&self) {
        self.0.garbled();
    }

    fn alive(&self, mut position: Position, asked: Tick) {
        match self.1 {
            Fault::ProvesTooMuch => position.number += 1,
            Fault::ProvesWithoutLooking => position = self.2.lock().unwrap().unwrap(),
            _ => {}
        }
        self.0.alive(position, asked);
    }
}

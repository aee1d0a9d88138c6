//! Backends that break one rule each, to see the suites notice.

#[path = "faulty/bus.rs"]
mod bus;
#[path = "faulty/store.rs"]
mod store;

use std::sync::Arc;

use cacheflow::bus::Bus;
use cacheflow::store::SharedStore;
use cacheflow::{Backend, Namespace};
use cacheflow_testkit::MemoryBackend;

use bus::FaultyBus;
use store::FaultyStore;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    FillsWithoutLooking,
    FillsWithoutMarks,
    RefusesEverything,
    FillsTheRefused,
    PutsWithoutLooking,
    PutsWithoutNumber,
    PutsWithoutMarks,
    RoundsLifetimesUp,
    SaysThatNothingIsOpen,
    RecordsTheKeysAlone,
    TellsNothingMissed,
    TellsDependentsToNobody,
    ReclaimsOtherCaches,
    ReclaimsOnePart,
    ReclaimsTheNew,
    CountsNothing,
    HoldsNothing,
    EndsNoHold,
    LosesARecord,
    ReplaysEverything,
    ForgetsWhatIsOpen,
    BelievesEveryIncarnation,
    DiscardsAnything,
    SharesNamespaces,
    KnowsNoNodes,
    KnowsNoRelations,
    HearsNothingOfItself,
    SwallowsARecord,
    SubscribesToNothingOpen,
    HearsNothingOpen,
    ProvesTooMuch,
    ProvesWithoutLooking,
    TellsNobodyWhereItStands,
}

#[derive(Clone)]
pub(crate) struct Faulty(MemoryBackend, Fault);

impl Faulty {
    pub(crate) fn new(fault: Fault) -> Self {
        Self(MemoryBackend::new(), fault)
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
        })
    }

    fn bus(&self, namespace: &Namespace) -> Arc<dyn Bus> {
        Arc::new(FaultyBus(self.0.bus(namespace), self.1))
    }
}

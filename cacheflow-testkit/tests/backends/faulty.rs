//! Backends that break one rule each, to see the suites notice.

#[path = "faulty/bus.rs"]
mod bus;
#[path = "faulty/lock.rs"]
mod lock;
#[path = "faulty/store.rs"]
mod store;

use std::sync::Arc;

use cacheflow::bus::Bus;
use cacheflow::lock::Leases;
use cacheflow::store::SharedStore;
use cacheflow::{Backend, Namespace};
use cacheflow_testkit::MemoryBackend;
use tokio::sync::Notify;

use bus::FaultyBus;
use lock::FaultyLeases;
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
    TellsManyInAnyOrder,
    LeavesOutTheMissing,
    BelievesEveryIncarnationOfMany,
    TellsOneLifetimeOfMany,
    TellsNotTooMany,
    TouchesNothing,
    TouchesAnything,
    TouchesByTheNumber,
    TouchShortens,
    TouchBringsBack,
    TouchLeavesTheIndexes,
    LeasesToAnybody,
    LeasesOnce,
    LeasesForEver,
    RenewsForAnybody,
    TakesBackFromAnybody,
    LeasesToOthersNamespaces,
    TakesNamesForOne,
    TellsNoReturn,
    TellsBeforeItIsFree,
    TellsOfEveryTry,
    TellsEveryReturn,
    TellsAReturnTwice,
    KeepsNobodyWaiting,
    TakesAgainAnew,
}

#[derive(Clone)]
pub(crate) struct Faulty(MemoryBackend, Fault, Arc<Notify>);

impl Faulty {
    pub(crate) fn new(fault: Fault) -> Self {
        Self(MemoryBackend::new(), fault, Arc::default())
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

    fn leases(&self, namespace: &Namespace) -> Arc<dyn Leases> {
        let shared = Namespace::new("all:", namespace.origin());
        let namespace = match self.1 {
            Fault::LeasesToOthersNamespaces => &shared,
            _ => namespace,
        };
        Arc::new(FaultyLeases {
            inner: self.0.leases(namespace),
            server: self.0.clone(),
            asked: Arc::clone(&self.2),
            fault: self.1,
        })
    }
}

//! A bus with a fault.

use std::convert::Infallible;
use std::sync::{Arc, Mutex};

use cacheflow::Result;
use cacheflow::bus::{Bus, Listener};
use cacheflow::clock::Tick;
use cacheflow::event::{Forgotten, Position, Record, Snapshot};

use super::Fault;

pub(super) struct FaultyBus(pub(super) Arc<dyn Bus>, pub(super) Fault);

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

    fn position(&self) -> Option<Position> {
        let position = self.0.position();
        position.filter(|_| self.1 != Fault::TellsNobodyWhereItStands)
    }

    fn subscribed(&self, mut snapshot: Snapshot, asked: Tick) {
        *self.2.lock().unwrap() = Some(snapshot.position);
        if self.1 == Fault::SubscribesToNothingOpen {
            snapshot.open.clear();
        }
        self.0.subscribed(snapshot, asked);
    }

    fn heard(&self, mut record: Record, origin: &str) {
        let swallowed = match self.1 {
            Fault::HearsNothingOfItself => origin == self.0.origin(),
            Fault::SwallowsARecord => record.position.number % 16 == 15,
            _ => false,
        };
        record.open &= self.1 != Fault::HearsNothingOpen;
        if !swallowed {
            self.0.heard(record, origin);
        }
    }

    fn heard_foreign(&self, change: &Forgotten, origin: &str) {
        self.0.heard_foreign(change, origin);
    }

    fn released(&self, name: &str) {
        if self.1 != Fault::TellsNoReturn {
            self.0.released(name);
        }
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

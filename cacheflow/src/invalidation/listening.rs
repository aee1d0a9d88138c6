//! What a node does with what it hears, and how it makes up for what it missed.

use std::convert::Infallible;
use std::time::Duration;

use super::Node;
use super::node::Next;
use crate::bus::{HEARTBEAT, Listener};
use crate::clock::Tick;
use crate::event::{BusStats, Event, Forgotten, Position, Record, Snapshot};
use crate::store::{Guarded, Since};
use crate::sync::atomic::Ordering;

/// More replays than this between two heartbeats are a storm: memory is not
/// served until the next heartbeat proves that nothing is missing.
const STORM: u32 = 20;

/// The pause between two replays.
const PAUSE: Duration = Duration::from_millis(5);

impl Listener for Node {
    fn now(&self) -> Tick {
        self.clock.now()
    }

    fn origin(&self) -> &str {
        &self.origin
    }

    fn position(&self) -> Option<Position> {
        self.standing.position()
    }

    fn subscribed(&self, snapshot: Snapshot, _: Tick) {
        let mut applying = self.applying();
        let here = self.standing.position();
        match here {
            // What it proves, the first heartbeat proves once more, by which the
            // others know of this node: nobody opens its gate unheard of.
            Some(here) if here.incarnation == snapshot.position.incarnation => {
                if here.number < snapshot.position.number {
                    self.missing.notify_one();
                }
            }
            _ => {
                self.begin_anew(&mut applying, &snapshot);
                if here.is_some() {
                    // The store has a connection of its own, and learns by this
                    // that the journal is another.
                    self.missing.notify_one();
                }
            }
        }
        drop(applying);
        self.bus_found();
    }

    fn heard(&self, record: Record, origin: &str) {
        if origin != self.origin {
            self.traffic.received();
        }
        let mut applying = self.applying();
        match self.apply_next(&mut applying, &record, origin) {
            Next::Applied => self.settle(&mut applying),
            // Two records of one number: one of them is a lie, and it may have been
            // the one that was applied.
            Next::Known if !self.standing.agrees(&record) => self.distrust_position(),
            Next::Known => {
                // It came with an answer, which does not say whose it was.
                let untold = applying.untold.take(record.position.number);
                match untold {
                    Some(entries) if origin != self.origin => {
                        self.tell_of_another(&record, entries);
                    }
                    // Its caller is about to ask for it.
                    Some(entries) => applying.untold.add(record.position.number, entries),
                    None => {}
                }
            }
            Next::Gap => {
                self.keep_ahead(&mut applying, record, origin.to_owned());
                self.missing.notify_one();
            }
            Next::Elsewhere => self.missing.notify_one(),
        }
    }

    fn heard_foreign(&self, forgotten: &Forgotten, origin: &str) {
        if origin != self.origin {
            self.traffic.received();
            self.forget_here(forgotten, true);
        }
    }

    fn released(&self, name: &str) {
        self.waiting.released(name);
    }

    fn garbled(&self) {
        // It may have been a record. If so, the journal has it and the next one
        // shows the gap; asking now closes it sooner.
        tracing::warn!("a message on the bus could not be understood");
        self.traffic.garbled();
        self.missing.notify_one();
    }

    fn alive(&self, position: Position, asked: Tick) {
        let mut applying = self.applying();
        self.stands(&mut applying, position, asked);
    }
}

impl Node {
    /// Whether the bus is connected, as far as this node knows.
    pub(crate) fn bus_is_up(&self) -> bool {
        self.bus_is_up.load(Ordering::Acquire)
    }

    /// For how long the bus is connected, or is not.
    pub(crate) fn bus_so_for(&self) -> Duration {
        self.bus_changed.elapsed()
    }

    /// The bus was lost, or could not be reached.
    pub(crate) fn bus_lost(&self) -> bool {
        let was_up = self.bus_is_up.swap(false, Ordering::AcqRel);
        if was_up {
            self.bus_changed.set();
            self.traffic.lost();
            self.events.tell(|| Event::BusDown);
        }
        was_up
    }

    fn bus_found(&self) {
        if !self.bus_is_up.swap(true, Ordering::AcqRel) {
            self.bus_changed.set();
            tracing::info!("news arrive from the other nodes");
            self.events.tell(|| Event::BusUp);
        }
    }

    /// What it has told the others, and heard of them.
    pub(crate) fn bus_stats(&self) -> BusStats {
        self.traffic.snapshot(self.standing.gate_closures())
    }

    /// All that was announced before `asked` is applied.
    pub(super) fn prove(&self, asked: Tick) {
        self.traffic.caught_up_after(self.clock.now().since(asked));
        self.standing.prove(asked);
    }

    /// The journal stood at `position` when it was asked at `asked`.
    fn stands(&self, applying: &mut super::node::Applying, position: Position, asked: Tick) {
        let here = self.standing.position();
        // This node may stand further: the answer to a change of its own can
        // overtake the heartbeat's. But what it stood at when the last one was
        // answered, the journal has reached, unless a message lied.
        let journal_is_behind = applying.at_last.is_some_and(|(then, told)| {
            told <= asked
                && then.incarnation == position.incarnation
                && then.number > position.number
        });
        let nothing_missed = here.is_some_and(|here| {
            here.incarnation == position.incarnation && here.number >= position.number
        });
        applying.at_last = here.map(|here| (here, self.clock.now()));
        if journal_is_behind {
            tracing::warn!(
                ?here,
                ?position,
                "the journal is behind what was heard of it"
            );
            applying.at_last = None;
            applying.due = None;
            self.distrust_position();
        } else if nothing_missed {
            self.prove(asked);
        } else {
            applying.due = Some((position, asked));
            self.missing.notify_one();
        }
    }

    /// A number was heard that the journal never gave out: nothing that was
    /// counted by it is believed, and the replay finds the true one.
    fn distrust_position(&self) {
        self.standing.forget_position();
        self.standing.disprove();
        self.traffic.missed_for_good();
        self.events.tell(|| Event::Gap);
        self.missing.notify_one();
    }

    /// Runs as long as the flow: asks the journal for what was missed.
    pub(crate) async fn replay_forever(&self, shared: &Guarded) -> Infallible {
        let mut storm = 0;
        let mut since_heartbeat = self.clock.now();
        loop {
            self.missing.notified().await;
            let now = self.clock.now();
            if now.since(since_heartbeat) > HEARTBEAT {
                since_heartbeat = now;
                storm = 0;
            }
            storm += 1;
            if storm > STORM {
                tracing::warn!("news are missed again and again; memory is not served for a while");
                self.standing.disprove();
                self.events.tell(|| Event::GapStorm);
                tokio::time::sleep(HEARTBEAT).await;
            }
            // A failure leaves the gap; the next heartbeat finds it again, and the
            // gate closes meanwhile.
            if let Err(error) = self.replay(shared).await {
                tracing::debug!(%error, "what was missed could not be asked for");
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    async fn replay(&self, shared: &Guarded) -> crate::error::Result<()> {
        let known = self.standing.position();
        // What waits now and is not below the journal's answer was never there.
        let waiting = self
            .applying()
            .ahead
            .last_key_value()
            .map(|(number, _)| *number);
        let since = shared.since(known).await?;
        let mut applying = self.applying();
        if self.standing.position().map(|here| here.incarnation)
            != known.map(|known| known.incarnation)
        {
            // Somebody was faster.
            return Ok(());
        }
        match since {
            Since::Records(records) => {
                let mut replayed = 0;
                for record in &records {
                    if self.apply_next(&mut applying, record, "") == Next::Applied {
                        replayed += 1;
                        // The bus does not bring it any more. One of this node whose
                        // answer is under way is told as another's, this once.
                        let entries = applying.untold.take(record.position.number);
                        self.tell_of_another(record, entries.unwrap_or(0));
                    }
                }
                self.settle(&mut applying);
                if let Some(waiting) = waiting {
                    applying.ahead.retain(|number, _| *number > waiting);
                }
                if replayed > 0 {
                    self.traffic.made_up_for(replayed);
                    self.events.tell(|| Event::Replayed(replayed));
                }
            }
            Since::Anew(snapshot) => {
                tracing::warn!(
                    ?known,
                    position = ?snapshot.position,
                    "the journal cannot tell what was missed; memory is dropped"
                );
                self.begin_anew(&mut applying, &snapshot);
            }
        }
        Ok(())
    }
}

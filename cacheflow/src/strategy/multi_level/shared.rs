//! Writing to the shared store.

use std::sync::Arc;

use super::decide;
use super::layer::{Layer, term};
use crate::codec::Packed;
use crate::entry::Envelope;
use crate::error::{Error, ErrorKind};
use crate::event::Position;
use crate::key::Address;
use crate::source::Ticket;
use crate::standing::Verdict;
use crate::store::{Fill, Filled, Guarded, Put, Recorded};
use crate::strategy::levels::FillWith;

impl<V: Clone + Send + Sync + 'static> Layer<V> {
    /// Writes a new value to the shared store, if there is one, as of
    /// `ticket`'s beginning.
    pub(crate) async fn put_shared(
        &self,
        address: &Address,
        ticket: &Ticket,
        payload: Option<&Packed>,
        fill: &FillWith,
    ) -> Option<Result<(Recorded, Option<Arc<[u8]>>), Error>> {
        let shared = self.0.shared.as_ref()?;
        let _turn = shared.turn().await;
        let Some(checked) = self.checked(address, ticket, fill) else {
            return Some(Err(never_heard("put", shared)));
        };
        let bytes = match self.written(address, checked, payload, fill) {
            Ok(bytes) => bytes,
            Err(error) => return Some(Err(error)),
        };
        let stay = decide::shared(term(fill));
        let put = shared.put(Put {
            key: &address.full,
            bytes: &bytes,
            marks: &fill.marks,
            ttl: stay.now,
            longest: stay.longest,
            checked,
        });
        let recorded = match put.await {
            Ok(recorded) => recorded,
            Err(error) => return Some(Err(error)),
        };
        if let Some(payload) = payload.filter(|_| recorded.kept) {
            self.stored(address, payload);
        }
        let number = recorded.record.position.number;
        let named = fill.idle.is_some();
        let header = named.then(|| Envelope::header(&bytes, number)).flatten();
        Some(Ok((recorded, header)))
    }

    /// Up to where nothing has come between a put's beginning and its value: to here, so that
    /// the store has little to look at, unless something did; then the store finds it.
    fn checked(&self, address: &Address, ticket: &Ticket, fill: &FillWith) -> Option<Position> {
        let (begun, standing) = (ticket.as_of.position()?, &self.0.standing);
        // The position first: what is recorded after it, the store looks at.
        let here = standing.position();
        let verdict = standing.judge_load(&ticket.as_of, &address.full, &fill.marks);
        here.filter(|_| verdict == Verdict::Current).or(Some(begun))
    }

    /// Fills the shared store, if there is one and it is wanted; `payload` is `None`
    /// if there is no value. Returns what names it there, where somebody wants to;
    /// `None` of all if nobody may keep it.
    #[allow(
        clippy::option_option,
        reason = "one is the outcome, the other a part of it"
    )]
    pub(super) async fn filled(
        &self,
        address: &Address,
        ticket: &Ticket,
        payload: Option<&Packed>,
        fill: &FillWith,
    ) -> Option<Option<Arc<[u8]>>> {
        let Some(shared) = self.0.shared.as_ref().filter(|_| !fill.skip_shared) else {
            return Some(None);
        };
        match self
            .fill_shared(shared, address, ticket, payload, fill)
            .await
        {
            Ok((Filled::Kept, header)) => {
                if let Some(payload) = payload {
                    self.stored(address, payload);
                }
                Some(header)
            }
            Ok((Filled::Refused, _)) => {
                self.refused(address);
                None
            }
            // Nothing is known to be wrong with the value: memory may keep it,
            // behind its gate.
            Err(error) => {
                self.store_failed(address, &error);
                Some(None)
            }
        }
    }

    async fn fill_shared(
        &self,
        shared: &Guarded,
        address: &Address,
        ticket: &Ticket,
        payload: Option<&Packed>,
        fill: &FillWith,
    ) -> Result<(Filled, Option<Arc<[u8]>>), Error> {
        // The position first, then the look at the window: a record is taken
        // into it and applied before it is counted, so everything up to this
        // position is seen here. What comes after it, the store checks.
        let Some(checked) = self.0.standing.position() else {
            return Err(never_heard("fill", shared));
        };
        if !self.0.local.is_current(address, ticket, &fill.marks) {
            return Ok((Filled::Refused, None));
        }
        let bytes = self.written(address, checked, payload, fill)?;
        let stay = decide::shared(term(fill));
        let filled = shared
            .fill(Fill {
                key: &address.full,
                bytes: &bytes,
                marks: &fill.marks,
                ttl: stay.now,
                longest: stay.longest,
                checked,
            })
            .await?;
        let named = fill.idle.is_some();
        let header = named.then(|| Envelope::header(&bytes, checked.number));
        Ok((filled, header.flatten()))
    }
}

/// Before the first subscription this node does not know where the journal
/// stands, so that nobody could tell what its values take into account.
pub(super) fn never_heard(operation: &'static str, shared: &Guarded) -> Error {
    Error::new(ErrorKind::Unavailable, operation, "not subscribed yet").with("store", shared.name())
}

//! What a request has read already.

use std::sync::Arc;

use super::CacheValue;
use super::core::{Core, Reply, flow_id};
use crate::entry::Made;
use crate::event::Counter;
use crate::key::Address;
use crate::source::{Loaded, Request, RequestRead, is_collecting, present_request};
use crate::standing::{AsOf, Verdict};
use crate::strategy::CallOptions;

/// A read within a request.
pub(super) struct Reading {
    request: Arc<Request>,
    as_of: Arc<AsOf>,
}

impl Reading {
    pub(super) fn keep<V: CacheValue>(self, address: &Address, made: &Made<V>) {
        let Self { request, as_of } = self;
        let value = Arc::new(made.clone());
        request.keep(address.full.clone(), RequestRead { as_of, value });
    }
}

impl<V: CacheValue> Core<V> {
    /// What waits to be written; or what the present request has read already, if
    /// nothing that it was made of was forgotten since, as far as this node has heard.
    /// Else, if there is a request, where this node stands before it reads.
    pub(super) fn read_in_request(
        &self,
        address: &Address,
        options: &CallOptions,
    ) -> Result<Made<V>, Option<Reading>> {
        if let Some(made) = self.waiting(&address.key) {
            return Ok(made);
        }
        if self.is_off() {
            return Err(None);
        }
        let flow = flow_id(&self.standing);
        // What a transaction has read may never be committed.
        let request = present_request(flow).filter(|_| !is_collecting(flow));
        let Some(request) = request else {
            return Err(None);
        };
        let reads = !options.skip.reading_memory;
        if let Some(read) = request.get(&address.full).filter(|_| reads)
            && let Some(made) = read.value.downcast_ref::<Made<V>>()
        {
            let as_of = &read.as_of;
            let verdict = self.standing.judge_load(as_of, &address.full, made.marks());
            if verdict == Verdict::Current {
                self.counters.add(Counter::MemoryHit);
                return Ok(made.clone());
            }
            request.forget(&address.full);
        }
        // Before anything is read, as a flight does.
        let as_of = Arc::new(self.standing.begin(self.config().loading.hold_off));
        Err(Some(Reading { request, as_of }))
    }

    pub(super) fn keep_in_request<E>(
        &self,
        address: &Address,
        reading: Option<Reading>,
        reply: &Reply<V, E>,
    ) {
        if let (Some(reading), Ok(Loaded::Value(made))) = (reading, reply) {
            reading.keep(address, made);
        }
    }
}

//! A call of an attributed function that is not asynchronous.

use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use super::call::{loaded, lookup, returned, terms};
use super::shape::Shape;
use super::site::At;
use crate::cache::{CacheValue, Core, Hit, Load};
use crate::flow::CacheFlow;
use crate::key::{Address, KeyBuf};
use crate::source::{LoadContext, Turn};

/// A call whose caller cannot wait for anybody but those of its own kind.
///
/// Its cache has memory alone, and its body runs to its end at once: the load is over
/// at its first poll, or it has met a load of somebody else. Those who ask for a key
/// that another thread loads wait for that thread, for as long as followers do.
#[inline]
pub fn cached_now<S, F>(
    shape: S,
    site: At,
    flow: &CacheFlow,
    key: &mut KeyBuf,
    body: F,
) -> S::Return
where
    S: Shape<Value: CacheValue>,
    F: FnOnce(&LoadContext<S::Value>) -> S::Return,
{
    let (core, hit) = lookup::<S>(site, flow, key);
    match (core, hit) {
        (_, Some(Hit::Value(value))) => S::value(value),
        (_, Some(Hit::Watched(entry))) => S::value(entry.value.clone()),
        (Some(core), None) => miss(&core, shape, site, key, body),
        (None, None) => body(&LoadContext::new()),
    }
}

#[cold]
fn miss<S, F>(core: &Core<S::Value>, shape: S, site: At, key: &KeyBuf, body: F) -> S::Return
where
    S: Shape<Value: CacheValue>,
    F: FnOnce(&LoadContext<S::Value>) -> S::Return,
{
    let address = Address::new(&core.name, key);
    let mut body = Some(body);
    let patience = core.config.loading.follower_timeout;
    let turn = Turn::take(core.flow(), &address.full, patience);
    let reply = {
        let loader = async |context: LoadContext<S::Value>| {
            let body = body.take().expect("a loader is called once");
            loaded::<S>(body(&context))
        };
        let load = Load::new(loader, terms::<S>(core, &shape, site, false));
        let mut call = pin!(core.hit_or_miss(&address, load));
        call.as_mut().poll(&mut Context::from_waker(Waker::noop()))
    };
    drop(turn);
    match reply {
        Poll::Ready(reply) => returned::<S>(reply, None),
        // An asynchronous function of the same cache is loading the key: nobody can
        // tell when that goes on, least of all a thread that blocks.
        Poll::Pending => match body.take() {
            Some(body) => body(&LoadContext::new()),
            None => unreachable!("a body that has run to its end and given nothing"),
        },
    }
}

//! What several modules of tests use.

use std::time::Duration;

use cacheflow::codec::{Codec, Compression, Wire};
use cacheflow::entry::Envelope;
use cacheflow::{Cache, CacheFlow, CacheValue, Event, Events, FlowBuilder, Strategy, Unreadable};
use cacheflow_testkit::{MemoryBackend, eventually};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// A bound against hanging, not an expectation.
const WITHIN: Duration = Duration::from_secs(30);

pub(crate) const CODECS: [Codec; 4] = [
    Codec::MessagePack,
    Codec::Json,
    Codec::Bincode,
    Codec::Postcard,
];

pub(crate) const NAMELESS: [Codec; 2] = [Codec::Bincode, Codec::Postcard];

/// The key of all entries here that no cache writes.
pub(crate) const KEY: &[u8] = b"users:7";

pub(crate) fn wire<V>(codec: &Codec) -> Wire<V>
where
    V: Serialize + DeserializeOwned + 'static,
{
    Wire::new(codec, &Compression::default(), None).unwrap()
}

/// The entry of `value`, if it can be written.
pub(crate) fn written<V>(wire: &Wire<V>, value: &V) -> cacheflow::Result<Vec<u8>> {
    let packed = wire.pack(wire.encode(value)?);
    wire.write(Envelope::of(KEY), Some(&packed))
}

/// The value in an entry.
pub(crate) fn read<V>(wire: &Wire<V>, bytes: &[u8]) -> Result<V, Unreadable> {
    let envelope = wire.open(bytes, KEY)?;
    let value = wire.value(&envelope, bytes)?;
    Ok(value.expect("no test here writes that there is none"))
}

/// An entry with this payload, as if `wire` had written it.
pub(crate) fn forged<V>(wire: &Wire<V>, payload: &[u8]) -> Vec<u8> {
    let packed = wire.pack(Vec::new());
    let bytes = wire.write(Envelope::of(KEY), Some(&packed)).unwrap();
    let (codec, schema) = (
        bytes[19],
        u64::from_le_bytes(*bytes[22..].first_chunk().unwrap()),
    );
    let envelope = Envelope {
        codec,
        schema,
        payload: Some(payload),
        ..Envelope::of(KEY)
    };
    envelope.encode().unwrap()
}

/// A flow on `server` that has heard the news.
pub(crate) async fn flow(
    server: &MemoryBackend,
    options: impl FnOnce(FlowBuilder) -> FlowBuilder,
) -> CacheFlow {
    let builder = CacheFlow::builder()
        .backend(server.clone())
        .operation_budget(WITHIN);
    let flow = options(builder).build().await.unwrap();
    eventually("the node hears the news", WITHIN, async || {
        flow.health().is_good()
    })
    .await;
    flow
}

/// A cache whose every call asks the server.
pub(crate) fn users<V: CacheValue>(flow: &CacheFlow) -> Cache<u64, V> {
    let builder = flow.cache("users").strategy(Strategy::cache_aside());
    builder.build().unwrap()
}

/// Where those caches keep what they have for 7.
pub(crate) const NAME: &str = "cacheflow:users:7";

pub(crate) async fn load<V: CacheValue>(cache: &Cache<u64, V>, value: V) -> V {
    let load = async || Ok::<_, String>(value);
    cache.get_or_load(&7, load).await.unwrap()
}

/// What has been told so far.
pub(crate) fn so_far(events: &mut Events) -> Vec<Event> {
    let next = || events.try_next();
    std::iter::from_fn(next).map(Result::unwrap).collect()
}

/// The faults that have been told so far.
pub(crate) fn faults(events: &mut Events) -> Vec<Unreadable> {
    let fault = |event| match event {
        Event::Unreadable { fault, .. } => Some(fault),
        _ => None,
    };
    so_far(events).into_iter().filter_map(fault).collect()
}

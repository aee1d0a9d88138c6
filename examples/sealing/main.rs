//! Sealing: values are encrypted in the shared store, and the key is changed while the
//! service runs.
//!
//! ```text
//! cargo run --example sealing
//! ```
//!
//! The shared store is the test kit's, in this process.

use std::time::Duration;

use anyhow::Result;
use cacheflow::codec::KeyRing;
use cacheflow::{Cache, CacheFlow, Strategy};
use cacheflow_examples::Story;
use cacheflow_testkit::{MemoryBackend, eventually};

/// A bound against hanging.
const WITHIN: Duration = Duration::from_secs(60);

/// Where the store keeps the value.
const NAME: &str = "cacheflow:clinic/patients:7";

/// A service reads its keys from where its other secrets lie.
const OLD: [u8; 32] = [0x17; 32];
const NEW: [u8; 32] = [0x2a; 32];

/// An instance of a service, whose every read asks the shared store.
struct Instance(Cache<u64, String>);

impl Instance {
    async fn with(keys: KeyRing, store: &MemoryBackend) -> Result<Self> {
        let flow = CacheFlow::builder()
            .namespace("clinic")
            .backend(store.clone())
            .operation_budget(Duration::from_secs(5))
            .sealing(keys)
            .build()
            .await?;
        let hears = async || flow.health().is_good();
        eventually("the instance hears the news", WITHIN, hears).await;
        let patients = flow.cache("patients").strategy(Strategy::cache_aside());
        Ok(Self(patients.build()?))
    }

    /// What it reads, and whether it had to ask its source.
    async fn read(&self) -> Result<&'static str> {
        let before = self.0.stats().loads;
        let load = async || Ok::<_, std::io::Error>("Ada Lovelace".to_owned());
        let name = self.0.get_or_load(&7, load).await?;
        assert_eq!(name, "Ada Lovelace");
        Ok(match self.0.stats().loads == before {
            true => "from the store",
            false => "from the source",
        })
    }
}

#[tokio::main]
async fn main() -> Result<()> {
    let store = MemoryBackend::new();
    let mut story = Story::default();
    let mut tell = |what: &str, outcome: &'static str, expected: &str| {
        story.step(what, outcome);
        assert_eq!(outcome, expected, "{what}");
    };

    let old = Instance::with(KeyRing::new().key(1, OLD), &store).await?;
    tell("an instance reads", old.read().await?, "from the source");
    tell("and once more", old.read().await?, "from the store");
    let bytes = store.value(NAME).expect("it is there").bytes;
    let is_plain = bytes.windows(8).any(|part| part == b"Lovelace");
    let seen = if is_plain {
        "the name"
    } else {
        "nothing of it"
    };
    tell(
        "somebody looks into the store and sees",
        seen,
        "nothing of it",
    );

    // First all instances get the new key, and go on to seal with the old one.
    let knows_both = KeyRing::new().key(1, OLD).key(2, NEW).seal_with(1);
    let first = Instance::with(knows_both, &store).await?;
    tell(
        "one that knows both keys reads",
        first.read().await?,
        "from the store",
    );

    // When all have it, it seals: its id is the highest. The old one still opens.
    let seals_anew = KeyRing::new().key(1, OLD).key(2, NEW);
    let second = Instance::with(seals_anew, &store).await?;
    tell(
        "one that seals with the new one reads",
        second.read().await?,
        "from the store",
    );
    let _ = second.0.invalidate(&7).await?;
    tell(
        "it forgets, and loads anew",
        second.read().await?,
        "from the source",
    );

    let (what, outcome) = ("one that waits to seal with it reads", first.read().await?);
    tell(what, outcome, "from the store");

    // When the longest lifetime is over, the old one goes.
    let third = Instance::with(KeyRing::new().key(2, NEW), &store).await?;
    tell(
        "one without the old key reads",
        third.read().await?,
        "from the store",
    );

    // Who has only the old one misses: no error, and never anything plain.
    tell(
        "one with the old key alone reads",
        old.read().await?,
        "from the source",
    );
    let unreadable = old.0.stats().unreadable;
    assert_eq!(unreadable, 1);
    Ok(())
}

//! A wrapper that lets operations and messages overtake one another.

use std::sync::atomic::{AtomicU64, Ordering};

use cacheflow::Result;

use crate::around::{Around, Call, Wrapped, wrapper};

/// At most so many times a task gives way at one point.
const MOST_YIELDS: u64 = 7;

/// A backend whose operations give way to other tasks a few times before and
/// after they happen, as `seed` decides. Clones are the same one.
///
/// On a runtime of one thread whose tasks depend on nothing else, a seed stands
/// for one schedule, so that a failure can be repeated.
pub struct Shuffling<B>(Wrapped<B, Draws>);

wrapper!(Shuffling around Draws);

impl<B> Shuffling<B> {
    /// Around `backend`.
    #[must_use]
    pub fn new(backend: B, seed: u64) -> Self {
        Self(Wrapped::new(backend, Draws(AtomicU64::new(seed))))
    }
}

struct Draws(AtomicU64);

impl Draws {
    /// SplitMix64.
    fn draw(&self) -> u64 {
        const STEP: u64 = 0x9e37_79b9_7f4a_7c15;
        let mut z = self.0.fetch_add(STEP, Ordering::Relaxed).wrapping_add(STEP);
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    async fn give_way(&self) {
        for _ in 0..self.draw() % (MOST_YIELDS + 1) {
            tokio::task::yield_now().await;
        }
    }
}

#[async_trait::async_trait]
impl Around for Draws {
    async fn before(&self, _: &Call) -> Result<()> {
        self.give_way().await;
        Ok(())
    }

    async fn after(&self, _: &Call) -> Result<()> {
        self.give_way().await;
        Ok(())
    }
}

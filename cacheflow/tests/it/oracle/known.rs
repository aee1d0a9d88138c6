//! The source, and what the oracle knows.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use tokio::sync::OwnedMutexGuard;

pub(super) const KEYS: u64 = 4;

/// The source, and what each node knows of it.
#[derive(Default)]
pub(super) struct Known {
    versions: [AtomicU64; KEYS as usize],
    /// Whoever changes a row holds it until the cache was told: two writers that
    /// told it in the opposite order could not be told apart.
    rows: [Arc<tokio::sync::Mutex<()>>; KEYS as usize],
    floors: [Mutex<[u64; KEYS as usize]>; 2],
    written: Mutex<[u64; KEYS as usize]>,
}

impl Known {
    /// A value holds its key, so that no other's is taken for it.
    pub(super) fn value(&self, key: u64) -> u64 {
        key << 32 | self.versions[key as usize].load(Ordering::SeqCst)
    }

    pub(super) fn change(&self, key: u64) -> u64 {
        self.versions[key as usize].fetch_add(1, Ordering::SeqCst) + 1
    }

    pub(super) async fn lock(&self, keys: &[u64]) -> Vec<OwnedMutexGuard<()>> {
        let mut guards = Vec::new();
        for key in keys {
            guards.push(Arc::clone(&self.rows[*key as usize]).lock_owned().await);
        }
        guards
    }

    /// A write has returned on this node.
    pub(super) fn returned(&self, node: usize, key: u64, version: u64) {
        for known in [&self.floors[node], &self.written] {
            let mut known = known.lock().unwrap();
            known[key as usize] = known[key as usize].max(version);
        }
    }

    /// Everything has come to rest: every node knows of every write.
    pub(super) fn at_rest(&self) {
        let written = *self.written.lock().unwrap();
        for floors in &self.floors {
            *floors.lock().unwrap() = written;
        }
    }

    pub(super) fn floor(&self, node: usize, key: u64) -> u64 {
        self.floors[node].lock().unwrap()[key as usize]
    }

    pub(super) fn check(&self, node: usize, key: u64, floor: u64, value: u64) {
        let (of, version) = (value >> 32, value & 0xffff_ffff);
        assert_eq!(of, key, "a value of another key");
        assert!(
            version >= floor,
            "node {node} served version {version} of {key}, and knew of {floor}"
        );
        assert!(
            version <= self.value(key) & 0xffff_ffff,
            "a version that nobody wrote"
        );
    }
}

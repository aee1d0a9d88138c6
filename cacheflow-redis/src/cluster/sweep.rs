//! What no index finds: patterns, caches, everything. Every server's keys are
//! looked at, one server after another.
//!
//! A key that moves from a server that is still to come to one that has been is
//! seen by neither. The sweep ends only if the slots lie as they lay when it began
//! and none of them is on its way; else it begins again.

use std::hash::{DefaultHasher, Hash, Hasher};

use cacheflow::event::Forgotten;
use cacheflow::key::FullKey;
use cacheflow::store::Reclaimed;
use cacheflow::{Error, ErrorKind, Result};

use super::ClusterStore;
use super::cursor::{At, Sweep};
use super::index::Mark;
use super::shard::Call;
use crate::topology::slots::Slots;

/// How many keys one step looks at, about.
const STEP: u32 = 200;

const OPERATION: &str = "reclaim";

/// What keys of ours a step found.
#[derive(Debug, Default)]
struct Found {
    /// To be removed.
    keys: Vec<FullKey>,
    /// Keys that are forgotten, of which something was made.
    sources: Vec<FullKey>,
}

impl ClusterStore {
    /// One step; returns where the next goes on.
    pub(super) async fn sweep(
        &self,
        forgotten: &Forgotten,
        n: u64,
        sweep: Sweep,
        done: &mut Reclaimed,
    ) -> Result<Option<Sweep>> {
        let begins = sweep == Sweep::default();
        let slots = match begins {
            true => self.shards.cluster().ask_now().await?,
            false => self.shards.cluster().slots().await?,
        };
        let now = told_apart(&slots);
        if !begins && now != sweep.slots {
            return Ok(Some(Sweep::default()));
        }
        let owners = slots.owners();
        let Some(owner) = owners.get(sweep.server) else {
            // All have been looked at.
            if told_apart(&*self.shards.cluster().ask_now().await?) != sweep.slots {
                return Ok(Some(Sweep::default()));
            }
            self.all_agree(&slots).await?;
            return Ok(None);
        };

        let scan = Call::new(redis::cmd("SCAN")).arg(sweep.at);
        let scan = scan.arg("MATCH").arg(self.names.scan_all());
        let scan = scan.arg("COUNT").arg(STEP);
        let scanned = self.shards.call_on(OPERATION, &owner.address, &scan);
        // Names as bytes: a stranger's need not be text.
        let (next, names): (u64, Vec<Vec<u8>>) = scanned.await?;
        let found = self.found(forgotten, &names);
        done.removed += self.remove_older(&found.keys, None, n).await?;
        for key in found.sources {
            let mark = Mark::Key(key.as_str().to_owned());
            let walked = self
                .walk(&self.names.dependents(&key), &mark, At::default(), n)
                .await?;
            done.removed += walked.removed;
            done.dependents.extend(walked.dependents);
            if walked.next.is_some() {
                // Too many for one step: to be forgotten by a record of its own.
                done.dependents.push(key);
            }
        }
        Ok(Some(match next {
            0 => Sweep {
                slots: now,
                server: sweep.server + 1,
                at: 0,
            },
            at => Sweep {
                slots: now,
                server: sweep.server,
                at,
            },
        }))
    }

    fn found(&self, forgotten: &Forgotten, names: &[Vec<u8>]) -> Found {
        let mut found = Found::default();
        for name in names {
            let Some(rest) = std::str::from_utf8(name)
                .ok()
                .and_then(|name| name.strip_prefix(self.names.prefix()))
            else {
                continue;
            };
            // What was made of something that is forgotten is forgotten too, and
            // stands in its index, whether or not there is a value.
            let (source, is_source) = match rest.strip_prefix("rd:rev-deps:") {
                Some(source) => (source, true),
                None => (rest, false),
            };
            let Some(key) = FullKey::parse(source) else {
                continue;
            };
            if !names_it(forgotten, &key) {
                continue;
            }
            if !is_source {
                found.keys.push(key);
            } else if !forgotten.everything {
                found.sources.push(key);
            }
        }
        found
    }

    /// Fails while an owner's slots are not those that were swept, or one is on
    /// its way: nobody can say then which keys have been seen.
    async fn all_agree(&self, slots: &Slots) -> Result<()> {
        for owner in slots.owners() {
            let nodes = Call::new(redis::cmd("CLUSTER")).arg("NODES");
            let asked = self.shards.call_on(OPERATION, &owner.address, &nodes);
            let nodes: String = asked.await?;
            if !slots.agrees(owner, &nodes) {
                let fault = Error::new(ErrorKind::Unavailable, OPERATION, "slots are on their way");
                return Err(fault.with("server", owner.address.to_string()));
            }
        }
        Ok(())
    }
}

/// Whether a sweep for `forgotten` is about `key`.
fn names_it(forgotten: &Forgotten, key: &FullKey) -> bool {
    let mut caches = forgotten.caches.iter();
    let mut patterns = forgotten.patterns.iter();
    forgotten.everything
        || caches.any(|cache| cache.as_str() == key.cache())
        || patterns.any(|pattern| pattern.matches(key))
}

/// What tells one distribution of the slots from another; never 0, which no
/// sweep has begun with.
fn told_apart(slots: &Slots) -> u64 {
    let mut hasher = DefaultHasher::new();
    slots.hash(&mut hasher);
    hasher.finish().max(1)
}

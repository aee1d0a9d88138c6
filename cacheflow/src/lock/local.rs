//! Leases of one process: what a flow without a backend has.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::{Acquired, Leases};
use crate::clock::{Clock, Tick};
use crate::error::Result;

/// See the [module's documentation](self).
#[derive(Debug)]
pub(crate) struct LocalLeases {
    held: Mutex<HashMap<String, Held>>,
    clock: Clock,
}

#[derive(Debug)]
struct Held {
    owner: String,
    until: Tick,
}

impl LocalLeases {
    pub(crate) fn new(clock: Clock) -> Self {
        Self {
            held: Mutex::default(),
            clock,
        }
    }

    fn held(&self) -> MutexGuard<'_, HashMap<String, Held>> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn hold(&self, owner: &str, lease: Duration) -> Held {
        Held {
            owner: owner.to_owned(),
            until: self.clock.now().after(lease),
        }
    }

    fn has(&self, held: &HashMap<String, Held>, name: &str, owner: &str) -> bool {
        let held = held.get(name);
        held.is_some_and(|held| held.owner == owner && self.clock.now() < held.until)
    }
}

#[async_trait::async_trait]
impl Leases for LocalLeases {
    async fn acquire(&self, name: &str, owner: &str, lease: Duration) -> Result<Acquired> {
        let mut held = self.held();
        let now = self.clock.now();
        if let Some(other) = held.get(name)
            && other.owner != owner
            && now < other.until
        {
            let remaining = other.until.since(now);
            return Ok(Acquired::Held { remaining });
        }
        held.insert(name.to_owned(), self.hold(owner, lease));
        Ok(Acquired::Mine)
    }

    async fn renew(&self, name: &str, owner: &str, lease: Duration) -> Result<bool> {
        let mut held = self.held();
        let has = self.has(&held, name, owner);
        if has {
            held.insert(name.to_owned(), self.hold(owner, lease));
        }
        Ok(has)
    }

    async fn release(&self, name: &str, owner: &str) -> Result<bool> {
        let mut held = self.held();
        let had = self.has(&held, name, owner);
        if held.get(name).is_some_and(|held| held.owner == owner) {
            held.remove(name);
        }
        Ok(had)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LEASE: Duration = Duration::from_secs(5);

    #[tokio::test]
    async fn one_has_it_until_it_gives_it_back_or_its_time_is_over() {
        let clock = Clock::manual();
        let leases = LocalLeases::new(clock.clone());
        let take = async |name, owner| leases.acquire(name, owner, LEASE).await.unwrap();
        let renew = async |name, owner| leases.renew(name, owner, LEASE).await.unwrap();
        let release = async |name, owner| leases.release(name, owner).await.unwrap();
        assert_eq!(take("a", "1").await, Acquired::Mine);
        assert_eq!(take("a", "1").await, Acquired::Mine);
        clock.advance(LEASE / 5);
        let remaining = LEASE / 5 * 4;
        assert_eq!(take("a", "2").await, Acquired::Held { remaining });
        assert_eq!(take("b", "2").await, Acquired::Mine);
        assert!(!release("a", "2").await);
        assert!(renew("a", "1").await);
        clock.advance(remaining);
        assert!(!renew("a", "2").await);
        assert!(release("a", "1").await);
        assert_eq!(take("a", "2").await, Acquired::Mine);
        clock.advance(LEASE);
        assert!(!renew("a", "2").await, "its time is over");
        assert_eq!(take("a", "1").await, Acquired::Mine);
        assert!(!release("a", "2").await, "another has it by now");
        assert!(renew("a", "1").await);
    }
}

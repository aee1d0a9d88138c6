//! A wrapper whose operations fail, hang, or happen without an answer.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use cacheflow::{Error, ErrorKind, Result};
use tokio::sync::watch;

use crate::around::{Around, Call, Operation, Wrapped, wrapper};

/// A backend whose operations fail as a test says. Clones are the same one.
///
/// | call | every such operation, until [`heal`](Self::heal) |
/// |---|---|
/// | [`fail`](Self::fail) | is an error and does not happen |
/// | [`fail_nth`](Self::fail_nth) | the same, but only the nth from now |
/// | [`hang`](Self::hang) | waits, and happens once healed |
/// | [`lose_answer`](Self::lose_answer) | happens, and is an error all the same |
///
/// One of them applies to a kind of operation at a time, the last that was
/// asked for. A message of the bus ([`Operation::Heard`] and the like) that
/// fails is lost, that of a returned lease ([`Operation::Released`]) too;
/// [`Operation::Listen`] that fails is a server that cannot be
/// reached.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use cacheflow::{Applied, Cache, CacheFlow};
/// use cacheflow_testkit::{Failing, MemoryBackend, Operation, eventually};
///
/// let failing = Failing::new(MemoryBackend::new());
/// let flow = CacheFlow::builder().backend(failing.clone()).build().await?;
/// let users: Cache<u64, String> = flow.cache("users").build()?;
/// # eventually("subscribed", std::time::Duration::from_secs(10), async || flow.health().is_good()).await;
///
/// failing.fail(Operation::Record);
/// assert_eq!(users.invalidate(&7).await?, Applied::Local);
/// failing.heal(Operation::Record);
/// # eventually("told", std::time::Duration::from_secs(10), async || flow.health().is_good()).await;
/// # Ok(()) }
/// ```
pub struct Failing<B>(Wrapped<B, Rules>);

wrapper!(Failing around Rules);

impl<B> Failing<B> {
    /// Around `backend`; nothing fails yet.
    #[must_use]
    pub fn new(backend: B) -> Self {
        Self(Wrapped::new(backend, Rules::default()))
    }

    /// Every `operation` fails and does not happen.
    pub fn fail(&self, operation: Operation) {
        self.0.around().set(operation, Some(Rule::Fail));
    }

    /// The nth `operation` from now fails and does not happen; 1 is the next.
    ///
    /// # Panics
    ///
    /// If `nth` is 0.
    pub fn fail_nth(&self, operation: Operation, nth: usize) {
        assert!(nth > 0, "the first is 1");
        self.0.around().set(operation, Some(Rule::FailNth(nth)));
    }

    /// Every `operation` waits until it is healed, and happens then.
    pub fn hang(&self, operation: Operation) {
        self.0.around().set(operation, Some(Rule::Hang));
    }

    /// Every `operation` happens, but its answer is an error.
    pub fn lose_answer(&self, operation: Operation) {
        self.0.around().set(operation, Some(Rule::LoseAnswer));
    }

    /// `operation` works again; what hangs goes on.
    pub fn heal(&self, operation: Operation) {
        self.0.around().set(operation, None);
    }

    /// Everything works again; what hangs goes on.
    pub fn heal_all(&self) {
        self.0.around().clear();
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Rule {
    Fail,
    FailNth(usize),
    Hang,
    LoseAnswer,
}

struct Rules {
    rules: Mutex<HashMap<Operation, Rule>>,
    changed: watch::Sender<()>,
}

impl Default for Rules {
    fn default() -> Self {
        Self {
            rules: Mutex::default(),
            changed: watch::Sender::new(()),
        }
    }
}

impl Rules {
    fn rules(&self) -> MutexGuard<'_, HashMap<Operation, Rule>> {
        self.rules.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn set(&self, operation: Operation, rule: Option<Rule>) {
        match rule {
            Some(rule) => self.rules().insert(operation, rule),
            None => self.rules().remove(&operation),
        };
        self.changed.send_replace(());
    }

    fn clear(&self) {
        self.rules().clear();
        self.changed.send_replace(());
    }

    /// Counts this operation, and tells what becomes of it.
    fn next(&self, operation: Operation) -> Option<Rule> {
        let mut rules = self.rules();
        match rules.get(&operation).copied()? {
            Rule::FailNth(1) => {
                rules.remove(&operation);
                Some(Rule::Fail)
            }
            Rule::FailNth(nth) => {
                rules.insert(operation, Rule::FailNth(nth - 1));
                None
            }
            rule => Some(rule),
        }
    }

    fn hangs(&self, operation: Operation) -> bool {
        self.rules().get(&operation) == Some(&Rule::Hang)
    }
}

#[async_trait::async_trait]
impl Around for Rules {
    async fn before(&self, call: &Call) -> Result<()> {
        let mut changed = self.changed.subscribe();
        match self.next(call.operation) {
            Some(Rule::Fail) => return Err(error(call, "fails, as the test says")),
            Some(Rule::Hang) => {
                while self.hangs(call.operation) {
                    // Its sender lives in `self`.
                    let _ = changed.changed().await;
                }
            }
            _ => {}
        }
        Ok(())
    }

    async fn after(&self, call: &Call) -> Result<()> {
        if self.rules().get(&call.operation) == Some(&Rule::LoseAnswer) {
            return Err(error(call, "its answer is lost, as the test says"));
        }
        Ok(())
    }
}

fn error(call: &Call, message: &str) -> Error {
    Error::new(ErrorKind::Unavailable, call.operation.name(), message)
}

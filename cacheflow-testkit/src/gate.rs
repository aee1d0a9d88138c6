//! A wrapper that holds operations until a test lets them go on.

use std::panic::Location;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use cacheflow::Result;
use tokio::sync::watch;

use crate::around::{Around, Call, Operation, Wrapped, wrapper};
use crate::eventually;

/// A bound against hanging, not an expectation.
const REACHED_WITHIN: Duration = Duration::from_secs(30);

/// A backend whose operations a test can hold at a point, so that it decides
/// what happens in between. Clones are the same one.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use cacheflow::{Cache, CacheFlow};
/// use cacheflow_testkit::{Gate, MemoryBackend, Operation, eventually};
/// use std::time::Duration;
///
/// let gate = Gate::new(MemoryBackend::new());
/// let flow = CacheFlow::builder()
///     .backend(gate.clone())
///     .operation_budget(Duration::from_secs(60)) // A held operation takes its time.
///     .build()
///     .await?;
/// let users: Cache<u64, String> = flow.cache("users").build()?;
/// # eventually("subscribed", Duration::from_secs(10), async || flow.health().is_good()).await;
///
/// let fill = gate.hold_before(Operation::Fill);
/// let load = tokio::spawn({
///     let users = users.clone();
///     async move { users.get_or_load(&7, async || Ok::<_, String>("old".to_owned())).await }
/// });
/// fill.reached().await;
/// let _ = users.invalidate(&7).await?; // Between the load and the fill.
/// fill.release();
///
/// assert_eq!(load.await??, "old");
/// assert_eq!(users.get(&7).await, None);
/// # Ok(()) }
/// ```
///
/// A paused tokio clock moves on while nothing else can run, so that budgets
/// end at once while something is held: use a running clock.
pub struct Gate<B>(Wrapped<B, Points>);

wrapper!(Gate around Points);

impl<B> Gate<B> {
    /// Around `backend`; nothing is held yet.
    #[must_use]
    pub fn new(backend: B) -> Self {
        Self(Wrapped::new(backend, Points::default()))
    }

    /// Holds the next `operation` before it happens.
    #[must_use = "what is held is released when this is dropped"]
    pub fn hold_before(&self, operation: Operation) -> Held {
        self.hold(operation, When::Before)
    }

    /// Holds the next `operation` after it has happened, before its caller has
    /// the answer.
    #[must_use = "what is held is released when this is dropped"]
    pub fn hold_after(&self, operation: Operation) -> Held {
        self.hold(operation, When::After)
    }

    fn hold(&self, operation: Operation, when: When) -> Held {
        let point = Arc::new(Point {
            operation,
            when,
            state: watch::Sender::new(State::Waiting),
        });
        self.0.around().points().push(Arc::clone(&point));
        Held(point)
    }
}

/// A point at which one operation is held, or will be; dropping it lets the
/// operation go on.
///
/// Where several wait for the same kind of operation, the first takes it.
#[derive(Debug)]
pub struct Held(Arc<Point>);

impl Held {
    /// Waits until an operation is held here.
    ///
    /// # Panics
    ///
    /// If none comes within 30 seconds.
    #[track_caller]
    pub fn reached(&self) -> impl Future<Output = ()> + '_ {
        let caller = Location::caller();
        async move {
            let what = format!("{} is held ({caller})", self.0.operation);
            eventually(&what, REACHED_WITHIN, async || {
                let mut state = self.0.state.subscribe();
                state
                    .wait_for(|state| *state == State::Reached)
                    .await
                    .is_ok()
            })
            .await;
        }
    }

    /// Whether an operation is held here.
    #[must_use]
    pub fn is_reached(&self) -> bool {
        *self.0.state.borrow() == State::Reached
    }

    /// Lets the operation go on, or pass if it has not come yet.
    pub fn release(self) {
        drop(self);
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.0.state.send_replace(State::Released);
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum When {
    Before,
    After,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Waiting,
    Reached,
    Released,
}

#[derive(Debug)]
struct Point {
    operation: Operation,
    when: When,
    state: watch::Sender<State>,
}

impl Point {
    /// Takes the point for an operation, if none has taken it.
    fn take(&self) -> bool {
        self.state.send_if_modified(|state| {
            let free = *state == State::Waiting;
            if free {
                *state = State::Reached;
            }
            free
        })
    }
}

#[derive(Default)]
struct Points(Mutex<Vec<Arc<Point>>>);

impl Points {
    fn points(&self) -> MutexGuard<'_, Vec<Arc<Point>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn pass(&self, operation: Operation, when: When) {
        let taken = {
            let mut points = self.points();
            points.retain(|point| *point.state.borrow() == State::Waiting);
            let here = |point: &&Arc<Point>| point.operation == operation && point.when == when;
            let taken = points.iter().filter(here).find(|point| point.take());
            taken.cloned()
        };
        if let Some(point) = taken {
            let mut state = point.state.subscribe();
            // Its sender lives in `point`.
            let _ = state.wait_for(|state| *state == State::Released).await;
        }
    }
}

#[async_trait::async_trait]
impl Around for Points {
    async fn before(&self, call: &Call) -> Result<()> {
        self.pass(call.operation, When::Before).await;
        Ok(())
    }

    async fn after(&self, call: &Call) -> Result<()> {
        self.pass(call.operation, When::After).await;
        Ok(())
    }
}

//! Two nodes of a candidate at work.

use std::sync::Arc;
use std::time::{Duration, Instant};

use cacheflow_benches::results::Subject;
use cacheflow_benches_peers::remote::cpu;
use cacheflow_benches_peers::version;
use tokio::runtime::{Builder, Runtime};
use tokio::sync::{Mutex, mpsc};
use tokio::task::JoinHandle;
use tokio::time::timeout;

use super::pair::{Far, Near, Pair};

/// News that did not come within this time were lost: who keeps no journal never hears
/// of them.
const PATIENCE: Duration = Duration::from_secs(5);

/// Two nodes, whichever candidate's.
pub(crate) trait Link {
    fn subject(&self) -> Subject;

    /// Microseconds from the call that forgets a key until it is gone from the
    /// other's memory; key after key. Not a number, where one has not gone.
    fn latencies(&self, keys: &Arc<[String]>) -> Vec<f64>;

    /// Forgets all keys as fast as so many tasks can. `None` if the candidate cannot
    /// forget as many at once.
    fn applied(&self, keys: &Arc<[String]>, at_once: usize, tasks: usize) -> Option<Applied>;
}

/// What the other node has applied.
pub(crate) struct Applied {
    /// Keys per second.
    pub(crate) per_second: f64,
    /// Microseconds of its processor time per key.
    pub(crate) processor: f64,
}

/// Each node has one thread, on which it works and on which it is told.
pub(crate) struct Linked<P: Pair> {
    pub(crate) near: P::Near,
    pub(crate) far: Arc<Mutex<P::Far>>,
    near_runtime: Runtime,
    far_runtime: Runtime,
}

/// Two nodes of a candidate.
pub(crate) fn linked<P: Pair>(url: &str) -> Box<dyn Link> {
    Box::new(Linked::<P>::on(url))
}

impl<P: Pair> Linked<P> {
    pub(crate) fn on(url: &str) -> Self {
        let runtime = || {
            let runtime = Builder::new_multi_thread()
                .worker_threads(1)
                .enable_all()
                .build();
            runtime.expect("a runtime")
        };
        let (near_runtime, far_runtime) = (runtime(), runtime());
        Self {
            near: near_runtime.block_on(P::near(url)),
            far: Arc::new(Mutex::new(far_runtime.block_on(P::far(url)))),
            near_runtime,
            far_runtime,
        }
    }

    /// On the near node's thread.
    pub(crate) fn near<T: Send + 'static>(
        &self,
        work: impl Future<Output = T> + Send + 'static,
    ) -> T {
        let working = self.near_runtime.spawn(work);
        self.near_runtime.block_on(working).expect("the near node")
    }

    /// On the far node's thread.
    pub(crate) fn far<T: Send + 'static>(
        &self,
        work: impl Future<Output = T> + Send + 'static,
    ) -> T {
        let working = self.far_runtime.spawn(work);
        self.far_runtime.block_on(working).expect("the far node")
    }

    /// Begins to watch on the far node's thread, which tells when each of the keys goes.
    pub(crate) fn watch(&self, keys: &Arc<[String]>) -> Watch {
        let (far, keys) = (Arc::clone(&self.far), Arc::clone(keys));
        let (tell, told) = mpsc::unbounded_channel();
        let watching = self.far_runtime.spawn(async move {
            let mut far = far.lock().await;
            let before = cpu::of_thread();
            for key in keys.iter() {
                while far.holds(key).await {
                    timeout(PATIENCE, far.news()).await.ok()?;
                }
                // Nobody listens who only wants to know of the end.
                let _ = tell.send(Instant::now());
            }
            Some((Instant::now(), cpu::of_thread() - before))
        });
        Watch { told, watching }
    }

    /// When the last key was gone, and what the far node's thread has used until then.
    pub(crate) fn ended(&self, watch: Watch) -> Option<(Instant, Duration)> {
        drop(watch.told);
        self.far_runtime
            .block_on(watch.watching)
            .expect("the far node")
    }

    fn taken(&self, keys: &Arc<[String]>) {
        let (far, keys) = (Arc::clone(&self.far), Arc::clone(keys));
        self.far(async move {
            let mut far = far.lock().await;
            far.take(&keys).await;
            for key in keys.iter() {
                assert!(far.holds(key).await, "{}: {key} is not there", P::NAME);
            }
        });
    }
}

/// Who waits for keys to go.
pub(crate) struct Watch {
    told: mpsc::UnboundedReceiver<Instant>,
    watching: JoinHandle<Option<(Instant, Duration)>>,
}

impl<P: Pair> Link for Linked<P> {
    fn subject(&self) -> Subject {
        match P::CRATE {
            "cacheflow" => Subject::ours(P::NAME),
            peer => Subject::peer(P::NAME, &version(peer)),
        }
    }

    fn latencies(&self, keys: &Arc<[String]>) -> Vec<f64> {
        self.taken(keys);
        let Watch { mut told, watching } = self.watch(keys);
        let (near, keys) = (self.near.clone(), Arc::clone(keys));
        let times = self.near(async move {
            let mut times = Vec::with_capacity(keys.len());
            for key in keys.iter() {
                let began = Instant::now();
                near.forget(key).await;
                let Some(gone) = told.recv().await else {
                    return vec![f64::NAN];
                };
                times.push(gone.duration_since(began).as_secs_f64() * 1e6);
            }
            times
        });
        self.far_runtime.block_on(watching).expect("the far node");
        times
    }

    fn applied(&self, keys: &Arc<[String]>, at_once: usize, tasks: usize) -> Option<Applied> {
        if at_once > 1 && !P::Near::FORGETS_MANY {
            return None;
        }
        self.taken(keys);
        let watch = self.watch(keys);
        let (near, all) = (self.near.clone(), Arc::clone(keys));
        let began = self.near(async move {
            let began = Instant::now();
            let each = all.len() / tasks;
            let running: Vec<_> = (0..tasks)
                .map(|task| {
                    let (near, all) = (near.clone(), Arc::clone(&all));
                    tokio::spawn(async move {
                        for keys in all[task * each..(task + 1) * each].chunks(at_once) {
                            near.forget_many(keys).await;
                        }
                    })
                })
                .collect();
            for task in running {
                task.await.expect("the near node");
            }
            began
        });
        let number = keys.len() as f64;
        Some(match self.ended(watch) {
            Some((ended, processor)) => Applied {
                per_second: number / ended.duration_since(began).as_secs_f64(),
                processor: processor.as_secs_f64() * 1e6 / number,
            },
            None => Applied {
                per_second: f64::NAN,
                processor: f64::NAN,
            },
        })
    }
}

//! Two nodes and their tasks.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use cacheflow_benches::results::Subject;
use cacheflow_benches_peers::version;
use tokio::runtime::{Builder, Runtime};

/// What a load takes.
const LOAD: Duration = Duration::from_millis(20);

/// How often it was loaded.
pub(crate) type Loads = Arc<AtomicUsize>;

/// A node with a cache.
pub(crate) trait Node: Send + Sync + Sized + 'static {
    /// What tables call it.
    const NAME: &'static str;
    /// The crate whose version tables name.
    const CRATE: &'static str;

    fn connect(url: &str) -> impl Future<Output = Self> + Send;

    /// The text under the key, which [`load`] loads.
    fn get(&self, key: &str, loads: Loads) -> impl Future<Output = String> + Send;
}

/// The source: slow, and it counts.
pub(crate) async fn load(loads: Loads) -> String {
    loads.fetch_add(1, Ordering::Relaxed);
    tokio::time::sleep(LOAD).await;
    TEXT.to_owned()
}

const TEXT: &str = "what was loaded";

/// What happened.
pub(crate) struct Stampede {
    pub(crate) loads: usize,
    pub(crate) took: Duration,
}

/// Two nodes of a candidate, whichever.
pub(crate) trait Crowd {
    fn subject(&self) -> Subject;

    /// So many tasks on each node ask for a key at the same time.
    fn stampede(&self, key: &str, tasks: usize) -> Stampede;
}

/// Two nodes of this candidate.
pub(crate) fn crowd<N: Node>(url: &str) -> Box<dyn Crowd> {
    let nodes = [(); 2].map(|()| {
        let runtime = Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build();
        let runtime = runtime.expect("a runtime");
        let node = Arc::new(runtime.block_on(N::connect(url)));
        (runtime, node)
    });
    Box::new(Nodes(nodes))
}

struct Nodes<N>([(Runtime, Arc<N>); 2]);

impl<N: Node> Crowd for Nodes<N> {
    fn subject(&self) -> Subject {
        match N::CRATE {
            "cacheflow" => Subject::ours(N::NAME),
            peer => Subject::peer(N::NAME, &version(peer)),
        }
    }

    fn stampede(&self, key: &str, tasks: usize) -> Stampede {
        let loads = Loads::default();
        let began = Instant::now();
        let asking: Vec<_> = self
            .0
            .iter()
            .map(|(runtime, node)| {
                let (node, key, loads) = (Arc::clone(node), key.to_owned(), Arc::clone(&loads));
                runtime.spawn(async move {
                    let asking: Vec<_> = (0..tasks)
                        .map(|_| {
                            let (node, key) = (Arc::clone(&node), key.clone());
                            let loads = Arc::clone(&loads);
                            tokio::spawn(async move { node.get(&key, loads).await })
                        })
                        .collect();
                    for task in asking {
                        let text = task.await.expect("a task");
                        assert_eq!(text, TEXT, "{}", N::NAME);
                    }
                    Instant::now()
                })
            })
            .collect();
        let ends = self
            .0
            .iter()
            .zip(asking)
            .map(|((runtime, _), asking)| runtime.block_on(asking).expect("a node"));
        let end = ends.max().expect("two nodes");
        Stampede {
            loads: loads.load(Ordering::Relaxed),
            took: end.duration_since(began),
        }
    }
}

//! One of the service's processes: reads, writes and forgets, and tells what it saw.

mod caches;
mod news;
mod reader;
mod recorder;
mod writer;

use std::io::{BufRead, Write};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use cacheflow::bus::Bus;
use cacheflow::lock::Leases;
use cacheflow::store::SharedStore;
use cacheflow::{Backend, CacheFlow, Namespace};
use cacheflow_redis::RedisBackend;
use cacheflow_testkit::history;
use tokio::task::JoinSet;

use crate::args::NodeSettings;
use crate::database::Database;
use crate::wire::Told;
use caches::Caches;
use news::News;
use recorder::Recorder;

/// Tasks that read, and tasks that write, of each node.
const READERS: u64 = 8;
const WRITERS: u64 = 2;
/// How often what was recorded is told.
const TELL_EVERY: Duration = Duration::from_millis(20);

/// What the tasks of a node share.
pub(crate) struct Shared {
    settings: NodeSettings,
    caches: Caches,
    recorder: Arc<Recorder>,
    news: News,
    stopped: AtomicBool,
}

impl Shared {
    fn is_stopped(&self) -> bool {
        self.stopped.load(Ordering::Relaxed)
    }
}

/// Store and bus on ways of their own, so that one can fail alone.
struct Ways {
    store: RedisBackend,
    bus: RedisBackend,
}

impl Backend for Ways {
    fn store(&self, namespace: &Namespace) -> Arc<dyn SharedStore> {
        self.store.store(namespace)
    }

    fn bus(&self, namespace: &Namespace) -> Arc<dyn Bus> {
        self.bus.bus(namespace)
    }

    fn leases(&self, namespace: &Namespace) -> Arc<dyn Leases> {
        self.store.leases(namespace)
    }
}

pub(crate) fn run(settings: NodeSettings) -> ExitCode {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .expect("a runtime");
    runtime.block_on(work(settings));
    ExitCode::SUCCESS
}

async fn work(settings: NodeSettings) {
    let (stop, mut stopping) = tokio::sync::mpsc::channel::<()>(1);
    thread::spawn(move || obey(&stop));

    let ways = Ways {
        store: RedisBackend::open(&settings.store).expect("the store's address"),
        bus: RedisBackend::open(&settings.bus).expect("the bus' address"),
    };
    let flow = CacheFlow::builder()
        .namespace("soak")
        .backend(ways)
        .max_staleness(settings.max_staleness)
        .build()
        .await
        .expect("a flow");
    let database = Database::open(&settings.database).expect("the database");
    let recorder = Arc::new(Recorder::default());
    let news = News::default();
    let caches = Caches::new(flow.clone(), database, Arc::clone(&recorder));
    let shared = Arc::new(Shared {
        settings,
        caches,
        recorder: Arc::clone(&recorder),
        news,
        stopped: AtomicBool::new(false),
    });

    let (end, ended) = mpsc::channel();
    let teller = thread::spawn({
        let shared = Arc::clone(&shared);
        move || tell(&shared, &ended)
    });
    let listening = tokio::spawn(news::listen(Arc::clone(&shared)));
    let watching = tokio::spawn(writer::watch_local(Arc::clone(&shared)));

    let mut tasks = JoinSet::new();
    for task in 0..READERS {
        tasks.spawn(reader::read(Arc::clone(&shared), task));
    }
    for task in 0..WRITERS {
        tasks.spawn(writer::write(Arc::clone(&shared), task, WRITERS));
    }
    stopping.recv().await;
    shared.stopped.store(true, Ordering::Relaxed);
    while let Some(ended) = tasks.join_next().await {
        if let Err(error) = ended {
            recorder.tell(&Told::Broken {
                text: format!("a task of the service failed: {error}"),
            });
        }
    }
    watching.abort();
    if let Err(error) = flow.shutdown(Duration::from_secs(10)).await {
        recorder.tell(&Told::Remark {
            at: history::now(),
            text: format!("the end: {error}"),
        });
    }
    listening.abort();
    recorder.tell(&Told::Ended(Box::new(shared.news.counts(&shared))));
    drop(end);
    let _ = teller.join();
}

/// Waits for the word to stop. When the driver is gone, so is this.
fn obey(stop: &tokio::sync::mpsc::Sender<()>) {
    for line in std::io::stdin().lock().lines() {
        if line.is_ok_and(|line| line == "stop") {
            let _ = stop.blocking_send(());
        }
    }
    std::process::exit(1);
}

/// Tells the driver what was recorded, until there is nothing more to come.
fn tell(shared: &Shared, ended: &mpsc::Receiver<()>) {
    let mut out = std::io::stdout().lock();
    let mut was_trusted = false;
    loop {
        let is_last = ended.recv_timeout(TELL_EVERY) != Err(RecvTimeoutError::Timeout);
        let health = shared.caches.flow.health();
        if was_trusted && !health.memory_is_trusted && !shared.is_stopped() {
            shared.news.closed();
        }
        was_trusted = health.memory_is_trusted;
        let told = shared.recorder.take(health.is_good());
        if out.write_all(&told).and_then(|()| out.flush()).is_err() {
            std::process::exit(1);
        }
        if is_last {
            return;
        }
    }
}

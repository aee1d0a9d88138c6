//! What a miss asks of Redis, and what it costs this process beside that.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::future::Future;
use std::sync::Arc;

use cacheflow::{Cache, CacheFlow};
use cacheflow_benches::results::{Better, Extent, Goal, Measured, Spread, Subject};
use cacheflow_benches_peers::remote::{TTL, cpu, node, server, texts};
use cacheflow_benches_peers::version;
use cacheflow_testkit::RedisServer;
use redis::Script;
use redis::aio::MultiplexedConnection;

const BYTES: usize = 1_024;
const TASKS: [usize; 2] = [1, 64];

pub(crate) struct Miss {
    pub(crate) processor_time: Measured,
    pub(crate) goals: [Goal; 2],
    pub(crate) about: String,
}

/// Everything in one thread: another would only add the price of being woken.
pub(crate) fn measure(extent: Extent) -> Miss {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    runtime.expect("a runtime").block_on(async {
        let server = server::started().await;
        let trips = Arc::new(Trips::connect(&server.url()).await);
        let ours = Arc::new(Ours::connect(&server.url()).await);
        let asked = Asked::measure(&server, &ours, extent).await;
        let processor_time = processor_time(&server, &trips, &ours, extent).await;
        Miss {
            goals: [asked.goal(), own_time(&processor_time)],
            about: asked.about(),
            processor_time,
        }
    })
}

/// Something that finds nothing under a key, and keeps a text there.
trait Missing: Send + Sync + 'static {
    fn miss(&self, key: &str, text: &str) -> impl Future<Output = ()> + Send;
}

/// The same two round trips without a cache around them: a look, and a script that keeps.
struct Trips {
    connection: MultiplexedConnection,
    keep: Script,
}

impl Trips {
    async fn connect(url: &str) -> Self {
        let client = redis::Client::open(url).expect("a URL");
        let connection = client.get_multiplexed_async_connection().await;
        Self {
            connection: connection.expect("a connection"),
            keep: Script::new("return redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])"),
        }
    }
}

impl Missing for Trips {
    async fn miss(&self, key: &str, text: &str) {
        let mut connection = self.connection.clone();
        let mut look = redis::pipe();
        look.get(key).pttl(key);
        let looked = look.query_async::<(Option<Vec<u8>>, i64)>(&mut connection);
        assert!(looked.await.expect("GET and PTTL").0.is_none());
        let loaded = text.to_owned();
        let mut keep = self.keep.prepare_invoke();
        keep.key(key).arg(loaded).arg(TTL.as_millis() as u64);
        let kept = keep.invoke_async::<()>(&mut connection).await;
        kept.expect("the script keeps");
    }
}

struct Ours {
    _flow: CacheFlow,
    texts: Cache<String, String>,
}

impl Ours {
    async fn connect(url: &str) -> Self {
        let flow = node(url, "miss").await;
        let texts = flow.cache("texts").ttl(TTL).max_entries(100_000).build();
        Self {
            texts: texts.expect("a cache"),
            _flow: flow,
        }
    }
}

impl Missing for Ours {
    async fn miss(&self, key: &str, text: &str) {
        let load = async || Ok::<_, Infallible>(text.to_owned());
        let loaded = self.texts.get_or_load(key, load).await;
        loaded.expect("no loader fails");
    }
}

/// The processor time of this process for one miss, in µs.
async fn taken<M: Missing>(by: &Arc<M>, name: &str, tasks: usize, misses: usize) -> f64 {
    let text = texts::of(BYTES);
    let each = misses / tasks;
    let before = cpu::of_process();
    let running: Vec<_> = (0..tasks)
        .map(|task| {
            let (by, text, name) = (Arc::clone(by), Arc::clone(&text), format!("{name}:{task}"));
            tokio::spawn(async move {
                for number in 0..each {
                    by.miss(&format!("{name}:{number}"), &text).await;
                }
            })
        })
        .collect();
    for task in running {
        task.await.expect("a miss");
    }
    (cpu::of_process() - before).as_secs_f64() * 1e6 / (each * tasks) as f64
}

async fn processor_time(
    server: &RedisServer,
    trips: &Arc<Trips>,
    ours: &Arc<Ours>,
    extent: Extent,
) -> Measured {
    let (rounds, misses) = (extent.pick(1, 7, 21), extent.pick(64, 1_024, 4_096));
    let mut samples = vec![vec![Vec::with_capacity(rounds); TASKS.len()]; 2];
    for round in 0..rounds {
        for (scenario, tasks) in TASKS.into_iter().enumerate() {
            let name = format!("miss-{round}-{tasks}");
            for turn in 0..2 {
                let at = (round + turn) % 2;
                samples[at][scenario].push(match at {
                    0 => taken(trips, &name, tasks, misses).await,
                    _ => taken(ours, &name, tasks, misses).await,
                });
            }
        }
        server::remove(server, "miss-").await;
    }
    Measured {
        title: "processor time of a miss, this process alone".to_owned(),
        unit: "µs".to_owned(),
        better: Better::Less,
        scenarios: vec!["1 KiB, 1 task".to_owned(), "1 KiB, 64 tasks".to_owned()],
        candidates: vec![
            Subject::peer("the same round trips", &version("redis")),
            Subject::ours("cacheflow"),
        ],
        base: Some(0),
        samples,
    }
}

fn own_time(measured: &Measured) -> Goal {
    let (trips, ours) = (measured.rounds(0, 1), measured.rounds(1, 1));
    let own = ours.iter().zip(trips).map(|(ours, trips)| ours - trips);
    Goal {
        what: "processor time of a miss beside its round trips, 64 tasks".to_owned(),
        target: "< 3 µs".to_owned(),
        limit: 3.0,
        better: Better::Less,
        measured: Spread::of(own.collect()).map_or(f64::NAN, |own| own.median),
        tried: "the median over all rounds of what the process used for misses, less what it used \
                for as many GET + PTTL and scripts that SET the same text, in the same thread. A \
                fill is one buffer, flights wait by a lock and one notification, nothing of what is \
                rare is in the future of a lookup: from 68,800 instructions and 67 allocations to \
                50,600 and 43, the round trips' own included (23 allocations). Of what is left \
                the connection's task and the parser of answers are 3 of 10 parts, the fill with \
                its envelope, its command and its budget 2 to 3, memory 1 (with moka, which it was measured with), \
                the look into Redis 1, and no other step as much as a half"
            .to_owned(),
    }
}

/// What the server was asked.
struct Asked {
    misses: u64,
    round_trips: f64,
    commands: BTreeMap<String, u64>,
}

impl Asked {
    /// Misses one after the other. The heartbeats of the node, which come in between,
    /// are not in the round that was read from the fewest times.
    async fn measure(server: &RedisServer, ours: &Arc<Ours>, extent: Extent) -> Self {
        let misses = 100;
        let mut fewest = u64::MAX;
        let mut commands = BTreeMap::new();
        // What asking is counted as itself.
        let before = server::reads(server).await;
        let own = server::reads(server).await - before;
        for round in 0..extent.pick(1, 10, 10) {
            let before = (server::reads(server).await, server::commands(server).await);
            taken(ours, &format!("miss-asked-{round}"), 1, 100).await;
            let after = server::commands(server).await;
            let reads = server::reads(server).await - before.0 - 3 * own;
            if reads < fewest {
                fewest = reads;
                commands = after;
                commands.retain(|name, calls| {
                    *calls -= before.1.get(name).unwrap_or(&0);
                    *calls >= misses
                });
            }
        }
        Self {
            misses,
            round_trips: fewest as f64 / misses as f64,
            commands,
        }
    }

    fn goal(&self) -> Goal {
        Goal {
            what: "round trips of a miss".to_owned(),
            target: "2".to_owned(),
            limit: 2.0,
            better: Better::Less,
            measured: self.round_trips,
            tried:
                "how often the server has read from its clients (`total_reads_processed`) during \
                    a hundred misses one after the other, in the round without a heartbeat"
                    .to_owned(),
        }
    }

    fn about(&self) -> String {
        let commands = self.commands.iter().map(|(name, calls)| {
            let calls = *calls as f64 / self.misses as f64;
            format!("{calls} {}", name.to_uppercase())
        });
        let commands: Vec<String> = commands.collect();
        format!(
            "A miss of CacheFlow is {} round trips, in which the server carries out {} (`INFO \
             commandstats`; what the script calls is counted with it).",
            self.round_trips,
            commands.join(", ")
        )
    }
}

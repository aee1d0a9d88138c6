//! The whole run: the shop, the sequence, the two measurements, the report.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};

use crate::args::Plan;
use crate::direct::Direct;
use crate::node::{self, Node};
use crate::oracle::Oracle;
use crate::progress::Bar;
use crate::redis_url::redacted;
use crate::report::{Report, Setting, count};
use crate::sequence::{Sequence, Trace};
use crate::shop::Shop;
use crate::workload::{self, Load, Outcome, Scene};

/// One change of each writer in this time.
const CHANGE_EVERY: Duration = Duration::from_millis(20);

/// How long the last requests of a measurement may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// How long invalidations that waited for Redis may take to the other instances once it is back: the time to connect again.
const RECOVERY: Duration = Duration::from_secs(10);

/// Does what the plan says.
///
/// # Errors
///
/// When it cannot start: a file that cannot be used, or a cache that cannot be made. What goes wrong later is in the report.
pub(crate) async fn run(plan: &Plan) -> Result<Report> {
    // The trace first, since a wrong one is found out at once.
    let sequence = Arc::new(sequence(plan)?);
    let shop = Arc::new(open(plan)?);
    let load = Load {
        length: plan.length,
        readers: plan.readers,
        writers: plan.writers,
        change_every: CHANGE_EVERY,
        patience: PATIENCE,
        seed: plan.seed,
    };
    let stage = Stage {
        plan,
        shop: &shop,
        sequence: &sequence,
    };

    let direct = (0..plan.nodes).map(|_| Arc::new(Direct::new(&shop)));
    let direct = stage.scene(direct.collect(), Duration::ZERO);
    let bar = Bar::time("without the cache", plan.length);
    let without = workload::run(&direct, &load, &bar).await;
    drop(bar);

    let bound = if plan.nodes > 1 {
        node::MAX_STALENESS
    } else {
        Duration::ZERO
    };
    let instances = Node::start_all(plan.nodes, &shop, plan.redis.as_ref())
        .await
        .map_err(|error| anyhow::anyhow!(redacted(&format!("{error:#}"))))
        .context("cannot start the cache")?;
    let cached = stage.scene(instances, bound);
    let bar = Bar::time("with the cache", plan.length);
    let with = workload::run(&cached, &load, &bar).await;
    drop(bar);

    let grace = match (plan.nodes, with.tally.only_here) {
        (1, _) => Duration::ZERO,
        (_, 0) => bound,
        (_, _) => bound + RECOVERY,
    };
    let audit = workload::compare(&cached, &load, grace).await;
    for instance in &cached.instances {
        instance.stop().await;
    }
    Ok(Report {
        setting: setting(plan, &sequence, bound, &with),
        without,
        with,
        audit,
    })
}

/// What both measurements have in common.
struct Stage<'a> {
    plan: &'a Plan,
    shop: &'a Arc<Shop>,
    sequence: &'a Arc<Sequence>,
}

impl Stage<'_> {
    fn scene<I>(&self, instances: Vec<Arc<I>>, bound: Duration) -> Arc<Scene<I>> {
        Arc::new(Scene {
            instances,
            shop: Arc::clone(self.shop),
            size: self.plan.size,
            sequence: Arc::clone(self.sequence),
            oracle: Oracle::new(self.plan.size, bound),
        })
    }
}

fn sequence(plan: &Plan) -> Result<Sequence> {
    Ok(match &plan.trace {
        Some(path) => Sequence::replay(&Trace::read(path)?, plan.size, plan.seed),
        None => Sequence::zipf(plan.size, plan.seed),
    })
}

/// Opens the shop, with a bar if it has to be built.
fn open(plan: &Plan) -> Result<Shop> {
    let bar = std::cell::OnceCell::new();
    Shop::open(&plan.database, plan.size, &|rows| {
        bar.get_or_init(|| Bar::rows("building the shop", plan.size.rows()))
            .made(rows);
    })
}

fn setting(plan: &Plan, sequence: &Sequence, bound: Duration, with: &Outcome) -> Setting {
    let size = plan.size;
    let instances = match plan.nodes {
        1 => "1 instance".to_owned(),
        several => format!("{several} instances"),
    };
    let levels = match &plan.redis {
        Some(url) => format!("memory and Redis at {url}"),
        None => "memory only".to_owned(),
    };
    let changes = plan.writers as u64 * (1_000 / CHANGE_EVERY.as_millis() as u64);
    Setting {
        lines: vec![
            (
                "shop",
                format!(
                    "{} products, {} users, {} orders in {}",
                    count(size.products.into()),
                    count(size.users.into()),
                    count(size.orders.into()),
                    plan.database.display()
                ),
            ),
            ("requests", sequence.to_string()),
            (
                "",
                format!(
                    "gone through {:.1} times with the cache",
                    sequence.rounds(with.tally.answers())
                ),
            ),
            (
                "tasks",
                format!(
                    "{} read without a pause, {} change up to {changes} rows a second",
                    plan.readers, plan.writers
                ),
            ),
            ("cache", format!("{}; {instances}, {levels}", node::ABOUT)),
        ],
        instances: plan.nodes,
        shared: plan.redis.is_some(),
        bound,
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;
    use std::time::Duration;

    use cacheflow_testkit::{RedisServer, eventually};

    use super::run;
    use crate::args::Plan;

    fn plan(folder: &Path, arguments: &[&str]) -> Plan {
        let database = folder.join("shop.sqlite").display().to_string();
        let fixed = ["quickstart", "--quick", "--database", &database];
        let length: &[&str] = match arguments.contains(&"--seconds") {
            true => &[],
            false => &["--seconds", "0.3"],
        };
        Plan::parse(fixed.iter().chain(length).chain(arguments)).unwrap()
    }

    async fn refusal(plan: &Plan) -> String {
        let refusal = format!("{:#}", run(plan).await.err().unwrap());
        assert!(!refusal.contains('\n'), "{refusal}");
        refusal
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_whole_run_ends_well_and_its_numbers_add_up() {
        let folder = tempfile::tempdir().unwrap();
        let report = run(&plan(folder.path(), &[])).await.unwrap();
        assert_eq!(report.faults(), [""; 0]);
        let (without, with) = (&report.without, &report.with);
        assert_eq!(without.queries, without.tally.answers());
        assert!(with.queries < with.tally.answers());
        assert!(with.tally.changes > 0 && report.audit.compared > 0);
        let levels = with.levels;
        assert!(levels.memory_hits + levels.loads <= with.tally.answers());
        assert!(report.to_string().contains("All went well"));
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn three_instances_outlive_their_redis_without_a_failed_request() {
        let folder = tempfile::tempdir().unwrap();
        let server = RedisServer::start().await;
        let url = server.url();
        let arguments = ["--nodes", "3", "--redis", &url, "--seconds", "2"];
        let plan = plan(folder.path(), &arguments);
        let kill = async {
            let what = "the instances fill Redis";
            eventually(what, Duration::from_secs(60), async || {
                server.keys().await.len() > 50
            })
            .await;
            server.kill();
        };
        let (report, ()) = tokio::join!(run(&plan), kill);
        let report = report.unwrap();
        assert_eq!(report.faults(), [""; 0]);
        let with = &report.with;
        assert!(with.levels.memory_hits > 0 && with.levels.shared_hits > 0);
        // Changes were made after the kill, and told to nobody else.
        assert!(with.tally.only_here > 0);
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn files_that_cannot_be_used_are_one_line_errors() {
        let folder = tempfile::tempdir().unwrap();
        let missing = plan(folder.path(), &["--trace", "no/such/trace.txt"]);
        assert!(refusal(&missing).await.contains("no/such/trace.txt"));
        assert!(!folder.path().join("shop.sqlite").exists());

        fs::write(folder.path().join("file"), "").unwrap();
        let under_a_file = Plan {
            database: folder.path().join("file/shop.sqlite"),
            ..plan(folder.path(), &[])
        };
        assert!(
            refusal(&under_a_file)
                .await
                .contains("cannot create the folder")
        );
    }
}

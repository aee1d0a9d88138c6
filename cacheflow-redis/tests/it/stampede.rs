//! Many ask for one key that nobody has.

use std::time::Duration;

use cacheflow_testkit::RedisServer;
use tokio::task::JoinSet;

use crate::world::{Db, Node, within};

const TASKS: usize = 1000;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_tasks_on_a_cold_key_run_one_load_a_node() {
    let server = RedisServer::start().await;
    for nodes in [1, 2] {
        let db = Db::at(1);
        let mut tasks = JoinSet::new();
        let mut all = Vec::new();
        for _ in 0..nodes {
            all.push(Node::ready(&server.url()).await);
        }
        for node in &all {
            for _ in 0..TASKS {
                let (users, db) = (node.users.clone(), std::sync::Arc::clone(&db));
                tasks.spawn(async move {
                    let load = async || {
                        // Work, so that there is time to come together.
                        tokio::time::sleep(Duration::from_millis(20)).await;
                        db.read().await
                    };
                    users.get_or_load(&7, load).await.unwrap()
                });
            }
        }
        let values = within(tasks.join_all()).await;
        assert!(values.iter().all(|value| *value == 1));
        assert!((1..=nodes).contains(&db.reads()), "{} loads", db.reads());
        for node in &all {
            let stats = node.users.stats();
            assert_eq!(stats.lookups(), TASKS as u64, "{stats:?}");
            assert!(stats.loads <= 1, "{stats:?}");
            assert_eq!(node.users.under_way(), 0);
        }
        let _ = all[0].users.invalidate(&7).await.unwrap();
    }
}

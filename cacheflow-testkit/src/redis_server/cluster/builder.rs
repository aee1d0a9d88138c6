//! Making a cluster of single servers.

use super::{RedisCluster, until};
use crate::redis_server::{RedisServer, RedisServerBuilder};

const SLOTS: usize = 16_384;

/// What a cluster is started with; see [`RedisServer::cluster`].
#[derive(Clone, Debug)]
pub struct RedisClusterBuilder {
    server: RedisServerBuilder,
    primaries: usize,
    replicas: bool,
}

impl RedisClusterBuilder {
    pub(in crate::redis_server) fn new(
        server: RedisServerBuilder,
        primaries: usize,
    ) -> RedisClusterBuilder {
        assert!(
            (1..=100).contains(&primaries),
            "a cluster has 1 to 100 primaries, not {primaries}"
        );
        RedisClusterBuilder {
            server,
            primaries,
            replicas: false,
        }
    }

    /// Gives each primary one replica.
    pub fn with_replicas(mut self) -> Self {
        self.replicas = true;
        self
    }

    /// Starts the nodes, gives the primaries equal shares of the slots, and waits
    /// until all nodes agree on that and all replicas have caught up.
    ///
    /// This takes two to five seconds: a node is not to serve for the first two
    /// after its start.
    ///
    /// # Panics
    ///
    /// When there is no server program (7.0 or later), when a node does not start
    /// with these options, or when the nodes do not agree within a minute.
    pub async fn start(self) -> RedisCluster {
        let options = self.options();
        let count = self.primaries * if self.replicas { 2 } else { 1 };
        let mut nodes = Vec::new();
        for _ in 0..count {
            nodes.push(options.clone().start().await);
        }
        let cluster = RedisCluster {
            nodes,
            primaries: self.primaries,
        };
        cluster.share_out().await;
        cluster.introduce().await;
        cluster.until_agreed_among(self.primaries).await;
        if self.replicas {
            cluster.replicate().await;
        }
        cluster.until_agreed().await;
        cluster
    }

    fn options(&self) -> RedisServerBuilder {
        let given = self.server.clone().known_to_each_other();
        given.before([
            ("--cluster-enabled", "yes"),
            ("--cluster-config-file", "nodes.conf"),
            ("--cluster-node-timeout", "2000"),
            // The test decides who replaces whom.
            ("--cluster-replica-no-failover", "yes"),
            ("--cluster-allow-replica-migration", "no"),
            // Else the first copy waits five seconds for other replicas.
            ("--repl-diskless-sync-delay", "0"),
            // A replica that has had nothing yet is not shown to clients, and the
            // first that it has is a ping.
            ("--repl-ping-replica-period", "1"),
        ])
    }
}

impl RedisCluster {
    async fn share_out(&self) {
        let bounds = |node: usize| node * SLOTS / self.primaries;
        for (number, node) in self.nodes.iter().enumerate() {
            // Epochs of their own: two nodes with one would have to settle that.
            let epoch = (number + 1).to_string();
            node.demand(&["CLUSTER", "SET-CONFIG-EPOCH", &epoch]).await;
            if number < self.primaries {
                let [first, last] = [bounds(number), bounds(number + 1) - 1].map(|n| n.to_string());
                node.demand(&["CLUSTER", "ADDSLOTSRANGE", &first, &last])
                    .await;
            }
        }
    }

    /// Makes each node known to each; by themselves they would spread the news only
    /// slowly.
    async fn introduce(&self) {
        for (number, node) in self.nodes.iter().enumerate() {
            for other in &self.nodes[..number] {
                let port = other.port().to_string();
                node.demand(&["CLUSTER", "MEET", "127.0.0.1", &port]).await;
            }
        }
    }

    async fn until_agreed_among(&self, primaries: usize) {
        let known = self.nodes.len().to_string();
        let what = "the nodes know each other";
        until(what, super::AGREED_WITHIN, || async {
            for node in &self.nodes {
                let info = node.fields(&["CLUSTER", "INFO"]).await?;
                info.expect("cluster_known_nodes", &known)?;
                info.expect("cluster_size", &primaries.to_string())?;
                info.expect("cluster_state", "ok")?;
                let nodes = node.fields(&["CLUSTER", "NODES"]).await?;
                if nodes.contains("handshake") {
                    return Err("some are only being introduced".to_owned());
                }
            }
            Ok(())
        })
        .await;
    }

    async fn replicate(&self) {
        for primary in 0..self.primaries {
            let replica = &self.nodes[primary + self.primaries];
            let id = self.id(primary).await;
            replica.demand(&["CLUSTER", "REPLICATE", &id]).await;
        }
        for primary in 0..self.primaries {
            self.until_in_sync(primary).await;
        }
    }

    /// The name by which the nodes know this one.
    pub(super) async fn id(&self, node: usize) -> String {
        let server: &RedisServer = &self.nodes[node];
        let reply = server.demand(&["CLUSTER", "MYID"]).await;
        reply.text().expect("a node's id")
    }
}

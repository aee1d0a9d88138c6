//! Several servers that share the keys among them, as Redis Cluster.

mod builder;
mod slots;
mod view;

use std::time::Duration;

pub use builder::RedisClusterBuilder;
use view::View;

use super::until::until;
use super::{RedisServer, Reply};

/// A bound against hanging. Nodes take some seconds to agree, by design.
const AGREED_WITHIN: Duration = Duration::from_secs(60);

/// A cluster of `redis-server` processes on free ports of 127.0.0.1.
///
/// Its nodes are numbered: first the primaries in the order of their slots, then,
/// if it was started [with replicas](RedisClusterBuilder::with_replicas), the
/// replica of each in the same order. A node keeps its number when it is killed,
/// restarted, or takes over.
///
/// Nothing takes over by itself; the test says when, by
/// [`fail_over`](Self::fail_over). A node counts another as failed that has been
/// silent for two seconds.
///
/// # Examples
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> std::io::Result<()> {
/// use cacheflow_testkit::{RedisServer, Reply};
///
/// let cluster = RedisServer::cluster(3).start().await;
/// let owner = cluster.owner_of("greeting").await;
/// cluster.node(owner).command(&["SET", "greeting", "hello"]).await?;
/// assert_eq!(cluster.keys().await, ["greeting"]);
///
/// // Every other node refers to the owner.
/// let other = cluster.node((owner + 1) % 3);
/// let refusal = other.command(&["GET", "greeting"]).await?;
/// assert!(matches!(refusal, Reply::Error(text) if text.starts_with("MOVED ")));
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct RedisCluster {
    nodes: Vec<RedisServer>,
    primaries: usize,
}

impl RedisCluster {
    /// The node of this number.
    ///
    /// # Panics
    ///
    /// When there is no such node.
    pub fn node(&self, number: usize) -> &RedisServer {
        &self.nodes[number]
    }

    /// All nodes, in the order of their numbers.
    pub fn nodes(&self) -> &[RedisServer] {
        &self.nodes
    }

    /// The URL of every node, in the order of their numbers.
    pub fn urls(&self) -> Vec<String> {
        self.nodes.iter().map(RedisServer::url).collect()
    }

    /// The number of the node that replicates this one, or is replicated by it;
    /// `None` in a cluster without replicas.
    ///
    /// # Panics
    ///
    /// When there is no such node.
    pub fn partner_of(&self, node: usize) -> Option<usize> {
        assert!(node < self.nodes.len(), "there is no node {node}");
        let replicated = self.nodes.len() > self.primaries;
        replicated.then(|| (node + self.primaries) % self.nodes.len())
    }

    /// The slot of a key.
    ///
    /// # Panics
    ///
    /// When no node answers.
    pub async fn slot_of(&self, key: impl AsRef<[u8]>) -> u16 {
        let words: [&[u8]; 3] = [b"CLUSTER", b"KEYSLOT", key.as_ref()];
        let reply = self.ask_any(&words).await;
        let Reply::Integer(slot) = reply else {
            panic!("CLUSTER KEYSLOT answered {reply:?}")
        };
        u16::try_from(slot).expect("the number of a slot")
    }

    /// The number of the node that has this key, or would have it.
    ///
    /// # Panics
    ///
    /// When no node answers, or nobody has the slot.
    pub async fn owner_of(&self, key: impl AsRef<[u8]>) -> usize {
        let slot = self.slot_of(key).await;
        self.owner_of_slot(slot).await
    }

    /// The number of the node that has this slot, as the first node knows it that
    /// answers.
    ///
    /// # Panics
    ///
    /// When no node answers, or nobody has the slot.
    pub async fn owner_of_slot(&self, slot: u16) -> usize {
        let view = View::of(&self.ask_any(&[b"CLUSTER", b"SLOTS"]).await);
        let port = view.owner(slot);
        let port = port.unwrap_or_else(|| panic!("nobody has slot {slot}"));
        self.number_of(port)
    }

    /// All keys of the cluster, sorted: those of the living nodes that have slots,
    /// as [`RedisServer::keys`] reads them.
    ///
    /// # Panics
    ///
    /// When no node answers, or one that has slots is paused for ten seconds.
    pub async fn keys(&self) -> Vec<String> {
        let view = View::of(&self.ask_any(&[b"CLUSTER", b"SLOTS"]).await);
        let mut keys = Vec::new();
        for node in &self.nodes {
            if view.has_slots(node.port()) && node.is_running() {
                keys.extend(node.keys().await);
            }
        }
        keys.sort();
        // A key that is being moved is in two places.
        keys.dedup();
        keys
    }

    /// Kills this primary with SIGKILL, has its replica take over, and waits until
    /// all living nodes know that.
    ///
    /// The replica takes over what it has; what had not reached it is lost. See
    /// [`until_in_sync`](Self::until_in_sync).
    ///
    /// # Panics
    ///
    /// When the node has no replica, when that does not answer, or when the nodes
    /// do not agree within a minute.
    pub async fn fail_over(&self, primary: usize) {
        let replica = self.replica_of(primary);
        self.nodes[primary].kill();
        let take_over = ["CLUSTER", "FAILOVER", "TAKEOVER"];
        self.nodes[replica].demand(&take_over).await;
        self.until_has_taken_over(replica, primary).await;
    }

    /// Has this primary and its replica change places and waits until all living
    /// nodes know that: nothing is lost and nobody dies.
    ///
    /// # Panics
    ///
    /// When the node has no replica, or when the nodes do not agree within a
    /// minute.
    pub async fn fail_over_planned(&self, primary: usize) {
        let replica = self.replica_of(primary);
        self.until_in_sync(primary).await;
        self.nodes[replica].demand(&["CLUSTER", "FAILOVER"]).await;
        self.until_has_taken_over(replica, primary).await;
        self.until_in_sync(replica).await;
    }

    fn replica_of(&self, primary: usize) -> usize {
        let partner = self.partner_of(primary);
        partner.unwrap_or_else(|| panic!("node {primary} has no replica"))
    }

    async fn until_has_taken_over(&self, replica: usize, primary: usize) {
        let what = format!("node {replica} has taken over from node {primary}");
        until(&what, AGREED_WITHIN, || async {
            let view = self.look_agreed().await?;
            let [before, now] = [primary, replica].map(|node| view.has_slots(self.port(node)));
            if before || !now {
                return Err("its slots are where they were".to_owned());
            }
            Ok(())
        })
        .await;
    }

    /// Starts a killed node again, and waits until it is one of the cluster and
    /// has caught up with its primary if it has one now.
    ///
    /// It remembers its place in the cluster but no keys. Its slots it has again
    /// unless somebody has taken them over; then it becomes their replica.
    ///
    /// # Panics
    ///
    /// When it does not start within ten seconds, or the nodes do not agree within
    /// a minute.
    pub async fn rejoin(&self, node: usize) {
        if !self.nodes[node].is_running() {
            self.nodes[node].restart().await;
        }
        self.until_agreed().await;
        if let Some(partner) = self.partner_of(node) {
            let view = View::of(&self.ask_any(&[b"CLUSTER", b"SLOTS"]).await);
            let leads = view.has_slots(self.port(node));
            let primary = if leads { node } else { partner };
            if self.nodes[self.replica_of(primary)].is_running() {
                self.until_in_sync(primary).await;
            }
        }
    }

    /// Waits until the replica of this primary has applied all that the primary
    /// had written when this was called.
    ///
    /// # Panics
    ///
    /// When the node has no replica, when it is none of the primaries, or when
    /// that takes a minute.
    pub async fn until_in_sync(&self, primary: usize) {
        let replica = &self.nodes[self.replica_of(primary)];
        let ask = ["INFO", "replication"];
        let info = self.nodes[primary].fields(&ask).await;
        let offset = info.map_or(0, |info| info.number("master_repl_offset"));
        let what = format!("the replica of node {primary} has caught up");
        until(&what, AGREED_WITHIN, || async move {
            let leader = self.nodes[primary].fields(&ask).await?;
            leader.expect("role", "master")?;
            let info = replica.fields(&ask).await?;
            info.expect("role", "slave")?;
            info.expect("master_port", &self.port(primary).to_string())?;
            info.expect("master_link_status", "up")?;
            info.expect("master_replid", leader.get("master_replid"))?;
            let reached = info.number("slave_repl_offset");
            if reached < offset {
                return Err(format!("the replica is at {reached} of {offset}"));
            }
            Ok(())
        })
        .await;
    }

    /// Waits until all living nodes call the cluster's state `ok` and know the
    /// same owner of each slot.
    ///
    /// # Panics
    ///
    /// When that takes a minute, because a node is paused, say, or a primary is
    /// dead whom nobody replaces.
    pub async fn until_agreed(&self) {
        until("the nodes agree", AGREED_WITHIN, || async {
            self.look_agreed().await.map(drop)
        })
        .await;
    }

    /// What all living nodes hold to be so.
    async fn look_agreed(&self) -> Result<View, String> {
        let mut agreed: Option<View> = None;
        for node in self.living() {
            let info = node.fields(&["CLUSTER", "INFO"]).await?;
            info.expect("cluster_state", "ok")?;
            info.expect("cluster_known_nodes", &self.nodes.len().to_string())?;
            let view = View::of(&node.ask(&["CLUSTER", "SLOTS"]).await?);
            if agreed.as_ref().is_some_and(|agreed| *agreed != view) {
                return Err(format!("port {} has its own view of slots", node.port()));
            }
            agreed = Some(view);
        }
        let agreed = agreed.ok_or("no node lives")?;
        match self.living().find(|node| !agreed.names(node.port())) {
            Some(missed) => Err(format!("nobody counts on port {}", missed.port())),
            None => Ok(agreed),
        }
    }

    fn living(&self) -> impl Iterator<Item = &RedisServer> {
        self.nodes.iter().filter(|node| node.is_running())
    }

    /// Asks the nodes in turn until one answers.
    async fn ask_any(&self, words: &[&[u8]]) -> Reply {
        let mut wrong = "no node lives".to_owned();
        for node in self.living() {
            match node.ask(words).await {
                Ok(reply) => return reply,
                Err(why) => wrong = why,
            }
        }
        panic!("{wrong}");
    }

    fn port(&self, node: usize) -> u16 {
        self.nodes[node].port()
    }

    fn number_of(&self, port: u16) -> usize {
        let found = self.nodes.iter().position(|node| node.port() == port);
        found.unwrap_or_else(|| panic!("no node of this cluster has port {port}"))
    }
}

//! A primary and a replica that follows it, until the test lets it lag or lead.

use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use super::inspect::Fields;
use super::until::until;
use super::{RedisServer, RedisServerBuilder};
use crate::FaultProxy;

/// A bound against hanging. The longest step, a new full copy over a link that was
/// broken, takes about a second.
const IN_SYNC_WITHIN: Duration = Duration::from_secs(30);

/// What a pair of servers is started with; see
/// [`RedisServerBuilder::with_replica`].
#[derive(Clone, Debug)]
pub struct ReplicatedBuilder {
    server: RedisServerBuilder,
}

impl ReplicatedBuilder {
    pub(super) fn new(server: RedisServerBuilder) -> ReplicatedBuilder {
        ReplicatedBuilder { server }
    }

    /// Starts both servers and waits until the replica has caught up.
    ///
    /// # Panics
    ///
    /// When there is no server program, when a server does not start with these
    /// options, or when the replica does not catch up within thirty seconds.
    pub async fn start(self) -> Replicated {
        let options = self
            .server
            .known_to_each_other()
            // Else the first copy waits five seconds for other replicas.
            .before([("--repl-diskless-sync-delay", "0")]);
        let servers = [options.clone().start().await, options.start().await];
        let links = [
            FaultProxy::start(servers[0].addr()).await,
            FaultProxy::start(servers[1].addr()).await,
        ];
        let pair = Replicated {
            primary: AtomicUsize::new(0),
            links,
            servers,
        };
        pair.follow().await;
        pair.until_in_sync().await;
        pair
    }
}

/// Two servers with the same options, of which one replicates the other over a
/// [`FaultProxy`].
///
/// Which is [`primary`](Self::primary) and which [`replica`](Self::replica) goes
/// by what was asked of this value, not by what the servers think: a failover
/// swaps the two, a restart or a command past this value does not. Do not swap
/// them while another task waits on them.
///
/// | what happens to a pair | call |
/// |---|---|
/// | the replica silently misses what is written | [`stop_replicating`](Self::stop_replicating) |
/// | its link breaks, lags, … | [`link`](Self::link) |
/// | the primary dies, and the replica takes over with what it has | [`fail_over`](Self::fail_over) |
/// | the replica takes over, and the primary goes on all the same | [`promote`](Self::promote) |
/// | they change places, and nothing is lost | [`fail_over_planned`](Self::fail_over_planned) |
/// | a former primary comes back | [`rejoin`](Self::rejoin) |
/// | somebody else decides | [`Sentinel`](super::Sentinel) |
///
/// # Examples
///
/// A write that the failover loses, as replication is asynchronous:
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> std::io::Result<()> {
/// use cacheflow_testkit::{RedisServer, Replicated};
///
/// let pair = Replicated::start().await;
/// pair.primary().command(&["SET", "kept", "1"]).await?;
/// pair.until_in_sync().await;
///
/// pair.stop_replicating().await;
/// pair.primary().command(&["SET", "lost", "1"]).await?;
/// pair.fail_over().await;
/// assert_eq!(pair.primary().keys().await, ["kept"]);
///
/// pair.rejoin().await; // The former primary, now as the replica.
/// assert_eq!(pair.replica().keys().await, ["kept"]);
/// # Ok(())
/// # }
/// ```
pub struct Replicated {
    /// The primary's place among the servers.
    primary: AtomicUsize,
    /// The way by which the other server follows the one of the same place.
    links: [FaultProxy; 2],
    servers: [RedisServer; 2],
}

impl Replicated {
    /// Starts a pair without password or special options; for those see
    /// [`RedisServerBuilder::with_replica`].
    ///
    /// # Panics
    ///
    /// As [`ReplicatedBuilder::start`] does.
    pub async fn start() -> Replicated {
        RedisServer::builder().with_replica().start().await
    }

    /// The server that the other one follows, or is to follow.
    pub fn primary(&self) -> &RedisServer {
        &self.servers[self.leading()]
    }

    /// The server that follows the primary; after a failover the former primary,
    /// dead or alive.
    pub fn replica(&self) -> &RedisServer {
        &self.servers[1 - self.leading()]
    }

    /// The network between the replica and the primary; clients do not use it.
    ///
    /// Each of the two servers has such a way to it, so after a failover this is
    /// another one, without faults. A link that was broken is made anew by the
    /// replica within a second or so of its [`pass`](FaultProxy::pass).
    pub fn link(&self) -> &FaultProxy {
        &self.links[self.leading()]
    }

    /// Waits until the replica has applied all that the primary had written when
    /// this was called, and each counts the other as connected.
    ///
    /// # Panics
    ///
    /// When that takes thirty seconds: a server is dead or paused, or the link is
    /// not passing.
    pub async fn until_in_sync(&self) {
        let info = self.primary().demand(&["INFO", "replication"]).await;
        let info = Fields::of(&info);
        let offset = info.number("master_repl_offset");
        until("the replica has caught up", IN_SYNC_WITHIN, || {
            self.look_in_sync(offset)
        })
        .await;
    }

    async fn look_in_sync(&self, offset: u64) -> Result<(), String> {
        let ask = ["INFO", "replication"];
        let primary = self.primary().fields(&ask).await?;
        primary.expect("role", "master")?;
        let online = format!("port={},state=online", self.replica().port());
        if !primary.contains(&online) {
            return Err("the primary does not count the replica as online".to_owned());
        }
        let replica = self.replica().fields(&ask).await?;
        replica.expect("role", "slave")?;
        replica.expect("master_link_status", "up")?;
        replica.expect("master_port", &self.link().addr().port().to_string())?;
        // Offsets of different histories do not compare.
        replica.expect("master_replid", primary.get("master_replid"))?;
        let reached = replica.number("slave_repl_offset");
        if reached < offset {
            return Err(format!("the replica is at {reached} of {offset}"));
        }
        Ok(())
    }

    /// Lets nothing more through to the replica: what is written to the primary
    /// after this call does not reach it. Neither of the two is told.
    ///
    /// What was written before may or may not have reached it; call
    /// [`until_in_sync`](Self::until_in_sync) first to have it all there. This is
    /// the link's [`black_hole`](FaultProxy::black_hole). After a minute both
    /// servers take each other for gone, and try anew.
    ///
    /// # Panics
    ///
    /// When the replica was following past the [`link`](Self::link), as a Sentinel
    /// may have told it to, and does not come back to it within thirty seconds.
    pub async fn stop_replicating(&self) {
        let info = self.replica().demand(&["INFO", "replication"]).await;
        let port = Fields::of(&info).number("master_port");
        if port != u64::from(self.link().addr().port()) {
            self.follow().await;
            self.until_in_sync().await;
        }
        self.link().black_hole();
    }

    /// Lets through what was held since
    /// [`stop_replicating`](Self::stop_replicating), and whatever follows.
    pub fn resume_replicating(&self) {
        self.link().pass();
    }

    /// Kills the primary with SIGKILL and makes the replica the primary, with what
    /// it has: what has not reached it is lost.
    ///
    /// # Panics
    ///
    /// When the replica does not answer within ten seconds.
    pub async fn fail_over(&self) {
        self.primary().kill();
        self.promote().await;
    }

    /// Makes the replica a primary and tells the former one nothing: if that lives
    /// it goes on taking writes, of which the new one hears nothing.
    ///
    /// # Panics
    ///
    /// When the replica does not answer within ten seconds.
    pub async fn promote(&self) {
        self.replica().demand(&["REPLICAOF", "NO", "ONE"]).await;
        self.swap();
    }

    /// Has the two change places by Redis' own `FAILOVER`: the primary holds
    /// writes back until the replica has all, then becomes its replica. Nothing is
    /// lost and nobody dies; a client's connections stay, and lead to a replica.
    ///
    /// # Panics
    ///
    /// When a server is dead or paused, or the link is not passing, so that this
    /// takes thirty seconds.
    pub async fn fail_over_planned(&self) {
        self.until_in_sync().await;
        let port = self.replica().port().to_string();
        self.primary()
            .demand(&["FAILOVER", "TO", "127.0.0.1", &port, "TIMEOUT", "20000"])
            .await;
        until("the servers have changed places", IN_SYNC_WITHIN, || {
            self.look_changed_places()
        })
        .await;
        self.swap();
        // So far it follows past the link.
        self.follow().await;
        self.until_in_sync().await;
    }

    async fn look_changed_places(&self) -> Result<(), String> {
        let ask = ["INFO", "replication"];
        self.replica()
            .fields(&ask)
            .await?
            .expect("role", "master")?;
        let former = self.primary().fields(&ask).await?;
        former.expect("role", "slave")?;
        former.expect("master_failover_state", "no-failover")
    }

    /// Brings the former primary back as the replica of the present one, and waits
    /// until it has caught up; it is started if it was killed.
    ///
    /// What it alone had, it forgets. A replica that has always been one can be
    /// brought back in the same way.
    ///
    /// # Panics
    ///
    /// When it does not start within ten seconds, or does not catch up within
    /// thirty.
    pub async fn rejoin(&self) {
        if !self.replica().is_running() {
            self.replica().restart().await;
        }
        self.follow().await;
        self.until_in_sync().await;
    }

    /// Has the replica follow the primary over the link.
    async fn follow(&self) {
        let port = self.link().addr().port().to_string();
        self.replica()
            .demand(&["REPLICAOF", "127.0.0.1", &port])
            .await;
    }

    /// Notes that the two have changed places.
    pub(super) fn swap(&self) {
        // What the link still holds must not reach anybody, and when the former
        // primary leads again its link is to be in order.
        self.link().cut();
        self.link().pass();
        self.primary.fetch_xor(1, Ordering::SeqCst);
    }

    fn leading(&self) -> usize {
        self.primary.load(Ordering::SeqCst)
    }
}

impl fmt::Debug for Replicated {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Replicated")
            .field("primary", self.primary())
            .field("replica", self.replica())
            .field("link", self.link())
            .finish()
    }
}

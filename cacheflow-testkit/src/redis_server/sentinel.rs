//! A Redis Sentinel that watches a pair and fails it over.

use std::fmt;
use std::net::SocketAddr;
use std::time::Duration;

use super::until::until;
use super::{RedisServer, RedisServerBuilder, Replicated, Reply};

const SERVICE: &str = "mymaster";
/// How long a primary must be silent. Less, and a machine with much to do makes a
/// primary look dead that is not.
const DOWN_AFTER_MS: &str = "2000";
/// Sentinel waits that long between two attempts to connect, and a new primary is
/// silent until then: it must be well below [`DOWN_AFTER_MS`], or the new primary is
/// failed over at once. But a replica is only chosen whose news are not older than
/// five times that.
const PING_PERIOD_MS: &str = "500";
/// Sentinel waits twice that before it tries again what has failed, and once that
/// before it corrects the address that a replica follows.
const FAILOVER_TIMEOUT_MS: &str = "60000";
/// Bounds against hanging: it sees a pair at once, and fails it over about three
/// seconds after the primary's death.
const SEES_WITHIN: Duration = Duration::from_secs(30);
const FAILED_OVER_WITHIN: Duration = Duration::from_secs(60);

/// One Redis Sentinel process, on a free port of 127.0.0.1, that watches a
/// [`Replicated`] pair, alone and with a quorum of one.
///
/// A primary that has not answered for two seconds is failed over. Dropping the
/// Sentinel ends its process and leaves the pair as it is.
///
/// A minute after its start, or after a failover, it may tell a replica to follow
/// the primary past the pair's [`link`](Replicated::link).
///
/// # Examples
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// use cacheflow_testkit::{Replicated, Sentinel};
///
/// let pair = Replicated::start().await;
/// let sentinel = Sentinel::start(&pair).await;
/// assert_eq!(sentinel.primary_address().await, pair.primary().addr());
///
/// pair.primary().kill();
/// sentinel.until_failed_over(&pair).await;
/// // The pair has changed places.
/// assert_eq!(sentinel.primary_address().await, pair.primary().addr());
/// # }
/// ```
pub struct Sentinel {
    server: RedisServer,
}

impl Sentinel {
    /// Starts a Sentinel and waits until it sees the pair's primary and replica
    /// and finds nothing wrong with them.
    ///
    /// # Panics
    ///
    /// When there is no server program, when the Sentinel does not start within
    /// ten seconds, or does not see the pair within thirty.
    pub async fn start(pair: &Replicated) -> Sentinel {
        let server = RedisServerBuilder::sentinel().start().await;
        let sentinel = Sentinel { server };
        sentinel.watch(pair).await;
        sentinel.until_it_sees(pair).await;
        sentinel
    }

    /// Waits until the Sentinel sees the pair's primary and replica and finds
    /// nothing wrong with them.
    ///
    /// A failover may follow another at once when it sees the replica that is to
    /// be promoted; so wait for this after a [`rejoin`](Replicated::rejoin).
    ///
    /// # Panics
    ///
    /// When that takes thirty seconds; the message has the Sentinel's log.
    pub async fn until_it_sees(&self, pair: &Replicated) {
        let what = "the Sentinel sees both servers";
        until(what, SEES_WITHIN, || async {
            let look = self.look_seen(pair).await;
            look.map_err(|wrong| self.with_log(&wrong))
        })
        .await;
    }

    async fn watch(&self, pair: &Replicated) {
        // That it has fresh news of the replicas whenever it has to choose one, soon
        // demotes a primary that comes back, and takes no long pause for thought when
        // the machine has held it up. Servers before 7.0 refuse, and are only slower.
        let tuning = [
            ["ping-period", PING_PERIOD_MS],
            ["info-period", "500"],
            ["publish-period", "500"],
            ["tilt-trigger", "60000"],
        ];
        let _ = self
            .ask(&[&["DEBUG"], tuning.concat().as_slice()].concat())
            .await;

        let primary = pair.primary();
        let port = primary.port().to_string();
        let announced = ["CONFIG", "SET", "announce-ip", "127.0.0.1"];
        self.demand(&announced).await;
        self.demand(&["MONITOR", SERVICE, "127.0.0.1", &port, "1"])
            .await;
        let password = primary.options.password.as_deref();
        let settings = [
            ("down-after-milliseconds", Some(DOWN_AFTER_MS)),
            ("failover-timeout", Some(FAILOVER_TIMEOUT_MS)),
            ("auth-pass", password),
        ];
        for (name, value) in settings {
            if let Some(value) = value {
                self.demand(&["SET", SERVICE, name, value]).await;
            }
        }
    }

    async fn look_seen(&self, pair: &Replicated) -> Result<(), String> {
        let primary = self.ask(&["MASTER", SERVICE]).await?;
        let Reply::Array(replicas) = self.ask(&["REPLICAS", SERVICE]).await? else {
            return Err("SENTINEL REPLICAS did not answer a list".to_owned());
        };
        let [replica] = replicas.as_slice() else {
            return Err(format!("it sees {} replicas", replicas.len()));
        };
        let port = pair.replica().port().to_string();
        for (seen, field, value) in [
            (&primary, "flags", "master"),
            (&primary, "role-reported", "master"),
            (replica, "flags", "slave"),
            (replica, "role-reported", "slave"),
            (replica, "port", &port),
            (replica, "master-link-status", "ok"),
        ] {
            let found = member(seen, field);
            if found.as_deref() != Some(value) {
                return Err(format!("{field} is {found:?}, not {value:?}"));
            }
        }
        Ok(())
    }

    /// The Sentinel's process: to kill, pause or ask it.
    ///
    /// [Restarted](RedisServer::restart), it still knows what it watched, but takes
    /// its time as it does by default: it asks and demotes less often.
    pub fn server(&self) -> &RedisServer {
        &self.server
    }

    /// `redis://127.0.0.1:PORT` of the Sentinel itself.
    pub fn url(&self) -> String {
        self.server.url()
    }

    /// The Sentinel's own port.
    pub fn port(&self) -> u16 {
        self.server.port()
    }

    /// The name under which clients ask for the pair's primary.
    pub fn service(&self) -> &str {
        SERVICE
    }

    /// Where the Sentinel says that the primary is.
    ///
    /// # Panics
    ///
    /// When the Sentinel does not answer within ten seconds.
    pub async fn primary_address(&self) -> SocketAddr {
        let reply = self.demand(&["GET-MASTER-ADDR-BY-NAME", SERVICE]).await;
        address(&reply).unwrap_or_else(|| panic!("the Sentinel answered {reply:?}"))
    }

    /// Waits until the Sentinel has made the pair's replica the primary and says
    /// so itself; then the pair has [changed places](Replicated::primary).
    ///
    /// The former primary, if it lives or comes back, is made a replica by the
    /// Sentinel, in a few seconds; [`Replicated::rejoin`] does not wait for that.
    ///
    /// # Panics
    ///
    /// When that takes a minute; the message has the Sentinel's log.
    pub async fn until_failed_over(&self, pair: &Replicated) {
        let what = "the Sentinel has failed over";
        until(what, FAILED_OVER_WITHIN, || self.look_failed_over(pair)).await;
        pair.swap();
    }

    async fn look_failed_over(&self, pair: &Replicated) -> Result<(), String> {
        let replica = pair.replica();
        let reply = self.ask(&["GET-MASTER-ADDR-BY-NAME", SERVICE]).await?;
        if address(&reply) != Some(replica.addr()) {
            return Err(self.with_log(&format!("it names {reply:?}")));
        }
        let info = replica.fields(&["INFO", "replication"]).await?;
        info.expect("role", "master")
    }

    fn with_log(&self, wrong: &str) -> String {
        format!("{wrong}; its log:\n{}", self.server.log())
    }

    /// Has the Sentinel fail over at once, the primary being alive, and waits as
    /// [`until_failed_over`](Self::until_failed_over) does.
    ///
    /// The former primary goes on as a primary until the Sentinel has told it
    /// otherwise, in a few seconds.
    ///
    /// # Panics
    ///
    /// When the Sentinel refuses, or takes a minute.
    pub async fn fail_over(&self, pair: &Replicated) {
        self.demand(&["FAILOVER", SERVICE]).await;
        self.until_failed_over(pair).await;
    }

    async fn ask(&self, words: &[&str]) -> Result<Reply, String> {
        self.server.ask(&[&["SENTINEL"], words].concat()).await
    }

    async fn demand(&self, words: &[&str]) -> Reply {
        self.server.demand(&[&["SENTINEL"], words].concat()).await
    }
}

impl fmt::Debug for Sentinel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sentinel")
            .field("addr", &self.server.addr())
            .field("pid", &self.server.pid())
            .finish_non_exhaustive()
    }
}

/// A field of an instance, which is told as a flat list of names and values.
fn member(instance: &Reply, name: &str) -> Option<String> {
    let Reply::Array(list) = instance else {
        return None;
    };
    let mut pairs = list.chunks_exact(2);
    let found = pairs.find(|pair| pair[0].text().as_deref() == Some(name))?;
    found[1].text()
}

fn address(reply: &Reply) -> Option<SocketAddr> {
    let Reply::Array(parts) = reply else {
        return None;
    };
    let [ip, port] = parts.as_slice() else {
        return None;
    };
    format!("{}:{}", ip.text()?, port.text()?).parse().ok()
}

//! The backend that a flow is given.

use std::fmt;
use std::sync::Arc;

use cacheflow::bus::Bus;
use cacheflow::lock::Leases;
use cacheflow::store::SharedStore;
use cacheflow::{Backend, Error, ErrorKind, Namespace, Result};
use redis::Client;

use crate::bus::{PubSubBus, StreamBus};
use crate::cluster::{ClusterStore, LeaseServers};
use crate::error::invalid_url;
use crate::link::Link;
use crate::lock::RedisLeases;
use crate::names::Names;
use crate::store::RedisStore;
use crate::topology::cluster::Cluster;
use crate::topology::{Owner, Sentinels, Topology};

/// One Redis as shared store and bus: a server, the primary that Sentinels choose,
/// or a cluster.
///
/// Opening it connects to nothing: a service starts whether or not its Redis is
/// there, and uses it as soon as it is.
#[derive(Clone)]
pub struct RedisBackend {
    topology: Topology,
    is_stream_only: bool,
}

impl RedisBackend {
    /// A server by its URL: `redis://[user:password@]host[:port][/database]`,
    /// or `redis+unix:///path/to/socket`.
    ///
    /// # Errors
    ///
    /// [`InvalidConfig`](cacheflow::ErrorKind::InvalidConfig) if the URL cannot
    /// be read. The error names the fault and never the password.
    pub fn open(url: &str) -> Result<Self> {
        Ok(Self::on(Topology::One(client(url)?)))
    }

    /// The primary that the Sentinels at `urls` know as `primary`, wherever it is
    /// at the time.
    ///
    /// Each URL may hold the credentials of that Sentinel. Those of the servers
    /// that hold the data are set with [`RedisBackend::username`] and
    /// [`RedisBackend::password`].
    ///
    /// A primary that was cut off from its Sentinels goes on serving those that
    /// still reach it, unless it is told not to: set `min-replicas-to-write`.
    ///
    /// ```
    /// # fn main() -> cacheflow::Result<()> {
    /// use cacheflow_redis::RedisBackend;
    ///
    /// let sentinels = ["redis://10.0.0.1:26379", "redis://10.0.0.2:26379"];
    /// let backend = RedisBackend::sentinel(sentinels, "shop")?.password("sesame");
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    ///
    /// [`InvalidConfig`](cacheflow::ErrorKind::InvalidConfig) if there is no URL,
    /// or one cannot be read.
    pub fn sentinel<U: AsRef<str>>(
        urls: impl IntoIterator<Item = U>,
        primary: &str,
    ) -> Result<Self> {
        let clients: Vec<Client> = urls
            .into_iter()
            .map(|url| client(url.as_ref()))
            .collect::<Result<_>>()?;
        if clients.is_empty() || primary.is_empty() {
            return Err(Error::new(
                ErrorKind::InvalidConfig,
                "open",
                "sentinels: allowed is one URL or more, and the name of a primary",
            ));
        }
        Ok(Self::on(Topology::Sentinel(Sentinels::new(
            clients, primary,
        ))))
    }

    /// The cluster that the servers at `urls` belong to: one is enough to find the
    /// others. The first URL's user and password are used for all of them.
    ///
    /// The journal, and with it every write, depends on the owner of one hash slot;
    /// values and the indexes of tags and dependencies are spread over all. Replicas
    /// are not read. When a server of the cluster takes another's place, or starts
    /// again, what was kept before is a miss.
    ///
    /// ```
    /// # fn main() -> cacheflow::Result<()> {
    /// use cacheflow_redis::RedisBackend;
    ///
    /// let backend = RedisBackend::cluster(["redis://10.0.0.1:6379", "redis://10.0.0.2:6379"])?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    ///
    /// [`InvalidConfig`](cacheflow::ErrorKind::InvalidConfig) if there is no URL,
    /// one cannot be read, or one names a socket or a database other than 0.
    pub fn cluster<U: AsRef<str>>(urls: impl IntoIterator<Item = U>) -> Result<Self> {
        let cluster = Arc::new(Cluster::new(urls)?);
        // Which slot is the journal's, its name decides, and that the namespace.
        Ok(Self::on(Topology::Cluster(Owner::of(cluster, ""))))
    }

    fn on(topology: Topology) -> Self {
        Self {
            topology,
            is_stream_only: false,
        }
    }

    /// The user of the servers that hold the data.
    #[must_use]
    pub fn username(mut self, username: &str) -> Self {
        self.topology
            .set(|settings| settings.set_username(username));
        self
    }

    /// The password of the servers that hold the data.
    #[must_use]
    pub fn password(mut self, password: &str) -> Self {
        self.topology
            .set(|settings| settings.set_password(password));
        self
    }

    /// The database of the servers that hold the data; 0 unless it is set. A cluster
    /// has no other.
    #[must_use]
    pub fn database(mut self, database: i64) -> Self {
        self.topology.set(|settings| settings.set_db(database));
        self
    }

    /// Uses no Pub/Sub: this node reads what was forgotten from the journal's
    /// stream, and announces nothing on a channel.
    ///
    /// For servers that do not offer Pub/Sub. All nodes of a namespace should do
    /// it or none: one that listens to the channel hears of a record of one that
    /// does not announce it no sooner than with its next heartbeat. Nobody is told
    /// when a lease is given back: who waits for one tries again by and by.
    #[must_use]
    pub fn stream_only(mut self) -> Self {
        self.is_stream_only = true;
        self
    }

    fn names(&self, namespace: &Namespace) -> Names {
        let names = match &self.topology {
            // In braces: all of the journal is in one slot.
            Topology::Cluster(_) => {
                let journal = format!("{{{}journal}}", namespace.prefix());
                Names::with_journal(namespace, 0, &journal)
            }
            topology => Names::new(namespace, topology.database()),
        };
        if self.is_stream_only {
            names.silent()
        } else {
            names
        }
    }
}

fn client(url: &str) -> Result<Client> {
    Client::open(url).map_err(|error| invalid_url(url, &error))
}

impl Backend for RedisBackend {
    fn store(&self, namespace: &Namespace) -> Arc<dyn SharedStore> {
        let names = self.names(namespace);
        match &self.topology {
            Topology::Cluster(owner) => Arc::new(ClusterStore::new(owner.cluster(), names)),
            topology => Arc::new(RedisStore::new(topology.clone(), names)),
        }
    }

    fn bus(&self, namespace: &Namespace) -> Arc<dyn Bus> {
        let names = self.names(namespace);
        let topology = match &self.topology {
            Topology::Cluster(owner) => {
                Topology::Cluster(Owner::of(owner.cluster(), names.journal()))
            }
            topology => topology.clone(),
        };
        if self.is_stream_only {
            Arc::new(StreamBus::new(topology, names))
        } else {
            Arc::new(PubSubBus::new(topology, names))
        }
    }

    fn leases(&self, namespace: &Namespace) -> Arc<dyn Leases> {
        let names = self.names(namespace);
        match &self.topology {
            Topology::Cluster(owner) => {
                let servers = LeaseServers::new(owner.cluster(), names.clone());
                Arc::new(RedisLeases::new(servers, names))
            }
            topology => {
                let link = Link::new(topology.clone(), names.clone());
                Arc::new(RedisLeases::new(link, names))
            }
        }
    }
}

impl fmt::Debug for RedisBackend {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The address alone: a client's own `Debug` may show more.
        f.debug_struct("RedisBackend")
            .field("server", &self.topology.name())
            .finish()
    }
}

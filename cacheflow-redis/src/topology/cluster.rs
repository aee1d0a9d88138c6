//! Finds the servers of a cluster, and among them the owner of a slot.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use cacheflow::{Error, ErrorKind, Result};
use redis::{
    AsyncConnectionConfig, Client, ConnectionAddr, ConnectionInfo, ProtocolVersion,
    RedisConnectionInfo, Value,
};
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::slots::{Address, Slots, slot};
use crate::error::{failed, invalid_url};

/// How long one server may take to be connected to and to answer.
const PATIENCE: Duration = Duration::from_millis(500);

/// Nobody is asked again so soon: where one command was sent wrongly, many were.
const PAUSE: Duration = Duration::from_millis(50);

/// At most so many servers are asked at once.
const ASKED: usize = 8;

/// One cluster, known by some of its servers.
pub(crate) struct Cluster {
    /// Those that were given; the first one's user and password are for all.
    seeds: Vec<ConnectionInfo>,
    seed_addresses: Vec<Address>,
    known: Mutex<Option<(Arc<Slots>, Instant)>>,
    asking: tokio::sync::Mutex<()>,
}

impl Cluster {
    /// The cluster that these servers belong to.
    ///
    /// # Errors
    ///
    /// `InvalidConfig` if a URL cannot be read, none is given, or one names what
    /// no cluster has: a socket's path, or a database other than 0.
    pub(crate) fn new<U: AsRef<str>>(urls: impl IntoIterator<Item = U>) -> Result<Self> {
        let (mut seeds, mut seed_addresses) = (Vec::new(), Vec::new());
        for url in urls {
            let url = url.as_ref();
            let client = Client::open(url).map_err(|error| invalid_url(url, &error))?;
            let info = client.get_connection_info();
            if info.redis_settings().db() != 0 {
                return Err(invalid("a cluster has no database but 0"));
            }
            let Some(address) = address_of(info) else {
                return Err(invalid("a cluster's server has a host and a port"));
            };
            seeds.push(info.clone());
            seed_addresses.push(address);
        }
        if seeds.is_empty() {
            return Err(invalid("a cluster needs the URL of one of its servers"));
        }
        Ok(Self {
            seeds,
            seed_addresses,
            known: Mutex::default(),
            asking: tokio::sync::Mutex::default(),
        })
    }

    /// The same servers with other settings.
    pub(crate) fn with_settings(
        &self,
        change: impl FnOnce(RedisConnectionInfo) -> RedisConnectionInfo,
    ) -> Self {
        // A cluster has one database.
        let settings = change(self.seeds[0].redis_settings().clone()).set_db(0);
        let seeds = self.seeds.iter().cloned();
        Self {
            seeds: seeds
                .map(|seed| seed.set_redis_settings(settings.clone()))
                .collect(),
            seed_addresses: self.seed_addresses.clone(),
            known: Mutex::default(),
            asking: tokio::sync::Mutex::default(),
        }
    }

    /// The servers that were given, for messages.
    pub(crate) fn name(&self) -> String {
        let names: Vec<_> = self.seed_addresses.iter().map(Address::to_string).collect();
        names.join(",")
    }

    /// A client for a server of the cluster, with the user and password of the
    /// first seed.
    pub(crate) fn client(&self, address: &Address) -> Result<Client> {
        let host = address.host.to_string();
        let addr = match self.seeds[0].addr() {
            ConnectionAddr::TcpTls {
                insecure,
                tls_params,
                ..
            } => ConnectionAddr::TcpTls {
                host,
                port: address.port,
                insecure: *insecure,
                tls_params: tls_params.clone(),
            },
            _ => ConnectionAddr::Tcp(host, address.port),
        };
        let info = self.seeds[0].clone().set_addr(addr);
        let settings = info.redis_settings().clone();
        let settings = settings.set_protocol(ProtocolVersion::RESP2);
        Client::open(info.set_redis_settings(settings))
            .map_err(|error| failed("connect", &address.to_string(), error))
    }

    /// Who owns which slots, as it was last told; asks if nobody was asked yet.
    pub(crate) async fn slots(&self) -> Result<Arc<Slots>> {
        match self.known() {
            Some((slots, _)) => Ok(slots),
            None => self.ask(None).await,
        }
    }

    /// Who owns which slots. `seen` is what the caller knows to be out of date: if
    /// somebody else has asked meanwhile, or a moment ago, that answer is good
    /// enough.
    pub(crate) async fn ask(&self, seen: Option<&Arc<Slots>>) -> Result<Arc<Slots>> {
        let _asking = self.asking.lock().await;
        let known = self.known();
        if let Some((known, asked)) = &known
            && (asked.elapsed() < PAUSE || seen.is_none_or(|seen| !Arc::ptr_eq(seen, known)))
        {
            return Ok(Arc::clone(known));
        }
        self.ask_and_keep(known).await
    }

    /// Who owns which slots at a time after this call began: for those who act on
    /// what they saw meanwhile, and for whom an answer of a moment ago is too old.
    pub(crate) async fn ask_now(&self) -> Result<Arc<Slots>> {
        let _asking = self.asking.lock().await;
        self.ask_and_keep(self.known()).await
    }

    /// To be called by whoever holds `asking`.
    async fn ask_and_keep(&self, known: Option<(Arc<Slots>, Instant)>) -> Result<Arc<Slots>> {
        let known = known.as_ref().map(|(slots, _)| &**slots);
        let slots = Arc::new(self.ask_any(known).await?);
        *self.known.lock().unwrap_or_else(PoisonError::into_inner) =
            Some((Arc::clone(&slots), Instant::now()));
        Ok(slots)
    }

    fn known(&self) -> Option<(Arc<Slots>, Instant)> {
        self.known
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// The first answer of any server: one that hangs delays nobody.
    async fn ask_any(&self, known: Option<&Slots>) -> Result<Slots> {
        let known = known.map(Slots::owners).unwrap_or_default();
        let mut addresses: Vec<_> = known.iter().map(|node| &node.address).collect();
        addresses.extend(&self.seed_addresses);
        let mut asked: Vec<&Address> = Vec::new();
        for address in addresses {
            if !asked.contains(&address) && asked.len() < ASKED {
                asked.push(address);
            }
        }
        let mut answers = JoinSet::new();
        for address in asked {
            let client = self.client(address)?;
            let address = address.clone();
            answers.spawn(tokio::time::timeout(PATIENCE, slots_of(client, address)));
        }
        let mut fault = None;
        while let Some(answer) = answers.join_next().await {
            match answer {
                Ok(Ok(Ok(slots))) => return Ok(slots),
                Ok(Ok(Err(error))) => fault = Some(error),
                _ => {}
            }
        }
        Err(fault.unwrap_or_else(|| {
            Error::new(
                ErrorKind::Timeout,
                "connect",
                "no server of the cluster answers",
            )
            .with("server", self.name())
        }))
    }
}

/// The server that owns the slot of one key.
#[derive(Clone)]
pub(crate) struct Owner {
    cluster: Arc<Cluster>,
    slot: u16,
}

impl Owner {
    pub(crate) fn of(cluster: Arc<Cluster>, key: &str) -> Self {
        Self {
            cluster,
            slot: slot(key.as_bytes()),
        }
    }

    pub(crate) fn cluster(&self) -> Arc<Cluster> {
        Arc::clone(&self.cluster)
    }

    /// A client to it. Asks anew: whoever wants a new connection has lost one.
    pub(crate) async fn primary(&self) -> Result<Client> {
        let known = self.cluster.slots().await?;
        let slots = self.cluster.ask(Some(&known)).await?;
        let Some(owner) = slots.owner(self.slot) else {
            return Err(
                Error::new(ErrorKind::Unavailable, "connect", "nobody owns the slot")
                    .with("server", self.name()),
            );
        };
        self.cluster.client(&owner.address)
    }

    pub(crate) fn name(&self) -> String {
        self.cluster.name()
    }

    /// Changes credentials for all servers.
    pub(crate) fn set(&mut self, change: impl FnOnce(RedisConnectionInfo) -> RedisConnectionInfo) {
        self.cluster = Arc::new(self.cluster.with_settings(change));
    }
}

async fn slots_of(client: Client, address: Address) -> Result<Slots> {
    let server = address.to_string();
    let config = AsyncConnectionConfig::new()
        .set_connection_timeout(Some(PATIENCE))
        .set_response_timeout(Some(PATIENCE));
    let mut connection = client
        .get_multiplexed_async_connection_with_config(&config)
        .await
        .map_err(|error| failed("connect", &server, error))?;
    let (info, slots): (String, Value) = redis::pipe()
        .cmd("CLUSTER")
        .arg("INFO")
        .cmd("CLUSTER")
        .arg("SLOTS")
        .query_async(&mut connection)
        .await
        .map_err(|error| failed("connect", &server, error))?;
    // One that is cut off from the others knows only how it was before.
    let is_well = info.lines().any(|line| line == "cluster_state:ok");
    let slots = is_well.then(|| Slots::read(slots, &address)).flatten();
    slots.ok_or_else(|| {
        Error::new(ErrorKind::Unavailable, "connect", "the cluster is down").with("server", server)
    })
}

fn address_of(info: &ConnectionInfo) -> Option<Address> {
    match info.addr() {
        ConnectionAddr::Tcp(host, port) | ConnectionAddr::TcpTls { host, port, .. } => {
            Some(Address {
                host: host.as_str().into(),
                port: *port,
            })
        }
        _ => None,
    }
}

fn invalid(fault: &str) -> Error {
    Error::new(ErrorKind::InvalidConfig, "open", fault)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(urls: &[&str]) -> String {
        let error = Cluster::new(urls).err().unwrap();
        assert_eq!(error.kind(), ErrorKind::InvalidConfig);
        format!("{error:?}")
    }

    #[test]
    fn what_no_cluster_has_is_refused_without_telling_secrets() {
        assert!(fault(&[]).contains("needs the URL"));
        assert!(fault(&["redis://:sesame@a/1"]).contains("no database but 0"));
        assert!(fault(&["redis+unix:///socket"]).contains("a host and a port"));
        for url in [
            "redis://:sesame@a/1",
            "nothing://:sesame@a",
            "redis://:sesame@a:b",
        ] {
            assert!(!fault(&[url]).contains("sesame"), "{url}");
        }
    }

    #[test]
    fn the_first_urls_password_is_for_all_servers() {
        let cluster = Cluster::new(["redis://:sesame@a:1", "redis://b:2"]).unwrap();
        assert_eq!(cluster.name(), "a:1,b:2");
        let elsewhere = Address {
            host: "c".into(),
            port: 3,
        };
        let client = cluster.client(&elsewhere).unwrap();
        let info = client.get_connection_info();
        assert_eq!(info.addr().to_string(), "c:3");
        assert_eq!(info.redis_settings().password(), Some("sesame"));
        let other = cluster.with_settings(|settings| settings.set_password("other").set_db(3));
        let client = other.client(&elsewhere).unwrap();
        let settings = client.get_connection_info().redis_settings();
        assert_eq!((settings.password(), settings.db()), (Some("other"), 0));
    }
}

//! Leases of a cluster: each lies in a slot of its own, as values do. The owner of
//! the slot announces its return; what is published on one server of a cluster, all
//! of them tell.

use std::sync::Arc;

use cacheflow::Result;
use redis::Script;

use super::journal::Journal;
use super::shard::Call;
use super::shards::Shards;
use crate::link::{Link, Unanswered};
use crate::lock::Servers;
use crate::names::Names;
use crate::topology::Topology;
use crate::topology::cluster::{Cluster, Owner};

/// See the [module's documentation](self).
pub(crate) struct LeaseServers {
    journal: Arc<Journal>,
    shards: Shards,
}

impl LeaseServers {
    pub(crate) fn new(cluster: Arc<Cluster>, names: Names) -> Self {
        let owner = Owner::of(Arc::clone(&cluster), names.journal());
        let link = Link::new(Topology::Cluster(owner), names);
        let journal = Arc::new(Journal::new(link));
        Self {
            shards: Shards::new(cluster, Arc::clone(&journal)),
            journal,
        }
    }
}

#[async_trait::async_trait]
impl Servers for LeaseServers {
    async fn run(
        &self,
        operation: &'static str,
        script: &'static Script,
        key: &str,
        arguments: &[&str],
    ) -> Result<u64> {
        // The journal is asked on every new connection to a server, over one that
        // nobody pings.
        let unanswered = Unanswered::of(self.journal.link());
        let call = Call::script(script, key).arg(arguments);
        let answer = self.shards.call(operation, key, &call).await;
        unanswered.answered();
        answer
    }
}

//! The service: users, and reports that are made of them.

use std::convert::Infallible;
use std::time::Duration;

use axum::Router;
use axum::extract::{Path, State};
use axum::routing::get;
use cacheflow::{Cache, CacheFlow, Strategy};
use serde::{Deserialize, Serialize};

/// So many users there are.
pub(crate) const USERS: u64 = 500;

/// So many are read for a report.
const OF_A_REPORT: u64 = 5;

#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct User {
    pub(crate) name: String,
    pub(crate) org: u64,
}

/// The service's two caches, and the flow that they belong to.
#[derive(Clone)]
pub(crate) struct Service {
    pub(crate) flow: CacheFlow,
    users: Cache<u64, User>,
    reports: Cache<u64, String>,
}

impl Service {
    pub(crate) fn new(flow: &CacheFlow) -> cacheflow::Result<Self> {
        let all = || async {
            Ok::<_, Infallible>((1..=USERS).map(|id| (id, row(id))).collect::<Vec<_>>())
        };
        Ok(Self {
            flow: flow.clone(),
            users: flow
                .cache("users")
                .ttl(Duration::from_secs(3600))
                .tags(|user: &User| vec![format!("org:{}", user.org)])
                .warm_from(all)
                .build()?,
            reports: flow
                .cache("reports")
                .ttl(Duration::from_secs(600))
                .max_entries(50)
                .strategy(Strategy::multi_level().memory_ttl(Duration::from_secs(60)))
                .build()?,
        })
    }

    pub(crate) fn routes(&self) -> Router {
        Router::new()
            .route("/users/{id}", get(user))
            .route("/reports/{id}", get(report))
            .with_state(self.clone())
    }

    pub(crate) async fn user(&self, id: u64) -> User {
        let user = self.users.get_or_load(&id, async || queried(id).await);
        user.await
            .unwrap_or_else(|_| unreachable!("the query cannot fail"))
    }

    /// It reads users while it is loaded, and is forgotten with each of them.
    pub(crate) async fn report(&self, id: u64) -> String {
        let report = self.reports.get_or_load(&id, async || {
            let mut names = Vec::new();
            for user in (id..id + OF_A_REPORT).map(|user| 1 + user % USERS) {
                names.push(self.user(user).await.name);
            }
            Ok::<_, Infallible>(names.join(", "))
        });
        report
            .await
            .unwrap_or_else(|_| unreachable!("it cannot fail"))
    }
}

/// What a database would give, as slowly.
async fn queried(id: u64) -> Result<User, Infallible> {
    tokio::time::sleep(Duration::from_millis(5)).await;
    Ok(row(id))
}

fn row(id: u64) -> User {
    User {
        name: format!("user {id}"),
        org: id % 10,
    }
}

async fn user(State(service): State<Service>, Path(id): Path<u64>) -> String {
    service.user(id).await.name
}

async fn report(State(service): State<Service>, Path(id): Path<u64>) -> String {
    service.report(id).await
}

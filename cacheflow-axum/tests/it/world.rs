//! What several modules of tests use.

use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use cacheflow::{Cache, CacheFlow};
use tokio::net::TcpListener;

use crate::client::{Ask, Reply};

/// A bound against hanging, not an expectation.
pub(crate) const WITHIN: Duration = Duration::from_secs(30);

/// Serves `router` on a free port, as long as the test's runtime lives.
pub(crate) async fn served(router: Router) -> SocketAddr {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    address
}

/// A flow with two caches, and its admin API, which everybody may use.
pub(crate) struct Open {
    pub(crate) flow: CacheFlow,
    pub(crate) users: Cache<u64, String>,
    pub(crate) at: SocketAddr,
}

impl Open {
    pub(crate) async fn new() -> Self {
        Self::on(
            CacheFlow::builder()
                .keep_history(100)
                .build()
                .await
                .unwrap(),
        )
        .await
    }

    pub(crate) async fn on(flow: CacheFlow) -> Self {
        let users = flow.cache("users").build().unwrap();
        let _: Cache<u64, u64> = flow.cache("pages").build().unwrap();
        let at = served(cacheflow_axum::admin(&flow).insecure().router()).await;
        Self { flow, users, at }
    }

    pub(crate) async fn put(&self, keys: std::ops::Range<u64>) {
        for key in keys {
            let tagged = self.users.tagged([format!("parity:{}", key % 2)]).unwrap();
            let _ = tagged.put(&key, format!("user {key}")).await.unwrap();
        }
    }

    pub(crate) async fn ask(&self, ask: Ask) -> Reply {
        ask.send(self.at).await
    }

    pub(crate) async fn get(&self, path: &str) -> Reply {
        self.ask(Ask::get(path)).await
    }
}

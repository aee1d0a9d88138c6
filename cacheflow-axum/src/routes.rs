//! The list of routes, and the router that is made of it.

use std::sync::Arc;

use axum::Router;
use axum::http::{Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, get, post};
use cacheflow::CacheFlow;
use serde::{Serialize, Serializer};

use crate::answer::{Answer, Problem, json_of};
use crate::endpoints::{caches, health, invalidate, keys, stats, warm};

/// What is served.
pub(crate) struct Served {
    pub(crate) flow: CacheFlow,
    pub(crate) body_bytes: usize,
}

pub(crate) type Shared = Arc<Served>;

/// A route of the admin API, below where it is mounted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Route {
    /// Its method; a `GET` is a `HEAD` as well.
    #[serde(serialize_with = "method")]
    pub method: Method,
    /// Its path, with names of parts in braces.
    pub path: &'static str,
    /// What it answers.
    pub about: &'static str,
    /// Whether [`public_health`](crate::Admin::public_health) leaves it open.
    pub is_health: bool,
}

/// All routes, in the order of the [crate's documentation](crate).
#[must_use]
pub fn routes() -> Vec<Route> {
    Endpoint::ALL
        .iter()
        .map(|endpoint| endpoint.route())
        .collect()
}

/// What can be asked.
#[derive(Clone, Copy)]
enum Endpoint {
    Index,
    Health,
    Live,
    Ready,
    Stats,
    Caches,
    Cache,
    Entries,
    Key,
    Invalidate,
    Warm,
    WarmAll,
}

impl Endpoint {
    /// Nothing else is mounted: what is missing here is not there, guarded or not.
    const ALL: [Self; 12] = [
        Self::Index,
        Self::Health,
        Self::Live,
        Self::Ready,
        Self::Stats,
        Self::Caches,
        Self::Cache,
        Self::Entries,
        Self::Key,
        Self::Invalidate,
        Self::Warm,
        Self::WarmAll,
    ];

    fn route(self) -> Route {
        let (path, about) = match self {
            Self::Index => ("/", "the routes"),
            Self::Health => ("/health", "whether all is good, and what is not"),
            Self::Live => ("/live", "whether the flow gets well by itself"),
            Self::Ready => ("/ready", "whether requests may be sent here"),
            Self::Stats => ("/stats", "the flow in figures"),
            Self::Caches => ("/caches", "the caches and their options"),
            Self::Cache => ("/caches/{name}", "a cache and its options"),
            Self::Entries => (
                "/caches/{name}/entries",
                "entries in memory; ?after=<full key>&limit=<1 to 1000>",
            ),
            Self::Key => (
                "/keys/{*key}",
                "where an entry lies, and why it does not; ?value=true shows its value",
            ),
            Self::Invalidate => ("/invalidate", "forgets keys, tags, patterns, caches or all"),
            Self::Warm => ("/warm/{name}", "runs the warmers of a cache"),
            Self::WarmAll => ("/warm", "runs all warmers"),
        };
        Route {
            method: match self {
                Self::Invalidate | Self::Warm | Self::WarmAll => Method::POST,
                _ => Method::GET,
            },
            path,
            about,
            is_health: matches!(self, Self::Health | Self::Live | Self::Ready),
        }
    }

    fn handler(self) -> MethodRouter<Shared> {
        match self {
            Self::Index => get(index),
            Self::Health => get(health::health),
            Self::Live => get(health::live),
            Self::Ready => get(health::ready),
            Self::Stats => get(stats::stats),
            Self::Caches => get(caches::caches),
            Self::Cache => get(caches::cache),
            Self::Entries => get(caches::entries),
            Self::Key => get(keys::key),
            Self::Invalidate => post(invalidate::invalidate),
            Self::Warm => post(warm::warm),
            Self::WarmAll => post(warm::warm_all),
        }
    }
}

pub(crate) fn router(
    served: Served,
    guard: impl FnOnce(Router) -> Router,
    public_health: bool,
) -> Router {
    let served = Arc::new(served);
    let mounted = |is_public: bool| {
        let mut router = Router::new();
        for endpoint in Endpoint::ALL {
            let route = endpoint.route();
            if (public_health && route.is_health) == is_public {
                router = router.route(route.path, endpoint.handler());
            }
        }
        router.method_not_allowed_fallback(not_so)
    };
    // What is not there is refused as what is: who may not ask learns nothing.
    let guarded = mounted(false).fallback(not_there);
    let guarded = guard(guarded.with_state(Arc::clone(&served)));
    guarded.merge(mounted(true).with_state(served))
}

async fn index() -> Answer {
    json_of(StatusCode::OK, &routes())
}

async fn not_there(uri: Uri) -> Response {
    let told = format!("there is nothing at {}", uri.path());
    Problem::new(StatusCode::NOT_FOUND, told)
        .allowed(listed())
        .into_response()
}

async fn not_so(method: Method, uri: Uri) -> Response {
    let told = format!("{} cannot be asked by {method}", uri.path());
    Problem::new(StatusCode::METHOD_NOT_ALLOWED, told)
        .allowed(listed())
        .into_response()
}

fn listed() -> Vec<String> {
    let routes = routes().into_iter();
    routes
        .map(|route| format!("{} {}", route.method, route.path))
        .collect()
}

fn method<S: Serializer>(method: &Method, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(method.as_str())
}

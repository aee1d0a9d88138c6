//! [`Admin`]: from a flow to a router.

use std::fmt;
use std::future::Future;
use std::marker::PhantomData;
use std::sync::Arc;

use axum::Router;
use axum::http::request::Parts;
use cacheflow::{CacheFlow, Error, ErrorKind, Result};

use crate::{access, routes};

/// The largest body of a request, unless it is set.
const BODY_BYTES: usize = 64 * 1024;

const MOST_BODY_BYTES: usize = 16 * 1024 * 1024;

/// The shortest token: shorter ones are guessed.
const SHORTEST_TOKEN: usize = 16;

/// Begins the admin API of `flow`. There is a router when it is said who may use it.
pub fn admin(flow: &CacheFlow) -> Admin<Unguarded> {
    Admin {
        flow: flow.clone(),
        guard: Box::new(|router| router),
        public_health: false,
        body_bytes: BODY_BYTES,
        access: PhantomData,
    }
}

/// The admin API of a flow on its way to a router; made by [`admin`].
///
/// | option | what | default | range |
/// |---|---|---|---|
/// | one of [`bearer`](Self::bearer), [`authorize`](Self::authorize), [`authorize_with`](Self::authorize_with), [`insecure`](Self::insecure) | who may use it | none: there is no router without | |
/// | [`public_health`](Self::public_health) | whether everybody may ask for health | no | |
/// | [`max_body_bytes`](Self::max_body_bytes) | the largest body of a request | 64 KiB | 1 KiB to 16 MiB |
///
/// It refuses to be mounted before it is guarded, when it is compiled:
///
/// ```compile_fail
/// # async fn mount(flow: cacheflow::CacheFlow) {
/// let router = cacheflow_axum::admin(&flow).router();
/// # }
/// ```
///
/// # What `POST /invalidate` takes
///
/// | field | what |
/// |---|---|
/// | `keys`, `tags`, `patterns`, `caches` | lists of texts, or a text alone; `key`, `tag`, `pattern`, `cache` are the same |
/// | `all` | `true`: everything of the namespace |
/// | `local_only` | `true`: in the memory of this process alone |
/// | `await_cluster_ms` | how long to wait until every node has applied it, 1 to 60000 |
///
/// It is one change, as [`CacheFlow::invalidate`] makes it, and answers how far it has got
/// and how much was removed:
/// `{"applied": "recorded", "deleted": {"in_memory": 1, "in_store": 1, "unfinished": false}}`.
/// A body has the content type `application/json`, so that no page of another site can send
/// one on behalf of who looks at it.
#[must_use = "there is nothing to mount until `router`"]
pub struct Admin<Access> {
    flow: CacheFlow,
    guard: Guard,
    public_health: bool,
    body_bytes: usize,
    access: PhantomData<Access>,
}

type Guard = Box<dyn FnOnce(Router) -> Router>;

/// Nobody has said yet who may use it.
#[derive(Debug)]
pub enum Unguarded {}

/// Somebody has said who may use it.
#[derive(Debug)]
pub enum Guarded {}

impl Admin<Unguarded> {
    /// Who sends `Authorization: Bearer {token}` may use it. The comparison takes as long
    /// for a token that is nearly right as for one that is all wrong.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidConfig`] for a token of less than 16 bytes, or with other than
    /// visible ASCII characters. The message does not hold it.
    pub fn bearer(self, token: impl Into<String>) -> Result<Admin<Guarded>> {
        let token = token.into();
        if token.len() < SHORTEST_TOKEN || !token.bytes().all(|byte| byte.is_ascii_graphic()) {
            let message = format!(
                "token of {} bytes: allowed are {SHORTEST_TOKEN} visible ASCII characters or more",
                token.len()
            );
            return Err(Error::new(ErrorKind::InvalidConfig, "admin", message));
        }
        let token: Arc<str> = token.into();
        Ok(self.authorize(move |parts| {
            let is_it = access::has_bearer(&parts, &token);
            async move { is_it }
        }))
    }

    /// Whom `allows` lets may use it; it is asked for every request, with all of it but
    /// its body. Who is not let gets 401 if the request has no `Authorization`, else 403.
    ///
    /// ```
    /// # async fn is_operator(_: Option<&axum::http::HeaderValue>) -> bool { true }
    /// # fn mount(flow: &cacheflow::CacheFlow) -> axum::Router {
    /// cacheflow_axum::admin(flow)
    ///     .authorize(|parts| async move { is_operator(parts.headers.get("cookie")).await })
    ///     .router()
    /// # }
    /// ```
    pub fn authorize<F, Fut>(self, allows: F) -> Admin<Guarded>
    where
        F: Fn(Parts) -> Fut + Clone + Send + Sync + 'static,
        Fut: Future<Output = bool> + Send + 'static,
    {
        self.authorize_with(|router| access::guarded(router, allows))
    }

    /// Whom your own layer lets may use it: `guard` puts it around the router, and is
    /// trusted to do so.
    ///
    /// ```
    /// # use axum::extract::Request;
    /// # use axum::middleware::{Next, from_fn};
    /// # use axum::response::Response;
    /// # async fn only_operators(request: Request, next: Next) -> Response { next.run(request).await }
    /// # fn mount(flow: &cacheflow::CacheFlow) -> axum::Router {
    /// cacheflow_axum::admin(flow)
    ///     .authorize_with(|router| router.layer(from_fn(only_operators)))
    ///     .router()
    /// # }
    /// ```
    pub fn authorize_with(self, guard: impl FnOnce(Router) -> Router + 'static) -> Admin<Guarded> {
        Admin {
            flow: self.flow,
            guard: Box::new(guard),
            public_health: self.public_health,
            body_bytes: self.body_bytes,
            access: PhantomData,
        }
    }

    /// Everybody who can reach it may use it: see all keys, and empty every cache. For an
    /// address that nobody else can reach.
    pub fn insecure(self) -> Admin<Guarded> {
        self.authorize_with(|router| router)
    }
}

impl<Access> Admin<Access> {
    /// Everybody may ask `/health`, `/live` and `/ready`.
    pub fn public_health(mut self) -> Self {
        self.public_health = true;
        self
    }

    /// The largest body of a request, 1 KiB to 16 MiB.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidConfig`] if that is out of range.
    pub fn max_body_bytes(mut self, bytes: usize) -> Result<Self> {
        if !(1024..=MOST_BODY_BYTES).contains(&bytes) {
            let message = format!("max_body_bytes = {bytes}: allowed is 1024 to {MOST_BODY_BYTES}");
            return Err(Error::new(ErrorKind::InvalidConfig, "admin", message));
        }
        self.body_bytes = bytes;
        Ok(self)
    }
}

impl Admin<Guarded> {
    /// The router: to be nested below a path of your own, or to be served by itself.
    pub fn router(self) -> Router {
        let served = routes::Served {
            flow: self.flow,
            body_bytes: self.body_bytes,
        };
        routes::router(served, self.guard, self.public_health)
    }
}

impl<Access> fmt::Debug for Admin<Access> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Admin")
            .field("flow", &self.flow)
            .field("public_health", &self.public_health)
            .field("body_bytes", &self.body_bytes)
            .finish_non_exhaustive()
    }
}

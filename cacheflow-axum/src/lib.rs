//! CacheFlow's admin API as an [axum] router: health, statistics, entries, why a key is
//! not there, invalidation, as JSON.
//!
//! ```
//! use axum::Router;
//! use cacheflow::CacheFlow;
//!
//! # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let token = "0123456789abcdef";
//! let flow = CacheFlow::builder().build().await?;
//! let admin = cacheflow_axum::admin(&flow)
//!     .bearer(token)?
//!     .public_health()
//!     .router();
//! let service: Router = Router::new().nest("/cache", admin);
//! # Ok(()) }
//! ```
//!
//! # Who may use it
//!
//! Whoever can ask it sees keys and can empty every cache. That is why there is no router
//! until somebody has said who may:
//!
//! | call | who may |
//! |---|---|
//! | [`bearer`](Admin::bearer) | who has this token |
//! | [`authorize`](Admin::authorize) | whom your function lets |
//! | [`authorize_with`](Admin::authorize_with) | whom your own layer lets |
//! | [`insecure`](Admin::insecure) | everybody who can reach it |
//!
//! [`public_health`](Admin::public_health) leaves the three questions of health open to
//! everybody, for orchestrators and load balancers.
//!
//! # The routes
//!
//! | | | |
//! |---|---|---|
//! | `GET` | `/` | this list |
//! | `GET` | `/health` | 200 if all is good, else 503, with [what is wrong](cacheflow::Health) |
//! | `GET` | `/live` | 503 if only another start of the process helps |
//! | `GET` | `/ready` | 503 if requests should go elsewhere |
//! | `GET` | `/stats` | [the flow in figures](cacheflow::FlowStats) |
//! | `GET` | `/caches` | [the caches and their options](cacheflow::CacheInfo) |
//! | `GET` | `/caches/{name}` | one of them |
//! | `GET` | `/caches/{name}/entries?after=&limit=` | [entries in this process's memory](cacheflow::Admin::entries), page by page |
//! | `GET` | `/keys/{cache}:{key}` | [where an entry lies, and why it does not](cacheflow::Admin::explain); with `?value=true` its value, where it may be shown |
//! | `POST` | `/invalidate` | forgets `keys`, `tags`, `patterns`, `caches` or `all`; see [`Admin`] |
//! | `POST` | `/warm/{name}` | [warms a cache](cacheflow::CacheFlow::warm), and answers what came of it when it is done; it goes on when nobody waits |
//! | `POST` | `/warm` | the same with all warmers |
//!
//! `/health`, `/stats` and `/keys/…` answer `Accept: text/plain` with a text for people.
//! A key in a path is percent-encoded, as everything in a path: `users:a%2Fb` is
//! `/keys/users:a%252Fb`.
//!
//! What is wrong is answered as JSON, with what is allowed:
//! `{"error": "limit = 0", "allowed": "1 to 1000"}`. Bodies are bounded, unknown fields and
//! parameters are refused with the nearest that there is, and no answer is to be stored by
//! anybody.
//!
//! Not promised: that it bears the traffic of a public service. It is for people, their
//! scripts and their dashboards.

#![forbid(unsafe_code)]

mod access;
mod admin;
mod answer;
mod endpoints;
mod input;
mod nearest;
mod routes;

pub use admin::{Admin, Guarded, Unguarded, admin};
pub use routes::{Route, routes};

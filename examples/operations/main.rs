//! Operations: a service that is looked after: health, figures, metrics, why a key is not there,
//! forgetting and warming by hand, over HTTP.
//!
//! ```text
//! ADMIN_TOKEN=choose-one-of-your-own cargo run --example operations
//! cargo run --example operations -- --redis redis://127.0.0.1:6379 --for 10s
//! ```
//!
//! | at | is |
//! |---|---|
//! | `/users/{id}`, `/reports/{id}` | the service: rows, and what is made of them |
//! | `/admin/…` | the router of `cacheflow-axum`, for who has the token |
//! | `/metrics` | the figures as Prometheus reads them |
//!
//! The README's section "Operating it" has lines of `curl` for it; a test runs them.

#[cfg(test)]
mod curl;
mod service;
mod traffic;

use std::future::Future;
use std::net::SocketAddr;
use std::time::Duration;

use anyhow::{Context, Result};
use axum::Router;
use axum::routing::get;
use cacheflow::CacheFlow;
use cacheflow_redis::RedisBackend;
use clap::Parser;
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use tokio::net::TcpListener;

use service::Service;

/// A bound for the end: what is under way by then is left.
const TO_END: Duration = Duration::from_secs(5);

#[derive(Parser)]
struct Args {
    /// Where to listen.
    #[arg(long, default_value = "127.0.0.1:8087")]
    listen: SocketAddr,
    /// A store behind the memory, which other instances share.
    #[arg(long, value_name = "URL")]
    redis: Option<String>,
    /// Ends after this, such as 10s; else by Ctrl-C.
    #[arg(long = "for", value_parser = humantime::parse_duration)]
    lasts: Option<Duration>,
    /// What the admin API wants to be told.
    #[arg(long, env = "ADMIN_TOKEN", hide_env_values = true)]
    token: Option<String>,
}

#[tokio::main]
async fn main() -> Result<()> {
    let args = Args::parse();
    let token = args.token.unwrap_or_else(drawn_token);
    let listener = TcpListener::bind(args.listen).await;
    let listener = listener.with_context(|| format!("{} cannot be listened to", args.listen))?;
    let at = listener.local_addr()?;
    println!("http://{at}/admin/health, http://{at}/metrics");
    println!("the admin API's token: {token}");
    let end = async move {
        match args.lasts {
            Some(lasts) => tokio::time::sleep(lasts).await,
            // Without signals there is no end but that of the process.
            None => drop(tokio::signal::ctrl_c().await),
        }
    };
    let flow = flow(args.redis).await?;
    serve(listener, &flow, &token, end).await?;
    println!("{}", flow.stats());
    Ok(())
}

/// The flow of the service: its history is kept, so that explanations know what was before
/// they are first asked for.
async fn flow(redis: Option<String>) -> Result<CacheFlow> {
    let builder = CacheFlow::builder()
        .namespace("operations")
        .keep_history(1000);
    let builder = match redis {
        Some(url) => builder.backend(RedisBackend::open(&url)?),
        None => builder,
    };
    Ok(builder.build().await?)
}

/// Serves until `end`.
async fn serve(
    listener: TcpListener,
    flow: &CacheFlow,
    token: &str,
    end: impl Future<Output = ()> + Send + 'static,
) -> Result<()> {
    let recorder = PrometheusBuilder::new().install_recorder()?;
    flow.publish_metrics(Duration::from_secs(10))?;
    let service = Service::new(flow)?;
    let traffic = traffic::begin(service.clone());
    let app = Router::new()
        .merge(service.routes())
        .route("/metrics", get(prometheus(flow.clone(), recorder)))
        .nest(
            "/admin",
            cacheflow_axum::admin(flow)
                .bearer(token)?
                .public_health()
                .router(),
        );
    let served = axum::serve(listener, app).with_graceful_shutdown(end);
    served.await?;
    traffic.abort();
    flow.shutdown(TO_END).await?;
    Ok(())
}

/// The figures of this moment.
fn prometheus(
    flow: CacheFlow,
    recorder: PrometheusHandle,
) -> impl Fn() -> std::future::Ready<String> + Clone {
    move || {
        flow.record_metrics();
        // What histograms have gathered is drained, which a listener of its own would do.
        recorder.run_upkeep();
        std::future::ready(recorder.render())
    }
}

/// 128 bits that nobody else knows.
fn drawn_token() -> String {
    use std::hash::{BuildHasher, RandomState};
    let drawn = || RandomState::new().hash_one(std::process::id());
    format!("{:016x}{:016x}", drawn(), drawn())
}

//! Who may use it: nobody, until somebody has said so.

use std::convert::Infallible;
use std::net::SocketAddr;

use axum::Router;
use axum::extract::Request;
use axum::http::StatusCode;
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse, Response};
use cacheflow::{Cache, CacheFlow, ErrorKind};
use cacheflow_axum::{Route, routes};

use crate::client::{Ask, Reply};
use crate::world::served;

const TOKEN: &str = "a-token-of-some-length";

async fn flow() -> CacheFlow {
    let flow = CacheFlow::builder().build().await.unwrap();
    let users = flow
        .cache("users")
        .warm_from(async || Ok::<_, Infallible>([(1, 1)]));
    let _: Cache<u64, u64> = users.build().unwrap();
    flow
}

/// A request that the route would answer.
fn asks(route: &Route) -> Ask {
    asks_below("", route)
}

/// The same where it is nested below a path.
fn asks_below(prefix: &str, route: &Route) -> Ask {
    let path = route.path.replace("{name}", "users");
    let path = format!("{prefix}{}", path.replace("{*key}", "users:1"));
    let path = match &*path {
        "/cache/" => "/cache".to_owned(),
        _ => path,
    };
    match route.method.as_str() {
        "GET" => Ask::get(path),
        "POST" => Ask::post(path, r#"{"keys": ["users:1"]}"#),
        other => panic!("how is {other} asked?"),
    }
}

/// Each route, as the list tells them.
async fn all(at: SocketAddr, with: impl Fn(Ask) -> Ask) -> Vec<(Route, Reply)> {
    let mut replies = Vec::new();
    for route in routes() {
        let reply = with(asks(&route)).send(at).await;
        replies.push((route, reply));
    }
    replies
}

#[tokio::test]
async fn without_a_token_no_route_answers() {
    let at = served(
        cacheflow_axum::admin(&flow().await)
            .bearer(TOKEN)
            .unwrap()
            .router(),
    )
    .await;
    for (route, reply) in all(at, |ask| ask).await {
        assert_eq!(reply.status, 401, "{route:?}");
        assert!(
            reply.headers.contains("www-authenticate: bearer"),
            "{reply:?}"
        );
        assert_eq!(reply.problem().1, "an authorisation is needed");
    }
    for (route, reply) in all(at, |ask| ask.bearer("another-token-of-length")).await {
        assert_eq!(reply.status, 403, "{route:?}");
    }
    for (route, reply) in all(at, |ask| ask.bearer(TOKEN)).await {
        assert_eq!(reply.status, 200, "{route:?}: {reply:?}");
    }
    // Nobody learns what is there and what is not, or who may be asked how.
    assert_eq!(Ask::get("/nothing").send(at).await.status, 401);
    assert_eq!(Ask::with("DELETE", "/stats").send(at).await.status, 401);
}

#[tokio::test]
async fn public_health_opens_the_three_questions_and_nothing_else() {
    let admin = cacheflow_axum::admin(&flow().await).bearer(TOKEN).unwrap();
    let at = served(admin.public_health().router()).await;
    let mut open = Vec::new();
    for (route, reply) in all(at, |ask| ask).await {
        match reply.status {
            200 => open.push(route.path),
            status => assert_eq!(status, 401, "{route:?}"),
        }
    }
    assert_eq!(open, ["/health", "/live", "/ready"]);
    assert_eq!(Ask::get("/nothing").send(at).await.status, 401);
}

#[tokio::test]
async fn whom_a_function_lets_is_asked_for_every_route() {
    let admin = cacheflow_axum::admin(&flow().await).authorize(|parts| async move {
        tokio::task::yield_now().await;
        parts
            .headers
            .get("x-role")
            .is_some_and(|role| role == "operator")
    });
    let at = served(admin.router()).await;
    for (route, reply) in all(at, |ask| ask.header("X-Role", "guest")).await {
        assert_eq!(reply.status, 401, "{route:?}");
    }
    for (route, reply) in all(at, |ask| ask.header("X-Role", "operator")).await {
        assert_eq!(reply.status, 200, "{route:?}");
    }
}

#[tokio::test]
async fn a_layer_of_ones_own_stands_before_every_route_wherever_it_is_mounted() {
    async fn nobody(_: Request, _: Next) -> Response {
        StatusCode::IM_A_TEAPOT.into_response()
    }
    let admin = cacheflow_axum::admin(&flow().await)
        .authorize_with(|router| router.layer(from_fn(nobody)))
        .router();
    let at = served(Router::new().nest("/cache", admin)).await;
    for route in routes() {
        let reply = asks_below("/cache", &route).send(at).await;
        assert_eq!(reply.status, 418, "{route:?}");
    }
    assert_eq!(Ask::get("/cache/nothing").send(at).await.status, 418);
}

#[tokio::test]
async fn insecure_is_what_it_says() {
    let at = served(cacheflow_axum::admin(&flow().await).insecure().router()).await;
    for (route, reply) in all(at, |ask| ask).await {
        assert_eq!(reply.status, 200, "{route:?}: {reply:?}");
    }
}

#[tokio::test]
async fn a_token_that_is_guessed_is_refused_and_not_told() {
    let flow = flow().await;
    for token in ["", "short", "fifteen-letters", "with a space in its middle"] {
        let error = cacheflow_axum::admin(&flow).bearer(token).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidConfig);
        let told = format!("{error} {error:?}");
        assert!(told.contains("16 visible ASCII characters"), "{told}");
        assert!(token.is_empty() || !told.contains(token), "{told}");
    }
    let admin = cacheflow_axum::admin(&flow).bearer(TOKEN).unwrap();
    assert!(!format!("{admin:?}").contains(TOKEN));
}

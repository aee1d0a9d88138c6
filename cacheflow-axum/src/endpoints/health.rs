//! Health.

use axum::extract::State;
use axum::http::StatusCode;
use axum::http::request::Parts;
use serde_json::json;

use crate::answer::{Answer, json_of, shown};
use crate::routes::Shared;

/// 503 as long as something is not as it should be.
pub(crate) async fn health(State(served): State<Shared>, parts: Parts) -> Answer {
    let health = served.flow.health();
    shown(&parts, status(health.is_good()), &health)
}

pub(crate) async fn live(State(served): State<Shared>) -> Answer {
    let is_live = served.flow.health().is_live();
    json_of(status(is_live), &json!({ "live": is_live }))
}

pub(crate) async fn ready(State(served): State<Shared>) -> Answer {
    let is_ready = served.flow.health().is_ready();
    json_of(status(is_ready), &json!({ "ready": is_ready }))
}

fn status(is_well: bool) -> StatusCode {
    match is_well {
        true => StatusCode::OK,
        false => StatusCode::SERVICE_UNAVAILABLE,
    }
}

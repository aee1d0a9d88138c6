//! Warming.

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::http::request::Parts;
use cacheflow::{Result, Warmed};

use crate::answer::{Answer, Problem, json_of};
use crate::input::parameters;
use crate::routes::Shared;

pub(crate) async fn warm(
    State(served): State<Shared>,
    name: Result<Path<String>, PathRejection>,
    parts: Parts,
) -> Answer {
    parameters(&parts, &[])?;
    let Path(name) = name.map_err(|error| Problem::wrong(error.body_text()))?;
    let flow = served.flow.clone();
    to_its_end(async move { flow.warm(&name).await }).await
}

pub(crate) async fn warm_all(State(served): State<Shared>, parts: Parts) -> Answer {
    parameters(&parts, &[])?;
    let flow = served.flow.clone();
    to_its_end(async move { flow.warm_all().await }).await
}

/// Runs warmers, and goes on when who has asked for it does not wait for the answer.
async fn to_its_end(warming: impl Future<Output = Result<Vec<Warmed>>> + Send + 'static) -> Answer {
    let warmed = tokio::spawn(warming).await;
    let failed = |_| Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "the warming has failed");
    json_of(StatusCode::OK, &warmed.map_err(failed)??)
}

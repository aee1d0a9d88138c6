//! The flow in figures.

use axum::extract::State;
use axum::http::StatusCode;
use axum::http::request::Parts;

use super::blocking;
use crate::answer::{Answer, shown};
use crate::input::parameters;
use crate::routes::Shared;

pub(crate) async fn stats(State(served): State<Shared>, parts: Parts) -> Answer {
    parameters(&parts, &[])?;
    // Memory tidies up to count.
    let stats = blocking(move || served.flow.stats()).await?;
    shown(&parts, StatusCode::OK, &stats)
}

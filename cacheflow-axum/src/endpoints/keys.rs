//! Where a key lies, and why it does not.

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::http::request::Parts;
use cacheflow::{Explanation, ShownValue};
use serde::Serialize;

use crate::answer::{Answer, Problem, json_of, shown};
use crate::input::parameters;
use crate::routes::Shared;

#[derive(Serialize)]
struct WithValue {
    #[serde(flatten)]
    explanation: Explanation,
    value: Option<ShownValue>,
}

pub(crate) async fn key(
    State(served): State<Shared>,
    key: Result<Path<String>, PathRejection>,
    parts: Parts,
) -> Answer {
    let Path(key) = key.map_err(|error| Problem::wrong(error.body_text()))?;
    let mut wants_value = false;
    for (_, value) in parameters(&parts, &["value"])? {
        wants_value = match &*value {
            "true" => true,
            "false" => false,
            _ => return Err(Problem::wrong(format!("value = {value:?}")).allowed("true or false")),
        };
    }
    let admin = served.flow.admin();
    let explanation = admin.explain(&key).await?;
    if !wants_value {
        return shown(&parts, StatusCode::OK, &explanation);
    }
    let value = admin.value(&key).await?;
    json_of(StatusCode::OK, &WithValue { explanation, value })
}

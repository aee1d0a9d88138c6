//! Answers: JSON, or text for people; and what is wrong.

use axum::body::Body;
use axum::http::header::{ACCEPT, CACHE_CONTROL, CONTENT_TYPE, X_CONTENT_TYPE_OPTIONS};
use axum::http::request::Parts;
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use cacheflow::{Error, ErrorKind};
use serde::Serialize;
use serde_json::{Value, json};

/// What an endpoint gives.
pub(crate) type Answer = Result<Response, Problem>;

/// What is wrong with a request, or in the way of its answer.
#[derive(Debug)]
pub(crate) struct Problem {
    status: StatusCode,
    error: String,
    allowed: Option<Value>,
}

impl Problem {
    pub(crate) fn new(status: StatusCode, error: impl Into<String>) -> Self {
        Self {
            status,
            error: error.into(),
            allowed: None,
        }
    }

    /// Something in the request that cannot be.
    pub(crate) fn wrong(error: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, error)
    }

    pub(crate) fn allowed(mut self, allowed: impl Into<Value>) -> Self {
        self.allowed = Some(allowed.into());
        self
    }
}

/// The framework's errors hold no secrets, so they can be told.
impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        let status = match error.kind() {
            ErrorKind::InvalidConfig | ErrorKind::TypeMismatch => StatusCode::BAD_REQUEST,
            ErrorKind::Refused => StatusCode::FORBIDDEN,
            ErrorKind::Unavailable | ErrorKind::Closed => StatusCode::SERVICE_UNAVAILABLE,
            ErrorKind::Timeout => StatusCode::GATEWAY_TIMEOUT,
            _ => StatusCode::INTERNAL_SERVER_ERROR,
        };
        Self::new(status, error.to_string())
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut body = json!({ "error": self.error });
        if let Some(allowed) = self.allowed {
            body["allowed"] = allowed;
        }
        written(self.status, "application/json", body.to_string())
    }
}

/// `value` as JSON.
pub(crate) fn json_of(status: StatusCode, value: &impl Serialize) -> Answer {
    let json = serde_json::to_string(value).map_err(|error| {
        let told = format!("the answer cannot be written as JSON: {error}");
        Problem::new(StatusCode::INTERNAL_SERVER_ERROR, told)
    })?;
    Ok(written(status, "application/json", json))
}

/// `value` as JSON, or as text for who would rather have that.
pub(crate) fn shown(
    parts: &Parts,
    status: StatusCode,
    value: &(impl Serialize + std::fmt::Display),
) -> Answer {
    if wants_text(parts) {
        let text = format!("{}\n", value.to_string().trim_end());
        return Ok(written(status, "text/plain; charset=utf-8", text));
    }
    json_of(status, value)
}

pub(crate) fn wants_text(parts: &Parts) -> bool {
    let accept = parts.headers.get(ACCEPT).and_then(|it| it.to_str().ok());
    let accept = accept.unwrap_or_default();
    accept.contains("text/plain") && !accept.contains("application/json")
}

fn written(status: StatusCode, content_type: &'static str, body: String) -> Response {
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    // It is of this moment, and what it holds is not everybody's.
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response
}

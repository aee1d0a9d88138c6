//! What is asked: parameters and bodies, with everything wrong told.

use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::http::header::CONTENT_TYPE;
use axum::http::request::Parts;
use axum::http::{HeaderValue, StatusCode};
use serde_json::{Map, Value};

use crate::answer::Problem;
use crate::nearest::nearest;

/// The parameters of a request: each at most once, and of those that are `known`.
pub(crate) fn parameters(parts: &Parts, known: &[&str]) -> Result<Vec<(String, String)>, Problem> {
    let query = parts.uri.query().unwrap_or_default();
    let mut parameters: Vec<(String, String)> = Vec::new();
    for (name, value) in form_urlencoded::parse(query.as_bytes()) {
        if !known.contains(&&*name) {
            return Err(unknown("parameter", &name, known));
        }
        if parameters.iter().any(|(other, _)| *other == name) {
            return Err(Problem::wrong(format!("{name} is said twice")).allowed("once"));
        }
        parameters.push((name.into_owned(), value.into_owned()));
    }
    Ok(parameters)
}

/// The object that the body of a request is: JSON of at most `most` bytes, with no
/// other fields than those that are `known`.
pub(crate) async fn object(
    request: Request,
    most: usize,
    known: &[&str],
) -> Result<Map<String, Value>, Problem> {
    let (parts, body) = request.into_parts();
    let content_type = parts.headers.get(CONTENT_TYPE).map(HeaderValue::as_bytes);
    let is_json = content_type.is_some_and(|it| {
        let end = it.iter().position(|byte| *byte == b';').unwrap_or(it.len());
        it[..end]
            .trim_ascii()
            .eq_ignore_ascii_case(b"application/json")
    });
    if !is_json {
        let problem = Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "the body is no JSON");
        return Err(problem.allowed("Content-Type: application/json"));
    }
    let read = read(body, most).await?;
    let object = match serde_json::from_slice(&read) {
        Ok(Value::Object(object)) => object,
        Ok(_) => return Err(Problem::wrong("the body is no object").allowed(known.to_vec())),
        Err(error) => return Err(Problem::wrong(format!("the body cannot be read: {error}"))),
    };
    match object.keys().find(|name| !known.contains(&name.as_str())) {
        Some(name) => Err(unknown("field", name, known)),
        None => Ok(object),
    }
}

async fn read(body: Body, most: usize) -> Result<Vec<u8>, Problem> {
    match to_bytes(body, most).await {
        Ok(bytes) => Ok(bytes.into()),
        // The connection that broke hears no answer anyway.
        Err(_) => {
            let problem = Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "the body is too large");
            Err(problem.allowed(format!("{most} bytes")))
        }
    }
}

fn unknown(what: &str, name: &str, known: &[&str]) -> Problem {
    let name: String = name.chars().take(64).collect();
    let meant = match nearest(&name, known) {
        Some(known) => format!("; is {known} meant?"),
        None => String::new(),
    };
    Problem::wrong(format!("unknown {what} {name:?}{meant}")).allowed(known.to_vec())
}

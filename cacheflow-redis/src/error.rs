//! Redis' errors as the framework's, without secrets.

use cacheflow::{Error, ErrorKind};
use redis::RedisError;

/// An error of `operation` on `server`.
pub(crate) fn failed(operation: &'static str, server: &str, error: RedisError) -> Error {
    let kind = if error.is_timeout() {
        ErrorKind::Timeout
    } else if error.is_unrecoverable_error() || error.is_io_error() {
        ErrorKind::Unavailable
    } else {
        ErrorKind::Backend
    };
    Error::new(kind, operation, "")
        .with("server", server)
        .because(error)
}

/// An answer that does not look as it must.
pub(crate) fn unexpected(operation: &'static str, server: &str, what: &str) -> Error {
    Error::new(ErrorKind::Backend, operation, format!("unexpected {what}")).with("server", server)
}

/// A URL that cannot be read. The client's own text is shown, which is about
/// the URL's form; the URL is not, because a password may stand in it.
pub(crate) fn invalid_url(url: &str, error: &RedisError) -> Error {
    let scheme = url.split_once("://").map_or("none", |(scheme, _)| {
        if scheme.len() <= 16
            && scheme
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || c == '+')
        {
            scheme
        } else {
            "unreadable"
        }
    });
    let fault = error
        .detail()
        .map_or_else(|| category(error), str::to_owned);
    // A detail that repeats a part of the URL could repeat a secret.
    let fault = if shares_text(&fault, url) {
        category(error)
    } else {
        fault
    };
    Error::new(
        ErrorKind::InvalidConfig,
        "open",
        format!(
            "the Redis URL cannot be read ({fault}; scheme: {scheme}): allowed is redis://[user:password@]host[:port][/database] or redis+unix:///path"
        ),
    )
}

fn category(error: &RedisError) -> String {
    format!("{:?}", error.kind())
}

/// Whether `text` holds any part of `url`, between its punctuation, that is
/// long enough to be a secret.
fn shares_text(text: &str, url: &str) -> bool {
    url.split(|c: char| !c.is_ascii_alphanumeric())
        .filter(|part| part.len() >= 3 && *part != "redis")
        .any(|part| text.contains(part))
}

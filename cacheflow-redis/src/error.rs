//! Redis' errors as the framework's, without secrets.

use cacheflow::{Error, ErrorKind};
use redis::RedisError;

/// An error of `operation` on `server`.
pub(crate) fn failed(operation: &'static str, server: &str, error: RedisError) -> Error {
    // Without connection and journal a server is no use, whatever it answers: it
    // may be loading its data, or grant no scripts.
    let is_begin = matches!(operation, "connect" | "adopt");
    let is_gone = error.is_unrecoverable_error() || error.is_io_error() || is_demoted(&error);
    let kind = if error.is_timeout() {
        ErrorKind::Timeout
    } else if is_begin || is_gone {
        ErrorKind::Unavailable
    } else {
        ErrorKind::Backend
    };
    Error::new(kind, operation, "")
        .with("server", server)
        .because(error)
}

/// Whether a primary became a replica, or the journal's slot is another server's: it
/// stays reachable, but is no use. The same address may lead to its successor by now.
pub(crate) fn is_demoted(error: &RedisError) -> bool {
    use redis::ServerErrorKind::{Ask, ClusterDown, Moved, ReadOnly, TryAgain};
    let no_use = |kind| matches!(kind, ReadOnly | Moved | Ask | TryAgain | ClusterDown);
    // A transaction tells its errors one by one.
    let errors = error.clone().into_server_errors();
    errors.is_some_and(|errors| {
        errors
            .iter()
            .any(|(_, error)| error.kind().is_some_and(no_use))
    })
}

/// An answer that does not look as it must.
pub(crate) fn unexpected(operation: &'static str, server: &str, what: &str) -> Error {
    Error::new(ErrorKind::Backend, operation, format!("unexpected {what}")).with("server", server)
}

/// What people write before a server's address.
const SCHEMES: [&str; 8] = [
    "redis",
    "rediss",
    "redis+unix",
    "unix",
    "valkey",
    "valkeys",
    "http",
    "https",
];

/// A URL that cannot be read. The client's own text is shown, which is about
/// the URL's form; the URL is not, because a password may stand in it.
pub(crate) fn invalid_url(url: &str, error: &RedisError) -> Error {
    // Only what is surely no part of a secret.
    let scheme = url.split_once("://").map_or("none", |(scheme, _)| {
        let known = SCHEMES.into_iter().find(|known| *known == scheme);
        known.unwrap_or("another")
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

//! Who may use it.

use std::future::Future;

use axum::Router;
use axum::extract::Request;
use axum::http::header::{AUTHORIZATION, WWW_AUTHENTICATE};
use axum::http::request::Parts;
use axum::http::{HeaderValue, StatusCode};
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse, Response};

use crate::answer::Problem;

/// The same router for those whom `allows` lets.
pub(crate) fn guarded<F, Fut>(router: Router, allows: F) -> Router
where
    F: Fn(Parts) -> Fut + Clone + Send + Sync + 'static,
    Fut: Future<Output = bool> + Send + 'static,
{
    router.layer(from_fn(move |request: Request, next: Next| {
        let allows = allows.clone();
        async move {
            let (parts, body) = request.into_parts();
            if allows(parts.clone()).await {
                return next.run(Request::from_parts(parts, body)).await;
            }
            refusal(parts.headers.contains_key(AUTHORIZATION))
        }
    }))
}

fn refusal(has_said_who: bool) -> Response {
    if has_said_who {
        let problem = Problem::new(StatusCode::FORBIDDEN, "this authorisation does not suffice");
        return problem.into_response();
    }
    let problem = Problem::new(StatusCode::UNAUTHORIZED, "an authorisation is needed");
    let mut response = problem.into_response();
    let bearer = HeaderValue::from_static("Bearer");
    response.headers_mut().insert(WWW_AUTHENTICATE, bearer);
    response
}

/// Whether a request brings this token.
pub(crate) fn has_bearer(parts: &Parts, token: &str) -> bool {
    let header = parts.headers.get(AUTHORIZATION).map(HeaderValue::as_bytes);
    let Some((scheme, brought)) = header.and_then(|header| header.split_at_checked(7)) else {
        return false;
    };
    scheme.eq_ignore_ascii_case(b"bearer ") && is_same(brought, token.as_bytes())
}

/// Looks at every byte, whichever differs.
fn is_same(one: &[u8], other: &[u8]) -> bool {
    let pairs = one.iter().zip(other);
    let differing = pairs.fold(0, |differing, (one, other)| differing | (one ^ other));
    one.len() == other.len() && std::hint::black_box(differing) == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_the_same_or_not() {
        assert!(is_same(b"", b"") && is_same(b"abc", b"abc"));
        for other in [&b"abd"[..], b"xbc", b"ab", b"abcd", b""] {
            assert!(!is_same(b"abc", other), "{other:?}");
        }
    }

    #[test]
    fn a_token_stands_behind_its_scheme() {
        let brings = |header: &'static str| {
            let request = Request::builder().header(AUTHORIZATION, header);
            let (parts, ()) = request.body(()).unwrap().into_parts();
            has_bearer(&parts, "token")
        };
        assert!(brings("Bearer token") && brings("bearer token"));
        for wrong in [
            "token",
            "Bearer",
            "Bearer  token",
            "Basic token",
            "Bearertoken",
            "",
        ] {
            assert!(!brings(wrong), "{wrong:?}");
        }
    }
}

//! What a function returns when its cache has failed it.

use crate::error::Error;

/// A return type with room for the cache's own errors.
#[diagnostic::on_unimplemented(
    message = "a circuit breaker, hard timeout or bulkhead can fail by itself: the function must return a `Result` whose error is `From<cacheflow::Error>`",
    label = "this has no room for the cache's own errors",
    note = "so must it with a strategy of your own, which may have any of them"
)]
pub trait FromTrouble {
    /// The return that tells of `error`.
    fn from_trouble(error: Error) -> Self;
}

// Else the compiler would say only what the error type lacks, and not why.
#[diagnostic::do_not_recommend]
impl<T, E: From<Error>> FromTrouble for Result<T, E> {
    fn from_trouble(error: Error) -> Self {
        Err(error.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::ErrorKind;

    #[test]
    fn trouble_becomes_the_functions_own_error() {
        let trouble = || Error::new(ErrorKind::Timeout, "load", "");
        let own = Result::<u8, Error>::from_trouble(trouble());
        assert_eq!(own.unwrap_err().kind(), ErrorKind::Timeout);
        type Boxed = Result<Option<u8>, Box<dyn std::error::Error + Send + Sync>>;
        let boxed = Boxed::from_trouble(trouble()).unwrap_err();
        assert!(boxed.is::<Error>());
    }
}

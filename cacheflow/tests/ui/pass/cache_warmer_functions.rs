//! What functions can be warmers, among names of the user's own.

#![forbid(unsafe_code)]
#![deny(warnings, missing_docs)]
#![no_implicit_prelude]

use ::cacheflow::cache_warmer;

/// In a module of its own.
pub mod users {
    /// Documented.
    #[::cacheflow::cache_warmer(cache = "users", required, per_node, every = "1h 30m", once_per = "1h", timeout = "5m")]
    pub async fn warm(
        flow: &::cacheflow::CacheFlow,
    ) -> ::std::result::Result<::cacheflow::WarmReport, ::std::io::Error> {
        let _ = flow;
        ::std::result::Result::Ok(::cacheflow::WarmReport::warmed(1))
    }
}

#[cache_warmer]
async fn warm(
    _: &::cacheflow::CacheFlow,
) -> ::std::result::Result<::cacheflow::WarmReport, ::cacheflow::BoxError> {
    ::std::result::Result::Ok(::cacheflow::WarmReport::warmed(1))
}

fn main() {
    // Within a function as well, and nothing is left unused.
    #[cache_warmer(name = "inner", caches("a", "b"), on_startup = false)]
    async fn inner(
        _: &::cacheflow::CacheFlow,
    ) -> ::std::result::Result<::cacheflow::WarmReport, ::cacheflow::Error> {
        ::std::result::Result::Ok(::cacheflow::WarmReport::warmed(1))
    }
}

//! Attributes, documentation and visibility stay with the function.

#![deny(warnings, missing_docs)]

use cacheflow::cached;

/// Without this text the module would be refused.
pub mod api {
    use cacheflow::cached;

    /// Without this text as well.
    #[cached]
    #[must_use]
    #[inline]
    pub async fn documented(id: u64) -> u64 {
        id
    }

    #[cached]
    pub(crate) async fn visible(id: u64) -> u64 {
        id
    }
}

#[cached]
#[allow(unused_variables)]
async fn allowed(id: u64) -> u64 {
    let unused = 1;
    id
}

#[cached]
async fn allowed_within(id: u64) -> u64 {
    #![allow(unused_variables)]
    let unused = 1;
    id
}

#[cached]
async fn allowed_argument(#[allow(unused_mut)] mut id: u64) -> u64 {
    id
}

#[cfg(any())]
#[cached(key = "{this is not compiled}")]
async fn configured(id: u64) -> u64 {
    id
}

fn main() {
    drop(api::documented(1));
    drop(api::visible(1));
    drop(allowed(1));
    drop(allowed_within(1));
    drop(allowed_argument(1));
}

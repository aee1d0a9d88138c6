//! What the database has, as a cache can keep it.

use cacheflow::HasUpdatedAt;
use serde::{Deserialize, Serialize};

/// Somebody who writes.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct Author {
    pub(crate) name: String,
}

/// A page: articles are a part of it.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct Page {
    pub(crate) title: String,
}

/// An article: comments are a part of it.
#[derive(Clone, Debug, Deserialize, HasUpdatedAt, Serialize)]
pub(crate) struct Article {
    pub(crate) id: u64,
    pub(crate) page: u64,
    pub(crate) author: u64,
    pub(crate) title: String,
    pub(crate) text: String,
    #[updated_at(millis)]
    pub(crate) updated_at: i64,
}

/// A comment on an article.
#[derive(Clone, Debug, Deserialize, HasUpdatedAt, Serialize)]
pub(crate) struct Comment {
    pub(crate) id: u64,
    pub(crate) article: u64,
    pub(crate) author: u64,
    pub(crate) text: String,
    #[updated_at(millis)]
    pub(crate) updated_at: i64,
}

//! The rows that fragments are made of, each kept by itself. The caches are called like the
//! entities, so that a row that is touched is forgotten without being named.

use cacheflow::cached;

use crate::blog::Blog;
use crate::error::BlogError;
use crate::rows::{Article, Author, Comment, Page};

#[cached(cache = "author", key = "{id}", ttl = "1h")]
pub(crate) async fn find_author(blog: &Blog, id: u64) -> Result<Author, BlogError> {
    blog.db.author(id).await
}

#[cached(cache = "page", key = "{id}", ttl = "1h")]
pub(crate) async fn find_page(blog: &Blog, id: u64) -> Result<Page, BlogError> {
    blog.db.page(id).await
}

#[cached(cache = "article", key = "{id}", ttl = "1h")]
pub(crate) async fn find_article(blog: &Blog, id: u64) -> Result<Article, BlogError> {
    blog.db.article(id).await
}

#[cached(cache = "comment", key = "{id}", ttl = "1h")]
pub(crate) async fn find_comment(blog: &Blog, id: u64) -> Result<Comment, BlogError> {
    blog.db.comment(id).await
}

/// Forgotten by its tag, when its page is touched.
#[cached(key = "{page}", ttl = "1h", tags = ["page:{page}"])]
pub(crate) async fn articles_of(blog: &Blog, page: u64) -> Result<Vec<u64>, BlogError> {
    blog.db.articles_of(page).await
}

/// Forgotten by its tag, when its article is touched.
#[cached(key = "{article}", ttl = "1h", tags = ["article:{article}"])]
pub(crate) async fn comments_of(blog: &Blog, article: u64) -> Result<Vec<u64>, BlogError> {
    blog.db.comments_of(article).await
}

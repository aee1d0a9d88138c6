//! What changes the database, and with it what is kept: the attributes say what, and do it when
//! the change is committed.

use cacheflow::{cache_evict, cache_put, cache_update};

use crate::blog::Blog;
use crate::error::BlogError;
use crate::reads::{find_article, find_author, find_comment};
use crate::rows::{Article, Author, Comment};

/// No touch: an author's name is read by whatever shows it, and so is known to be a part of it.
#[cache_put(find_author(id))]
pub(crate) async fn rename_author(blog: &Blog, id: u64, name: &str) -> Result<Author, BlogError> {
    blog.db.rename_author(id, name).await
}

#[cache_put(find_article(id))]
#[cache_update(parent = "page:{result.page}")]
pub(crate) async fn edit_article(blog: &Blog, id: u64, text: &str) -> Result<Article, BlogError> {
    blog.db.edit_article(id, text).await
}

#[cache_put(find_comment(id))]
#[cache_update(parent = "article:{result.article}")]
pub(crate) async fn edit_comment(blog: &Blog, id: u64, text: &str) -> Result<Comment, BlogError> {
    blog.db.edit_comment(id, text).await
}

#[cache_put(find_comment(result.id))]
#[cache_update(parent = "article:{article}")]
pub(crate) async fn add_comment(
    blog: &Blog,
    article: u64,
    author: u64,
    text: &str,
) -> Result<Comment, BlogError> {
    blog.db.add_comment(article, author, text).await
}

/// The article first, and with it the list that names the comment: a reader between the two
/// finds a comment in memory that no list names, and not one in a list that is nowhere.
#[cache_update(parent = "article:{result}")]
#[cache_evict(find_comment(id))]
pub(crate) async fn delete_comment(blog: &Blog, id: u64) -> Result<u64, BlogError> {
    blog.db.delete_comment(id).await
}

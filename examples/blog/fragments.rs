//! Three levels of dolls: comments within articles within a page.
//!
//! What a fragment reads while it is made, rows and other fragments, it depends on: nothing is
//! declared. A comment and an article come as arguments, which nobody sees being read; there
//! the version in the key tells that they have changed. The template's digest, in the key as
//! well, tells that they look different.

use cacheflow::cached_fragment;

use crate::blog::Blog;
use crate::error::BlogError;
use crate::html::{self, ARTICLE, COMMENT, PAGE};
use crate::reads::{articles_of, comments_of, find_article, find_author, find_comment, find_page};
use crate::rows::{Article, Comment};

#[cached_fragment(key = "{comment.id}", versioned(comment), template = COMMENT, ttl = "1h")]
pub(crate) async fn comment_fragment(blog: &Blog, comment: &Comment) -> Result<String, BlogError> {
    blog.builds("comment", comment.id);
    let author = find_author(blog, comment.author).await?;
    Ok(html::comment(comment, &author)?)
}

#[cached_fragment(key = "{article.id}", versioned(article), template = ARTICLE, ttl = "1h")]
pub(crate) async fn article_fragment(blog: &Blog, article: &Article) -> Result<String, BlogError> {
    blog.builds("article", article.id);
    let author = find_author(blog, article.author).await?;
    let mut comments = Vec::new();
    for id in comments_of(blog, article.id).await? {
        let comment = find_comment(blog, id).await?;
        comments.push(comment_fragment(blog, &comment).await?);
    }
    Ok(html::article(article, &author, &comments)?)
}

#[cached_fragment(key = "{id}", template = PAGE, ttl = "1h")]
pub(crate) async fn page_fragment(blog: &Blog, id: u64) -> Result<String, BlogError> {
    blog.builds("page", id);
    let page = find_page(blog, id).await?;
    let mut articles = Vec::new();
    for id in articles_of(blog, id).await? {
        let article = find_article(blog, id).await?;
        articles.push(article_fragment(blog, &article).await?);
    }
    Ok(html::page(&page, &articles)?)
}

//! The page as it is without a cache: all of it made anew from the database.

use crate::db::Db;
use crate::error::BlogError;
use crate::html;

pub(crate) async fn page(db: &Db, id: u64) -> Result<String, BlogError> {
    let mut articles = Vec::new();
    for article in db.articles_of(id).await? {
        articles.push(article_of(db, article).await?);
    }
    Ok(html::page(&db.page(id).await?, &articles)?)
}

async fn article_of(db: &Db, id: u64) -> Result<String, BlogError> {
    let mut comments = Vec::new();
    for comment in db.comments_of(id).await? {
        let comment = db.comment(comment).await?;
        let author = db.author(comment.author).await?;
        comments.push(html::comment(&comment, &author)?);
    }
    let article = db.article(id).await?;
    let author = db.author(article.author).await?;
    Ok(html::article(&article, &author, &comments)?)
}

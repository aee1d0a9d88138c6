//! What is asked of the database.

use rusqlite::Row;

use super::{Db, id, row_id};
use crate::error::BlogError;
use crate::rows::{Article, Author, Comment, Page};

impl Db {
    pub(crate) async fn author(&self, id: u64) -> Result<Author, BlogError> {
        let sql = "SELECT name FROM authors WHERE id = ?1";
        self.one(("author", id), sql, [row_id(id)], author).await
    }

    pub(crate) async fn page(&self, id: u64) -> Result<Page, BlogError> {
        let sql = "SELECT title FROM pages WHERE id = ?1";
        let page = |row: &Row<'_>| Ok(Page { title: row.get(0)? });
        self.one(("page", id), sql, [row_id(id)], page).await
    }

    pub(crate) async fn article(&self, id: u64) -> Result<Article, BlogError> {
        let sql = "SELECT * FROM articles WHERE id = ?1";
        self.one(("article", id), sql, [row_id(id)], article).await
    }

    pub(crate) async fn comment(&self, id: u64) -> Result<Comment, BlogError> {
        let sql = "SELECT * FROM comments WHERE id = ?1";
        self.one(("comment", id), sql, [row_id(id)], comment).await
    }

    /// The articles of a page, in their order.
    pub(crate) async fn articles_of(&self, page: u64) -> Result<Vec<u64>, BlogError> {
        self.ids("SELECT id FROM articles WHERE page = ?1 ORDER BY id", page)
            .await
    }

    /// The comments on an article, in their order.
    pub(crate) async fn comments_of(&self, article: u64) -> Result<Vec<u64>, BlogError> {
        let sql = "SELECT id FROM comments WHERE article = ?1 ORDER BY id";
        self.ids(sql, article).await
    }

    /// When each row was last changed, for those who want to know what a change has touched.
    pub(crate) async fn times(&self) -> Result<Vec<(String, i64)>, BlogError> {
        let sql = "SELECT 'page ' || id, updated_at FROM pages
                   UNION ALL SELECT 'article ' || id, updated_at FROM articles
                   UNION ALL SELECT 'comment ' || id, updated_at FROM comments";
        self.run(move |connection| {
            let mut statement = connection.prepare_cached(sql)?;
            let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
            Ok(rows.collect::<rusqlite::Result<_>>()?)
        })
        .await
    }

    async fn ids(&self, sql: &'static str, of: u64) -> Result<Vec<u64>, BlogError> {
        self.run(move |connection| {
            let mut statement = connection.prepare_cached(sql)?;
            let rows = statement.query_map([row_id(of)], |row| id(row, "id"))?;
            Ok(rows.collect::<rusqlite::Result<_>>()?)
        })
        .await
    }
}

pub(super) fn author(row: &Row<'_>) -> rusqlite::Result<Author> {
    Ok(Author {
        name: row.get("name")?,
    })
}

pub(super) fn article(row: &Row<'_>) -> rusqlite::Result<Article> {
    Ok(Article {
        id: id(row, "id")?,
        page: id(row, "page")?,
        author: id(row, "author")?,
        title: row.get("title")?,
        text: row.get("text")?,
        updated_at: row.get("updated_at")?,
    })
}

pub(super) fn comment(row: &Row<'_>) -> rusqlite::Result<Comment> {
    Ok(Comment {
        id: id(row, "id")?,
        article: id(row, "article")?,
        author: id(row, "author")?,
        text: row.get("text")?,
        updated_at: row.get("updated_at")?,
    })
}

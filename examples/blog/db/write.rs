//! What changes the database. What is changed gets a new `updated_at` in the same statement.

use std::time::SystemTime;

use rusqlite::{Row, params};

use super::touch::millis;
use super::{Db, id, read, row_id};
use crate::error::BlogError;
use crate::rows::{Article, Author, Comment};

impl Db {
    pub(crate) async fn rename_author(&self, id: u64, name: &str) -> Result<Author, BlogError> {
        let sql = "UPDATE authors SET name = ?2 WHERE id = ?1 RETURNING *";
        let parameters = (row_id(id), name.to_owned());
        self.one(("author", id), sql, parameters, read::author)
            .await
    }

    pub(crate) async fn edit_article(&self, id: u64, text: &str) -> Result<Article, BlogError> {
        let sql = "UPDATE articles SET text = ?2, updated_at = max(updated_at + 1, ?3)
                   WHERE id = ?1 RETURNING *";
        let parameters = (row_id(id), text.to_owned(), now());
        self.one(("article", id), sql, parameters, read::article)
            .await
    }

    pub(crate) async fn edit_comment(&self, id: u64, text: &str) -> Result<Comment, BlogError> {
        let sql = "UPDATE comments SET text = ?2, updated_at = max(updated_at + 1, ?3)
                   WHERE id = ?1 RETURNING *";
        let parameters = (row_id(id), text.to_owned(), now());
        self.one(("comment", id), sql, parameters, read::comment)
            .await
    }

    pub(crate) async fn add_comment(
        &self,
        article: u64,
        author: u64,
        text: &str,
    ) -> Result<Comment, BlogError> {
        let text = text.to_owned();
        self.run(move |connection| {
            let sql = "INSERT INTO comments (article, author, text, updated_at)
                       VALUES (?1, ?2, ?3, ?4) RETURNING *";
            let parameters = params![row_id(article), row_id(author), text, now()];
            let mut statement = connection.prepare_cached(sql)?;
            Ok(statement.query_row(parameters, read::comment)?)
        })
        .await
    }

    /// Gives the article that the comment was on.
    pub(crate) async fn delete_comment(&self, comment: u64) -> Result<u64, BlogError> {
        let sql = "DELETE FROM comments WHERE id = ?1 RETURNING article";
        let article = |row: &Row<'_>| id(row, "article");
        self.one(("comment", comment), sql, [row_id(comment)], article)
            .await
    }
}

fn now() -> i64 {
    millis(SystemTime::now())
}

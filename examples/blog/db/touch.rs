//! Touching the rows that a changed row is a part of: articles, and pages.

use std::time::{SystemTime, UNIX_EPOCH};

use async_trait::async_trait;
use cacheflow::{BoxError, Parent, ParentToucher};

use super::{Db, id};
use crate::error::BlogError;

/// Touches articles, which are a part of their page.
pub(crate) struct Articles(pub(crate) Db);

/// Touches pages, which are a part of nothing.
pub(crate) struct Pages(pub(crate) Db);

#[async_trait]
impl ParentToucher for Articles {
    fn entity(&self) -> &str {
        "article"
    }

    async fn touch(&self, id: &str, at: SystemTime) -> Result<(), BoxError> {
        let sql = "UPDATE articles SET updated_at = max(updated_at + 1, ?2) WHERE id = ?1";
        Ok(self.0.touch(sql, id, at).await?)
    }

    async fn parents_of(&self, article: &str) -> Result<Vec<Parent>, BoxError> {
        let article: i64 = article.parse()?;
        let pages = self.0.run(move |connection| {
            let sql = "SELECT page FROM articles WHERE id = ?1";
            let mut statement = connection.prepare_cached(sql)?;
            let pages = statement.query_map([article], |row| id(row, "page"))?;
            Ok(pages.collect::<rusqlite::Result<Vec<_>>>()?)
        });
        let pages = pages.await?.into_iter();
        Ok(pages.map(|page| Parent::new("page", page)).collect())
    }
}

#[async_trait]
impl ParentToucher for Pages {
    fn entity(&self) -> &str {
        "page"
    }

    async fn touch(&self, id: &str, at: SystemTime) -> Result<(), BoxError> {
        let sql = "UPDATE pages SET updated_at = max(updated_at + 1, ?2) WHERE id = ?1";
        Ok(self.0.touch(sql, id, at).await?)
    }
}

impl Db {
    /// The later of both times: touches may overtake one another. And always another one,
    /// for two touches within a millisecond are two versions.
    async fn touch(&self, sql: &'static str, id: &str, at: SystemTime) -> Result<(), BlogError> {
        let id = id.to_owned();
        self.run(move |connection| {
            // SQLite reads a text as the number that it is, where it is compared with one.
            connection.prepare_cached(sql)?.execute((id, millis(at)))?;
            Ok(())
        })
        .await
    }
}

pub(super) fn millis(at: SystemTime) -> i64 {
    let since = at.duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[tokio::test]
    async fn a_touch_moves_one_row_and_never_backwards() {
        let db = Db::open().unwrap();
        let articles = Articles(db.clone());
        let second = |seconds| UNIX_EPOCH + Duration::from_secs(seconds);
        let time = async |id| db.article(id).await.unwrap().updated_at;
        articles.touch("2", second(5)).await.unwrap();
        assert_eq!((time(1).await, time(2).await), (0, 5_000));
        for later in [5_001, 5_002] {
            articles.touch("2", second(3)).await.unwrap();
            assert_eq!(time(2).await, later, "two touches are two versions");
        }
        // A row that is gone, or never was, is no error: nobody would be helped by another try.
        articles.touch("99", second(5)).await.unwrap();
        assert_eq!(articles.parents_of("99").await.unwrap(), []);
        assert_eq!(
            articles.parents_of("2").await.unwrap(),
            [Parent::new("page", 1)]
        );
    }

    #[tokio::test]
    async fn an_id_is_never_read_as_a_statement() {
        let db = Db::open().unwrap();
        let pages = Pages(db.clone());
        pages.touch("1 OR 1 = 1", UNIX_EPOCH).await.unwrap();
        assert!(db.times().await.unwrap().iter().all(|(_, at)| *at == 0));
    }
}

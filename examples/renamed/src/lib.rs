//! A crate that knows `cacheflow` by another name, `memo`: every attribute and derive
//! works there as well.

use std::time::SystemTime;

use memo::{
    CacheKey, HasUpdatedAt, Parent, Template, cache_evict, cache_put, cache_update, cached,
    cached_fragment,
};

/// What a row is found by.
#[derive(Clone, Copy, CacheKey)]
pub struct Id(pub u64);

/// A row.
#[derive(Clone, HasUpdatedAt, serde::Serialize, serde::Deserialize)]
pub struct Row {
    /// Its text.
    pub text: String,
    updated_at: SystemTime,
}

impl Row {
    /// A row of now.
    #[must_use]
    pub fn new(text: &str) -> Self {
        Self {
            text: text.to_owned(),
            updated_at: SystemTime::now(),
        }
    }
}

const PAGE: Template = Template::new("<p>{{text}}</p>");

/// Finds a row.
///
/// # Errors
///
/// None.
#[cached(
    key = "{id}",
    tags = ["row:{result.text}"],
    depends_on = ["all:{id}"],
    refresh_ahead = 0.8,
    circuit_breaker(failures = 3)
)]
pub async fn find(id: Id) -> Result<Row, memo::Error> {
    Ok(Row::new(&format!("row {}", id.0)))
}

/// Renders a row.
///
/// # Errors
///
/// As [`find()`].
#[cached_fragment(key = "{id}", template = PAGE)]
pub async fn page(id: Id) -> Result<String, memo::Error> {
    let row = find(id).await?;
    Ok(PAGE
        .render([("text", &*row.text)])
        .expect("one place, one fragment"))
}

/// Doubles, in this process alone.
#[cached]
#[must_use]
pub fn double(n: u64) -> u64 {
    n * 2
}

/// Changes a row.
///
/// # Errors
///
/// None.
#[cache_put(find(id))]
pub async fn change(id: Id, text: &str) -> Result<Row, memo::Error> {
    Ok(Row::new(text))
}

/// Removes a row.
#[cache_evict(find(id), key = "all:{id}")]
pub async fn remove(id: Id) {}

/// Adds to a row.
#[cache_update(parent = "row:{id.0}")]
pub async fn add(id: Id) {}

/// The row that `add` touches.
#[must_use]
pub fn touched(id: Id) -> Parent {
    Parent::new("row", id.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn all_of_them_work_under_another_name() {
        let id = Id(7);
        assert_eq!(page(id).await.unwrap(), "<p>row 7</p>");
        assert_eq!(change(id, "changed").await.unwrap().text, "changed");
        assert_eq!(find::peek(id).unwrap().value.text, "changed");
        assert_eq!(page(id).await.unwrap(), "<p>changed</p>");
        remove(id).await;
        assert!(find::peek(id).is_none() && page::peek(id).is_none());
        add(id).await;
        assert_eq!(touched(id).to_string(), "row:7");
        assert_eq!((double(4), double(4)), (8, 8));
    }
}

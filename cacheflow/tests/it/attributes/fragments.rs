//! Fragments: keys that carry a template's digest or a version, and what is made of what.

use std::time::{Duration, SystemTime};

use cacheflow::{CacheFlow, HasUpdatedAt, Template, cached, cached_fragment};

use super::Source;
use crate::support::alone;

const ARTICLE: Template = Template::new("<article>{{comments}}</article>");
const ARTICLE_AS_IT_WAS: Template = Template::new("<div>{{comments}}</div>");

#[cached_fragment(cache = "comments", key = "{id}", flow = flow)]
async fn comments(flow: &CacheFlow, source: &Source, id: u64) -> Result<String, String> {
    match id {
        0 => Err("no comments".to_owned()),
        _ => Ok(format!("comments {}", source.user(id).asked)),
    }
}

#[cached_fragment(cache = "articles", key = "{id}", flow = flow, template = ARTICLE)]
async fn article(flow: &CacheFlow, source: &Source, id: u64) -> Result<String, String> {
    let comments = comments(flow, source, id).await?;
    let rendered = ARTICLE.render([("comments", &*comments)]);
    rendered.map_err(|error| error.to_string())
}

#[cached_fragment(cache = "articles", key = "{id}", flow = flow, template = ARTICLE_AS_IT_WAS)]
async fn article_of_the_last_release(
    flow: &CacheFlow,
    source: &Source,
    id: u64,
) -> Result<String, String> {
    let comments = comments(flow, source, id).await?;
    let rendered = ARTICLE_AS_IT_WAS.render([("comments", &*comments)]);
    rendered.map_err(|error| error.to_string())
}

#[cached_fragment(cache = "pages", key = "all", skip(flow, source), flow = flow)]
async fn page(flow: &CacheFlow, source: &Source) -> Result<String, String> {
    let (first, second) = (article(flow, source, 1), article(flow, source, 2));
    Ok(format!("<main>{}{}</main>", first.await?, second.await?))
}

#[tokio::test]
async fn a_page_is_made_of_articles_that_are_made_of_comments() {
    let (flow, source) = (alone().await, Source::default());
    let article_of = |n| format!("<article>comments {n}</article>");
    let page_of = |a, b| format!("<main>{}{}</main>", article_of(a), article_of(b));
    let render = async || page(&flow, &source).await.unwrap();
    assert_eq!(render().await, page_of(1, 2));
    assert_eq!(render().await, page_of(1, 2));
    // The innermost goes, and what was made of it: the page, and one article of two.
    let _ = comments::invalidate(&flow, 2).await.unwrap();
    assert!(page::peek(&flow).is_none() && article::peek(&flow, 2).is_none());
    assert!(article::peek(&flow, 1).is_some());
    assert_eq!(render().await, page_of(1, 3));
}

/// No page is kept with a hole in it.
#[tokio::test]
async fn what_cannot_be_rendered_is_kept_nowhere() {
    let (flow, source) = (alone().await, Source::default());
    for _ in 0..2 {
        let error = article(&flow, &source, 0).await.unwrap_err();
        assert_eq!(error, "no comments");
        assert!(article::peek(&flow, 0).is_none());
    }
}

#[tokio::test]
async fn another_template_is_another_key() {
    let (flow, source) = (alone().await, Source::default());
    let now = article(&flow, &source, 1).await.unwrap();
    let before = article_of_the_last_release(&flow, &source, 1)
        .await
        .unwrap();
    assert_eq!(
        (&*now, &*before),
        ("<article>comments 1</article>", "<div>comments 1</div>")
    );
    let (now, before) = (
        article::key(&flow, 1),
        article_of_the_last_release::key(&flow, 1),
    );
    let digest = format!("articles:1:{:016x}", ARTICLE.digest());
    assert_eq!(now.as_str(), digest);
    assert_ne!(now, before);
}

#[derive(HasUpdatedAt)]
struct Row {
    id: u64,
    updated_at: SystemTime,
}

#[cached(cache = "rows", key = "{row.id}", versioned(row, parent), flow = flow)]
async fn versioned(flow: &CacheFlow, source: &Source, row: &Row, parent: &Row) -> u64 {
    source.user(row.id + parent.id).asked
}

#[tokio::test]
async fn a_versioned_key_needs_no_invalidation() {
    let (flow, source) = (alone().await, Source::default());
    let at = |seconds| SystemTime::UNIX_EPOCH + Duration::from_secs(seconds);
    let (mut row, mut parent) = (
        Row {
            id: 1,
            updated_at: at(10),
        },
        Row {
            id: 2,
            updated_at: at(20),
        },
    );
    assert_eq!(versioned(&flow, &source, &row, &parent).await, 1);
    row.updated_at = at(15);
    assert_eq!(
        versioned(&flow, &source, &row, &parent).await,
        1,
        "the newest counts"
    );
    row.updated_at = at(30);
    assert_eq!(versioned(&flow, &source, &row, &parent).await, 2);
    parent.updated_at = at(40);
    assert_eq!(versioned(&flow, &source, &row, &parent).await, 3);
}

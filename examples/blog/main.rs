//! Blog: a service that is cached by attributes alone, in three levels of Russian dolls.
//!
//! ```text
//! cargo run --example blog
//! cargo run --example blog -- --redis redis://127.0.0.1:6379
//! ```
//!
//! A page is made of articles, and an article of comments; both show their author's name. After
//! each change the page is read again. It must be what is made without a cache, and of exactly
//! those fragments anew that the change is in: one too many or too few fails the example.
//!
//! | file | what |
//! |---|---|
//! | `reads.rs` | `#[cached]`: the rows |
//! | `fragments.rs` | `#[cached_fragment]`: what is made of them |
//! | `changes.rs` | `#[cache_put]`, `#[cache_evict]`, `#[cache_update]` |
//! | `db/touch.rs` | `ParentToucher`: moves `updated_at` in SQLite |
//! | `uncached.rs` | the page without a cache |

mod blog;
mod changes;
mod db;
mod error;
mod fragments;
mod html;
mod reads;
mod rows;
mod uncached;

use std::time::Duration;

use anyhow::{Result, ensure};
use cacheflow::CacheFlow;
use cacheflow_examples::Story;
use cacheflow_redis::RedisBackend;
use cacheflow_testkit::eventually;
use clap::Parser;

use blog::Blog;
use db::{Articles, Db, Pages};

/// A bound against hanging.
const WITHIN: Duration = Duration::from_secs(60);

/// The page that is read.
const PAGE: u64 = 1;

#[derive(Parser)]
struct Args {
    /// A store behind the memory, which other instances would share.
    #[arg(long, value_name = "URL")]
    redis: Option<String>,
}

#[tokio::main]
async fn main() -> Result<()> {
    let db = Db::open()?;
    let flow = flow(Args::parse().redis, &db).await?;
    // The attributes name no flow, and take this one.
    flow.install_global()?;
    let mut told = Told {
        times: db.times().await?,
        blog: Blog::new(db),
        story: Story::default(),
    };
    changes(&mut told).await?;
    flow.shutdown(WITHIN).await?;
    Ok(())
}

async fn flow(redis: Option<String>, db: &Db) -> Result<CacheFlow> {
    let builder = CacheFlow::builder()
        // Another for each run: what an earlier one left in Redis is not this one's.
        .namespace(format!("blog-{}", std::process::id()))
        .toucher(Articles(db.clone()))
        .toucher(Pages(db.clone()));
    let Some(url) = redis else {
        return Ok(builder.build().await?);
    };
    let builder = builder
        .backend(RedisBackend::open(&url)?)
        .operation_budget(Duration::from_secs(5));
    let flow = builder.build().await?;
    // Until it hears the news, a node serves nothing from memory.
    let hears = async || flow.health().is_good();
    eventually("the node hears the news", WITHIN, hears).await;
    Ok(flow)
}

/// One change after the other, with what it is in.
async fn changes(told: &mut Told) -> Result<()> {
    const NOTHING: &[&str] = &[];
    let all = &[
        "article 1",
        "article 2",
        "article 3",
        "comment 1",
        "comment 2",
        "comment 3",
        "comment 4",
        "page 1",
    ];
    told.step("read the page", all, NOTHING).await?;
    told.step("read it again", NOTHING, NOTHING).await?;

    changes::edit_comment(&told.blog, 2, "Faster than by hand?").await?;
    let dolls = &["article 1", "comment 2", "page 1"];
    told.step("edit comment 2, on article 1", dolls, dolls)
        .await?;

    let added = changes::add_comment(&told.blog, 2, 3, "<b>Well done</b>").await?;
    ensure!(added.id == 5, "it is comment {}", added.id);
    let dolls = &["article 2", "comment 5", "page 1"];
    told.step("add comment 5, on article 2", dolls, dolls)
        .await?;

    changes::delete_comment(&told.blog, 4).await?;
    let dolls = &["article 3", "page 1"];
    told.step("delete comment 4, on article 3", dolls, dolls)
        .await?;

    // Her name stands above article 1, and in a comment on article 2. No row is a part of her.
    changes::rename_author(&told.blog, 1, "Ada Lovelace").await?;
    let dolls = &["article 1", "article 2", "comment 3", "page 1"];
    told.step("rename author 1", dolls, NOTHING).await?;

    changes::edit_article(&told.blog, 3, "What must hold, holds.").await?;
    let dolls = &["article 3", "page 1"];
    told.step("edit article 3", dolls, dolls).await?;

    let missing = changes::edit_comment(&told.blog, 4, "Not agreed.").await;
    ensure!(missing.is_err(), "comment 4 is there");
    told.step("edit comment 4, which is gone", NOTHING, NOTHING)
        .await?;
    told.step("touch nothing", NOTHING, NOTHING).await
}

/// The blog, and what was told of it.
struct Told {
    blog: Blog,
    story: Story,
    /// When each row was last changed, as of the last step.
    times: Vec<(String, i64)>,
}

impl Told {
    /// Reads the page after a change, and tells what was made anew for it, and which rows have another
    /// `updated_at`.
    async fn step(&mut self, what: &str, built: &[&str], moved: &[&str]) -> Result<()> {
        let page = fragments::page_fragment(&self.blog, PAGE).await?;
        let has_built = self.blog.built();
        let has_moved = self.moved().await?;
        let shown = |rows: &[String]| match rows {
            [] => "nothing".to_owned(),
            rows => rows.join(", "),
        };
        self.story.step(
            what,
            format!(
                "made anew: {}; touched: {}",
                shown(&has_built),
                shown(&has_moved)
            ),
        );
        ensure!(has_built == built, "{what}: to be made anew is {built:?}");
        ensure!(has_moved == moved, "{what}: to be touched is {moved:?}");
        let uncached = uncached::page(&self.blog.db, PAGE).await?;
        ensure!(
            page == uncached,
            "{what}: the page is\n{page}\nand not\n{uncached}"
        );
        Ok(())
    }

    /// The rows that are new, or have another `updated_at`, since this was last asked.
    async fn moved(&mut self) -> Result<Vec<String>> {
        let times = self.blog.db.times().await?;
        let before = std::mem::replace(&mut self.times, times);
        let moved = self.times.iter().filter(|row| !before.contains(row));
        let mut moved: Vec<_> = moved.map(|(row, _)| row.clone()).collect();
        moved.sort();
        Ok(moved)
    }
}

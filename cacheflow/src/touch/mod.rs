//! Russian dolls: a row has changed, so its parents are touched, up the whole chain.
//!
//! A page is made of posts, and a post of comments. When a comment changes, the
//! `updated_at` of its post has to move, and that of the page, in their source; and
//! whatever was made of them has to be forgotten.
//! [`CacheFlow::touch`](crate::CacheFlow::touch) does both: it asks a
//! [`ParentToucher`] for each row, goes on with the parents of that row, and at the
//! end forgets all of them at once:
//!
//! ```text
//!  changed          touched, in the source                 forgotten, everywhere
//!
//!  comment:5 ──▶ post:3 ──▶ page:1                     entry   post:3   page:1
//!                      └──▶ author:8                   tag     post:3   page:1
//!                                                      keys(…) of each toucher
//!                                                      and all that was made of these
//! ```
//!
//! ```
//! use cacheflow::{BoxError, Cache, CacheFlow, Parent, ParentToucher, SetUpdatedAt};
//! # use cacheflow::HasUpdatedAt;
//! use std::collections::HashMap;
//! use std::sync::{Arc, Mutex};
//! use std::time::SystemTime;
//!
//! #[derive(Clone, HasUpdatedAt)]
//! struct Post { page: u64, updated_at: SystemTime }
//!
//! struct Posts(Arc<Mutex<HashMap<String, Post>>>);
//!
//! #[async_trait::async_trait]
//! impl ParentToucher for Posts {
//!     fn entity(&self) -> &str { "post" }
//!
//!     async fn touch(&self, id: &str, at: SystemTime) -> Result<(), BoxError> {
//!         // UPDATE posts SET updated_at = greatest(updated_at, $at) WHERE id = $id
//!         self.0.lock().unwrap().get_mut(id).ok_or("no such post")?.touch(at);
//!         Ok(())
//!     }
//!
//!     async fn parents_of(&self, id: &str) -> Result<Vec<Parent>, BoxError> {
//!         let posts = self.0.lock().unwrap();
//!         Ok(posts.get(id).map(|post| Parent::new("page", post.page)).into_iter().collect())
//!     }
//! }
//!
//! # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let start = SystemTime::UNIX_EPOCH;
//! # let posts = Arc::new(Mutex::new(HashMap::from([("3".to_owned(), Post { page: 1, updated_at: start })])));
//! # struct Pages;
//! # #[async_trait::async_trait]
//! # impl ParentToucher for Pages {
//! #     fn entity(&self) -> &str { "page" }
//! #     async fn touch(&self, _: &str, _: SystemTime) -> Result<(), BoxError> { Ok(()) }
//! # }
//! let flow = CacheFlow::builder()
//!     .toucher(Posts(Arc::clone(&posts)))
//!     .toucher(Pages)
//!     .build()
//!     .await?;
//! let pages: Cache<u64, String> = flow.cache("page").build()?;
//! let _ = pages.put(&1, "<h1>…</h1>".to_owned()).await?;
//!
//! // A comment of post 3 was changed, and that is committed.
//! let touched = flow.touch([Parent::new("post", 3)]).await?;
//! assert_eq!(touched.touched, [Parent::new("post", 3), Parent::new("page", 1)]);
//! assert!(posts.lock().unwrap()["3"].updated_at() > start);
//! assert!(!pages.contains(&1).await);
//! # Ok(()) }
//! ```
//!
//! # What is forgotten
//!
//! Of every row of the chain, as one change:
//!
//! | what | for `user:7` |
//! |---|---|
//! | the entry in the cache that is called like the entity | `7` of `user`, the number and the text |
//! | the tag | `user:7`, with the id as it is, and as it is written in keys: `user:a b` and `user:a%20b` |
//! | [`ParentToucher::keys`] | what you say |
//! | all that was made of these | what read them, and what declared to depend on them |
//!
//! Nothing is searched for: `user:12` is not `user:123`, and whatever stands in an id is
//! an id.
//!
//! # When a toucher fails
//!
//! An error, a panic, or a call that takes longer than its
//! [`timeout`](ParentToucher::timeout) is no error of `touch`: the rest of the chain
//! is touched, and all that is known of it forgotten. [`Touched::failed`] names the
//! row, and [`Event::TouchFailed`](crate::Event) tells of it. It is tried again in
//! the background, [`TRIES`] times in all, with pauses that grow; after each try the
//! chain above it is forgotten again, for readers have filled it in between
//! with the `updated_at` that had not moved. A shutdown waits for that. After the last
//! try, or if more than [`MAX_OWED`] rows wait, it is given up
//! ([`Event::TouchLost`](crate::Event)).
//!
//! # Bounds
//!
//! | constant | bounds |
//! |---|---|
//! | [`MAX_DEPTH`] | how many generations of a chain are touched; the next one is only forgotten |
//! | [`MAX_ROWS`] | how many rows one touch reaches |
//! | [`MAX_OWED`] | how many rows wait to be tried again |
//!
//! What goes beyond is told ([`Touched::cut_short`]), never passed over in silence.
//!
//! # What is not promised
//!
//! That the rows and the change are one transaction: whoever wants that touches the
//! parents in it, and calls `touch` for what is to be forgotten. That what is tried
//! again outlives the process. That `updated_at` never moves backwards: `at` is this
//! machine's clock, and only the source can compare.

mod ask;
mod chain;
mod forgotten;
mod heal;
mod owed;
mod pass;
mod toucher;
mod touchers;

pub use chain::{MAX_DEPTH, MAX_ROWS};
pub(crate) use heal::Touching;
pub use owed::{MAX_OWED, TRIES};
pub use pass::Touched;
pub use toucher::ParentToucher;
pub(crate) use touchers::Touchers;

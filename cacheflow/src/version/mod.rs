//! When a value was last changed, and that as a part of keys.
//!
//! A key that carries the version of what its value is made of needs no
//! invalidation: after a change the same question has another key, and what lies
//! under the old one dies of its age.
//!
//! ```
//! use cacheflow::{CacheFlow, HasUpdatedAt, Version};
//! use std::time::{Duration, SystemTime};
//!
//! #[derive(HasUpdatedAt)]
//! struct Post { id: u64, text: String, updated_at: SystemTime }
//!
//! #[derive(HasUpdatedAt)]
//! struct Comment { text: String, #[updated_at(millis)] changed: i64 }
//!
//! # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let flow = CacheFlow::builder().build().await?;
//! let pages = flow.cache::<(u64, Version), String>("pages").build()?;
//! let at = SystemTime::UNIX_EPOCH + Duration::from_secs(1_767_225_600);
//! let post = Post { id: 7, text: "Hello".into(), updated_at: at };
//! let comment = Comment { text: "World".into(), changed: 1_767_225_600_500 };
//!
//! let version = Version::latest([&post, &comment]);
//! let key = (post.id, version);
//! assert_eq!(pages.full_key(&key).as_str(), "pages:7:1767225600500000");
//! # let page = pages.get_or_load(&key, async || Ok::<_, std::io::Error>(format!("{} {}", post.text, comment.text))).await?;
//! # assert_eq!(page, "Hello World");
//! # Ok(()) }
//! ```
//!
//! Not promised: that a version tells of what was *removed*. The latest of the
//! comments that are left is older than the one that is gone; so let a change of a
//! part [touch](crate::touch) the whole, and take the version of the whole
//! along. Changes within one microsecond have one version.

mod convert;
mod latest;
mod updated_at;

#[doc(hidden)]
pub use convert::{UnixMillis, UnixSeconds, UpdatedAtField};
pub use latest::Version;
pub use updated_at::{HasUpdatedAt, SetUpdatedAt};

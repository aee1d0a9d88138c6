//! A row that has changed on one node: what it is a part of goes on the other.

use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::SystemTime;

use async_trait::async_trait;
use cacheflow::{Applied, BoxError, Cache, Parent, ParentToucher, Template, Version};
use cacheflow_testkit::{RedisServer, eventually};

use crate::world::{BOUND, Node, PREFIX, builder, bytes_of};

const PAGE: Template = Template::new("<h1>{{title}}</h1>{{post}}");

/// The table `posts`, of pages: post 3 is a part of page 1. It counts its touches.
struct Posts(Arc<AtomicU64>);

/// The table `pages`.
struct Pages(Arc<AtomicU64>);

#[async_trait]
impl ParentToucher for Posts {
    fn entity(&self) -> &str {
        "post"
    }

    async fn touch(&self, _: &str, at: SystemTime) -> Result<(), BoxError> {
        self.0.store(micros(at), Ordering::SeqCst);
        Ok(())
    }

    async fn parents_of(&self, id: &str) -> Result<Vec<Parent>, BoxError> {
        assert_eq!(id, "3");
        Ok(vec![Parent::new("page", 1)])
    }
}

#[async_trait]
impl ParentToucher for Pages {
    fn entity(&self) -> &str {
        "page"
    }

    async fn touch(&self, _: &str, at: SystemTime) -> Result<(), BoxError> {
        self.0.store(micros(at), Ordering::SeqCst);
        Ok(())
    }
}

fn micros(at: SystemTime) -> u64 {
    Version::at(at).to_string().parse().unwrap()
}

/// When the post and the page were last touched.
#[derive(Clone, Default)]
struct Source {
    post: Arc<AtomicU64>,
    page: Arc<AtomicU64>,
}

impl Source {
    async fn node(&self, server: &RedisServer) -> Node {
        let builder = builder(&server.url())
            .toucher(Posts(Arc::clone(&self.post)))
            .toucher(Pages(Arc::clone(&self.page)));
        Node::ready_as(builder).await
    }

    /// The page as it is shown: of the fragment of its post, and its own title.
    async fn shown(&self, node: &Node) -> String {
        let (pages, fragments) = caches(node);
        let read = |at: &AtomicU64| at.load(Ordering::SeqCst).to_string();
        let loaded = pages.get_or_load(&1, async || {
            let post = fragments.get_or_load(&3, async || Ok::<_, Infallible>(read(&self.post)));
            let post = post.await.unwrap();
            let fragments = [("title", read(&self.page)), ("post", post)];
            Ok::<_, Infallible>(PAGE.render(fragments).unwrap())
        });
        loaded.await.unwrap()
    }
}

/// The pages, in a cache that is called otherwise than the entity, and the fragments of
/// posts.
fn caches(node: &Node) -> (Cache<u64, String>, Cache<u64, String>) {
    let pages = node.flow.cache("pages").build().unwrap();
    (pages, node.flow.cache("post").build().unwrap())
}

#[tokio::test]
async fn a_touch_on_one_node_forgets_the_fragments_of_the_other() {
    let (server, source) = (RedisServer::start().await, Source::default());
    let (a, b) = (source.node(&server).await, source.node(&server).await);
    assert_eq!(source.shown(&a).await, "<h1>0</h1>0");
    let stored = async |key: &str| bytes_of(&server, &format!("{PREFIX}{key}")).await;
    eventually("Redis has the page", BOUND, async || {
        stored("pages:1").await.is_some() && stored("post:3").await.is_some()
    })
    .await;
    assert_eq!(source.shown(&b).await, "<h1>0</h1>0");
    let (pages, fragments) = caches(&b);
    assert_eq!(fragments.get(&3).await.as_deref(), Some("0"));

    let touched = a.flow.touch([Parent::new("post", 3)]).await.unwrap();
    assert_eq!(touched.applied, Applied::Recorded);
    let both = [Parent::new("post", 3), Parent::new("page", 1)];
    assert_eq!(touched.touched, both);
    let at = source.post.load(Ordering::SeqCst);
    assert!(at > 0);
    b.has_heard(&a).await;
    assert_eq!((pages.peek(&1), fragments.peek(&3)), (None, None));
    assert_eq!(
        (stored("pages:1").await, stored("post:3").await),
        (None, None)
    );
    for node in [&b, &a] {
        assert_eq!(source.shown(node).await, format!("<h1>{at}</h1>{at}"));
    }
}

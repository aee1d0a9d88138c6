//! What a flow tells of itself.

use super::{CacheFlow, FlowStats};
use crate::event::Events;

impl CacheFlow {
    /// Listens to what happens in the flow from now on.
    ///
    /// ```
    /// # use cacheflow::{Cache, CacheFlow, Event, Evicted};
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let flow = CacheFlow::builder().build().await?;
    /// # let users: Cache<u64, String> = flow.cache("users").max_entries(1).build()?;
    /// let mut events = flow.events();
    /// # for id in 0..100 { let _ = users.put(&id, "Ada".to_owned()).await?; }
    /// # let _ = users.stats();
    /// # let evicted =
    /// tokio::spawn(async move {
    ///     while let Some(event) = events.next().await {
    ///         match event {
    ///             Ok(Event::Evicted { cache, key, cause: Evicted::Size }) if cache.as_str() == "users" => {
    ///                 println!("no room for {key}");
    /// #               return true;
    ///             }
    ///             Ok(_) => {}
    ///             Err(lost) => println!("too slow: {lost} events are lost"),
    ///         }
    ///     }
    /// #   false
    /// });
    /// # assert!(evicted.await?);
    /// # Ok(()) }
    /// ```
    ///
    /// Events are told to who listens; without a listener none is made. One who is slow
    /// loses the oldest and is told how many; nobody waits for a listener.
    #[must_use]
    pub fn events(&self) -> Events {
        self.0.events.listen()
    }

    /// What the flow has done on this node since it was built: all its caches, its
    /// breakers, its bus, its connections.
    ///
    /// ```
    /// # use cacheflow::{Cache, CacheFlow};
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let flow = CacheFlow::builder().build().await?;
    /// # let users: Cache<u64, String> = flow.cache("users").build()?;
    /// # let _ = users.get(&7).await;
    /// let stats = flow.stats();
    /// println!("{stats}");
    /// if stats.caches["users"].hit_rate() < 0.5 {
    ///     println!("memory earns little");
    /// }
    /// # Ok(()) }
    /// ```
    ///
    /// Counts, and frees what has expired, of every cache: of use every few seconds,
    /// not for each request.
    #[must_use]
    pub fn stats(&self) -> FlowStats {
        FlowStats::of(&self.0)
    }
}

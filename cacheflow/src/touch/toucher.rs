//! What touches the rows of one entity.

use std::time::{Duration, SystemTime};

use async_trait::async_trait;

use crate::error::BoxError;
use crate::key::{FullKey, Parent};

/// Touches the rows of one entity in their source, and knows what they are a part of.
///
/// One for each entity, given to [`FlowBuilder::toucher`](crate::FlowBuilder::toucher).
/// For an example see [`touch`](crate::touch).
#[async_trait]
pub trait ParentToucher: Send + Sync + 'static {
    /// The entity's name, as it stands before the colon of `user:7`: 1 to 128 of
    /// `[A-Za-z0-9_.@-]`. Asked once, when the flow is built.
    fn entity(&self) -> &str;

    /// Moves the `updated_at` of the row `id` to `at`, and returns when that is
    /// committed. `id` is text from wherever the caller has it: bind it, never write it
    /// into a statement.
    ///
    /// Called once for each row and touch, and again if it fails: it must do no harm
    /// twice. `at` is one instant for all rows of a chain; a later try has a later one.
    /// Where clocks differ, or touches overtake one another, only the source
    /// can see to it that the row does not move backwards
    /// (`greatest(updated_at, $at)`). A row that is not there any more is no error.
    ///
    /// # Errors
    ///
    /// Any: the row is tried again.
    ///
    /// # Cancellation
    ///
    /// Dropped when its [`timeout`](Self::timeout) is over.
    async fn touch(&self, id: &str, at: SystemTime) -> Result<(), BoxError>;

    /// The rows that the row `id` is a part of in turn; none without a method of your
    /// own. Asked after the row was touched, even if that has failed.
    ///
    /// # Errors
    ///
    /// Any: the row is tried again, with the whole chain above it.
    ///
    /// # Cancellation
    ///
    /// As [`touch`](Self::touch).
    async fn parents_of(&self, id: &str) -> Result<Vec<Parent>, BoxError> {
        let _ = id;
        Ok(Vec::new())
    }

    /// Further entries that are made of the row `id`, and are to be forgotten with it:
    /// those that neither lie in the cache that is called like the entity nor carry
    /// its tag. [`Cache::full_key`](crate::Cache::full_key) tells one.
    fn keys(&self, id: &str) -> Vec<FullKey> {
        let _ = id;
        Vec::new()
    }

    /// The longest that one call of [`touch`](Self::touch) or
    /// [`parents_of`](Self::parents_of) may take: 5 s without a method of your own, 1 ms
    /// to 1 min. Asked once, when the flow is built. Outside of a tokio runtime there is no
    /// timer, and it takes as long as it takes.
    fn timeout(&self) -> Duration {
        Duration::from_secs(5)
    }
}

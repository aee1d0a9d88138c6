//! A cache of texts, as each candidate has it.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

/// How long everything is kept; nothing expires while it is measured.
pub const TTL: Duration = Duration::from_secs(3600);

/// What is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation {
    /// Reads what lies in Redis, and not in memory.
    Hit,
    /// Finds nothing, loads, and keeps.
    Miss,
    /// Keeps a value.
    Put,
    /// Keeps a value that can be forgotten by a tag.
    TaggedPut,
    /// Reads a hundred values at once.
    GetMany,
    /// Forgets a value.
    Invalidate,
}

/// One call of an operation.
#[derive(Clone, Debug)]
pub struct Call {
    /// Of one key, or of those that are read at once.
    pub keys: Vec<String>,
    /// What is kept under it, or loaded.
    pub text: Arc<str>,
    /// The tag of a tagged put.
    pub tag: String,
}

impl Call {
    /// The key, where there is one.
    pub(super) fn key(&self) -> &str {
        &self.keys[0]
    }
}

/// One instance of a service with a cache of texts in Redis. What fails ends the
/// bench.
pub trait Peer: Send + Sync + Sized + 'static {
    /// What tables call it.
    const NAME: &'static str;
    /// The crate whose version tables name.
    const CRATE: &'static str;
    /// What it can do.
    const CAN: &'static [Operation];

    /// An instance on the server at `url`, ready to work.
    fn connect(url: &str) -> impl Future<Output = Self> + Send;

    /// From here on nothing that was read before lies in memory.
    fn forget_memory(&self) -> impl Future<Output = ()> + Send {
        async {}
    }

    /// Does it once. How many bytes were read, 0 if it reads nothing.
    fn call(&self, operation: Operation, call: &Call) -> impl Future<Output = usize> + Send;
}

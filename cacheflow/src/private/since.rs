//! Where a node stood before a function ran.

use crate::flow::CacheFlow;
use crate::standing::AsOf;

/// Taken before a body runs that changes the source, for keys that are known only from
/// its result, such as that of a new row.
///
/// Between the commit and the end of the body another may change the row, put or forget
/// its key, and be done. An entry that is begun with the result alone would stand
/// *after* that, and put the older value over the newer one, or revive what was
/// forgotten. So the entry is moved back to here, and what came since counts
/// against it.
#[derive(Debug)]
pub struct Since {
    pub(super) flow: CacheFlow,
    pub(super) as_of: AsOf,
}

impl Since {
    /// From now on.
    #[must_use]
    pub fn begin(flow: &CacheFlow) -> Self {
        Self {
            as_of: flow.standing().begin(std::time::Duration::ZERO),
            flow: flow.clone(),
        }
    }

    /// The flow whose place it is.
    #[must_use]
    pub fn flow(&self) -> &CacheFlow {
        &self.flow
    }
}

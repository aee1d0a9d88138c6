//! The flow in which attributes look that name none.

use std::sync::OnceLock;

use super::CacheFlow;
use crate::error::{Error, ErrorKind, Result};

static GLOBAL: OnceLock<CacheFlow> = OnceLock::new();

/// The installed flow, or one that works in this process alone.
pub(crate) fn global() -> &'static CacheFlow {
    GLOBAL.get_or_init(|| {
        CacheFlow::builder()
            .assemble()
            .expect("the default options are valid, which a test checks")
    })
}

/// The global flow, if there is one.
pub(crate) fn installed() -> Option<&'static CacheFlow> {
    GLOBAL.get()
}

pub(super) fn install(flow: CacheFlow) -> Result<()> {
    GLOBAL.set(flow).map_err(|_| {
        Error::new(
            ErrorKind::AlreadyInstalled,
            "install_global",
            "a flow was installed before, or an attributed function was called before and made one; install before the first call",
        )
    })
}

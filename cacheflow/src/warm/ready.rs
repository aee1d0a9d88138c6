//! Waiting until there is somebody who keeps what is warmed.

use std::time::Duration;

use crate::flow::CacheFlow;

/// How often it is looked.
const STEP: Duration = Duration::from_millis(10);

/// Until this node has heard from its backend: before that, nobody could tell what is
/// forgotten meanwhile, so that nothing would be kept.
pub(super) async fn ready(flow: &CacheFlow) {
    while !is_ready(flow) {
        tokio::time::sleep(STEP).await;
    }
}

fn is_ready(flow: &CacheFlow) -> bool {
    let standing = flow.standing();
    let is_trusted = flow.shared().is_none_or(|shared| shared.is_trusted());
    is_trusted && standing.position().is_some() && standing.is_open(flow.clock().now())
}

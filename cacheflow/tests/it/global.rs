//! The global flow. There is one for the whole process, so this is one test, and
//! no other may use it.

use cacheflow::{Cache, CacheFlow, ErrorKind, cached};

use crate::support::alone;

#[cached(cache = "global", key = "{id}")]
async fn global(id: u64, value: u64) -> u64 {
    value
}

#[tokio::test]
async fn the_first_flow_that_is_installed_is_the_global_one() {
    let (first, second) = (alone().await, alone().await);
    first.install_global().unwrap();
    for again in [&first, &second] {
        let error = again.install_global().unwrap_err();
        assert_eq!(
            (error.kind(), error.operation()),
            (ErrorKind::AlreadyInstalled, "install_global")
        );
    }
    assert_eq!((global(1, 10).await, global(1, 11).await), (10, 10));
    let here = |flow: &CacheFlow| -> Cache<u64, u64> { flow.cache("global").build().unwrap() };
    assert_eq!(here(&first).peek(&1).unwrap().value, 10);
    assert_eq!(here(&second).peek(&1), None);
    let _ = here(&first).invalidate(&1).await.unwrap();
    assert_eq!(global(1, 12).await, 12);
}

use std::time::{Duration, Instant};

use cacheflow_testkit::eventually;

const BOUND: Duration = Duration::from_secs(30);

#[tokio::test]
async fn looks_until_the_condition_holds() {
    let mut looks = 0;
    eventually("five looks", BOUND, async || {
        looks += 1;
        looks == 5
    })
    .await;
    assert_eq!(looks, 5);
}

#[tokio::test]
async fn looks_once_even_without_any_time() {
    eventually("what is so already", Duration::ZERO, async || true).await;
}

#[tokio::test]
async fn says_what_did_not_happen_and_where_it_was_waited_for() {
    let failed = tokio::spawn(async {
        eventually("pigs fly", Duration::from_millis(20), async || false).await;
    })
    .await
    .unwrap_err();
    let message = *failed.into_panic().downcast::<String>().unwrap();
    assert!(message.contains("pigs fly"), "{message}");
    assert!(message.contains(file!()), "{message}");
}

#[tokio::test]
#[should_panic(expected = "an answer from nobody")]
async fn a_condition_that_hangs_is_given_up() {
    eventually(
        "an answer from nobody",
        Duration::from_millis(20),
        std::future::pending::<bool>,
    )
    .await;
}

/// Under a paused clock every sleep is over at once; the bound must not be.
#[tokio::test(start_paused = true)]
async fn the_bound_is_in_real_time() {
    let holds_at = Instant::now() + Duration::from_millis(50);
    eventually("real time passes", BOUND, async || {
        Instant::now() >= holds_at
    })
    .await;
}

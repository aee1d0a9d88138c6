//! Dictionaries, from a cache's values to its readers.

use cacheflow::codec::{Compression, Dictionaries};
use cacheflow::{Cache, CacheFlow, ErrorKind};
use cacheflow_testkit::MemoryBackend;
use serde::{Deserialize, Serialize};

use crate::world::{NAME, flow};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Cart {
    customer: u64,
    currency: String,
    state: String,
    lines: Vec<(String, u32)>,
}

fn cart(number: u64) -> Cart {
    let article = |at| {
        (
            format!("article-{:05}", (number * 31 + at) % 1000),
            at as u32 + 1,
        )
    };
    Cart {
        customer: number,
        currency: "EUR".into(),
        state: ["open", "ordered", "delivered"][number as usize % 3].into(),
        lines: (0..number % 4).map(article).collect(),
    }
}

fn carts(flow: &CacheFlow, known: Dictionaries) -> Cache<u64, Cart> {
    let compression = Compression::zstd().dictionaries(known);
    flow.cache("users")
        .compression(compression)
        .build()
        .unwrap()
}

#[tokio::test]
async fn a_dictionary_is_trained_from_a_caches_values_and_old_readers_go_on() {
    let server = MemoryBackend::new();
    let teacher = flow(&server, |flow| flow).await;
    let plain = carts(&teacher, Dictionaries::default());
    for number in 0..500 {
        let load = async || Ok::<_, String>(cart(number));
        plain.get_or_load(&number, load).await.unwrap();
    }
    let before = server.value(NAME).unwrap().bytes.len();
    let one = plain.train_dictionary(1).unwrap();
    let two = plain.train_dictionary(2).unwrap();

    // Written with the first, read with both.
    let _ = plain.invalidate(&7).await.unwrap();
    let first = flow(&server, |flow| flow).await;
    let both = flow(&server, |flow| flow).await;
    let writer = carts(&first, Dictionaries::default().with(one.clone()));
    let reader = carts(&both, Dictionaries::default().with(one).with(two));
    let load = async || Ok::<_, String>(cart(7));
    writer.get_or_load(&7, load).await.unwrap();
    let after = server.value(NAME).unwrap().bytes.len();
    // Both have an envelope of 85 bytes.
    assert!((after - 85) * 2 < before - 85, "{before} → {after}");
    assert!(writer.stats().compression_ratio() < 0.5);
    let not_run = async || Err::<Cart, _>("not run".to_owned());
    assert_eq!(reader.get_or_load(&7, not_run).await.unwrap(), cart(7));

    // Written with the second: a miss for those who do not have it, and read by others.
    let _ = reader.put(&11, cart(11)).await.unwrap();
    assert_eq!(reader.get(&11).await, Some(cart(11)));
    assert_eq!(writer.get(&11).await, None);
    assert_eq!(writer.stats().unreadable, 1);
}

#[tokio::test]
async fn nothing_to_learn_from_is_told() {
    let flow = CacheFlow::builder().build().await.unwrap();
    let empty = carts(&flow, Dictionaries::default());
    let fault = empty.train_dictionary(1).unwrap_err();
    assert_eq!(fault.kind(), ErrorKind::InvalidConfig);
    assert!(fault.to_string().contains("no values in memory"), "{fault}");
}

//! Functions of one name in one module: of two types, of two traits, in two
//! functions, of two instances of a generic type.

#![deny(warnings)]

use cacheflow::{CacheFlow, cached};
use std::marker::PhantomData;

struct A;
struct B;
struct Generic<T>(PhantomData<T>);

impl A {
    #[cached(companions = false)]
    async fn load(id: u64) -> u64 {
        id + 10
    }
}

impl B {
    #[cached(companions = false)]
    async fn load(id: u64) -> u64 {
        id + 20
    }
}

trait First {
    async fn name(&self) -> u64;
}

trait Second {
    async fn name(&self) -> u64;
}

impl First for A {
    #[cached(key = "all")]
    async fn name(&self) -> u64 {
        1
    }
}

impl Second for A {
    #[cached(key = "all")]
    async fn name(&self) -> u64 {
        2
    }
}

async fn outer_one() -> u64 {
    #[cached]
    async fn inner() -> u64 {
        1
    }
    inner().await
}

async fn outer_two() -> u64 {
    #[cached]
    async fn inner() -> u64 {
        2
    }
    inner().await
}

impl<T> Generic<T> {
    #[cached(key = "all")]
    async fn method(&self) -> u64 {
        size_of::<T>() as u64
    }

    #[cached]
    async fn associated() -> u64 {
        Self::size()
    }

    /// Nothing in it but the `impl` around it says which type it belongs to.
    #[cached(companions = false)]
    async fn alone() -> u64 {
        size_of::<T>() as u64
    }

    fn size() -> u64 {
        size_of::<T>() as u64
    }
}

#[tokio::main]
async fn main() {
    let flow = CacheFlow::builder().build().await.unwrap();
    flow.install_global().unwrap();
    // Twice: the second time from the cache.
    for _ in 0..2 {
        assert_eq!((A::load(1).await, B::load(1).await), (11, 21));
        assert_eq!((First::name(&A).await, Second::name(&A).await), (1, 2));
        assert_eq!((outer_one().await, outer_two().await), (1, 2));
        assert_eq!(Generic::<u8>(PhantomData).method().await, 1);
        assert_eq!(Generic::<u16>(PhantomData).method().await, 2);
        assert_eq!(Generic::<u8>::associated().await, 1);
        assert_eq!(Generic::<u16>::associated().await, 2);
        assert_eq!(Generic::<u8>::alone().await, 1);
        assert_eq!(Generic::<u16>::alone().await, 2);
    }
}

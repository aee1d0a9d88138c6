//! A type that is named like `Result` and is another.

use cacheflow::cached;

#[derive(Clone, serde::Serialize, serde::Deserialize)]
struct Result<T>(T);

#[cached]
async fn f(id: u64) -> Result<u64> {
    Result(id)
}

fn main() {}

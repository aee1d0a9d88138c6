//! A cached function's future can be spawned like that of the function itself.

#![deny(warnings)]

use cacheflow::cached;
use std::cell::Cell;

struct Pool {
    name: String,
}

#[cached(skip(pool))]
async fn borrowed(pool: &Pool, name: &str, id: u64) -> Result<String, String> {
    std::future::ready(()).await;
    Ok(format!("{}{name}{id}", pool.name))
}

// Kept across no `.await`: `Cell` is `Send`, a reference to it is not.
#[cached(skip(count))]
async fn moved(count: Cell<u64>, id: u64) -> u64 {
    count.set(id);
    count.get()
}

fn spawn<F: Future + Send + 'static>(future: F) {
    drop(future);
}

fn main() {
    spawn(async {
        let pool = Pool {
            name: String::new(),
        };
        borrowed(&pool, "", 1).await
    });
    spawn(moved(Cell::new(1), 1));
}

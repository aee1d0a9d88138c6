//! The function looks at what is kept, which is what is in the `Option`.

use cacheflow::cached;

#[cached(validate = short)]
async fn name(id: u64) -> Option<String> {
    Some(id.to_string())
}

fn short(number: &u64) -> Result<(), String> {
    Err(number.to_string())
}

fn main() {
    drop(name(1));
}

//! Only functions are cached.

use cacheflow::cached;

#[cached]
struct Users;

fn main() {}

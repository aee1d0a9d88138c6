//! A template that is a text.

use cacheflow::cached_fragment;

#[cached_fragment(template = "<b>{{name}}</b>")]
async fn f(id: u64) -> String {
    id.to_string()
}

fn main() {}

//! What has no time of its last change, and the latest of nothing.

use cacheflow::Version;

struct Post;

fn main() {
    Version::latest([&Post]);
}

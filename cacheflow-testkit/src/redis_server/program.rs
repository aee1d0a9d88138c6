//! Which program is the server.

use std::env;
use std::path::PathBuf;

const NAMED_BY: &str = "TESTKIT_REDIS_SERVER";
const NAMES: [&str; 2] = ["redis-server", "valkey-server"];

/// The program, or a message that says how to come by one.
pub(super) fn find() -> Result<PathBuf, String> {
    if let Some(named) = env::var_os(NAMED_BY) {
        let named = PathBuf::from(named);
        return if named.is_file() {
            Ok(named)
        } else {
            Err(format!(
                "{NAMED_BY} names {}, which is no file",
                named.display()
            ))
        };
    }
    let path = env::var_os("PATH").unwrap_or_default();
    NAMES
        .iter()
        .flat_map(|name| env::split_paths(&path).map(move |folder| folder.join(name)))
        .find(|program| program.is_file())
        .ok_or_else(|| {
            format!(
                "found neither {} on the PATH; `cargo xtask test` installs a server, \
                 and {NAMED_BY} may name one",
                NAMES.join(" nor ")
            )
        })
}

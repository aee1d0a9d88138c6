//! Finding a server on this machine.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

/// The environment variable that names the server to use. `cargo xtask test` sets it for the tests
/// it runs, so that they use the server it found.
pub(crate) const SERVER_VARIABLE: &str = "TESTKIT_REDIS_SERVER";

const NAMES: [&str; 2] = ["redis-server", "valkey-server"];

/// A server that runs here, or `None` if there is none.
///
/// # Errors
///
/// If there is one that does not run, or if [`SERVER_VARIABLE`] names something that is no server:
/// who sets it wants that one and no other.
pub(super) fn find() -> Result<Option<PathBuf>> {
    if let Some(named) = std::env::var_os(SERVER_VARIABLE).filter(|named| !named.is_empty()) {
        let named = PathBuf::from(named);
        let version = version(&named).with_context(|| format!("{SERVER_VARIABLE} is of no use"))?;
        println!("{} ({version})", named.display());
        return Ok(Some(named));
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found = NAMES.iter().find_map(|name| on_path(name, &path));
    if let Some(server) = &found {
        println!("{} ({})", server.display(), version(server)?);
    }
    Ok(found)
}

/// Where `name` lies among the folders of `path`.
pub(super) fn on_path(name: &str, path: &OsStr) -> Option<PathBuf> {
    std::env::split_paths(path)
        .map(|folder| folder.join(name))
        .find(|file| file.is_file())
}

/// What the server says of itself, which proves that it runs on this machine.
fn version(server: &Path) -> Result<String> {
    let output = Command::new(server)
        .arg("--version")
        .stdin(Stdio::null())
        .output()
        .with_context(|| format!("{} cannot be started", server.display()))?;
    let said = String::from_utf8_lossy(&output.stdout);
    // "Redis server v=7.0.15 sha=…", "Valkey server v=8.0.1 sha=…"
    let version = said
        .split_whitespace()
        .find_map(|word| word.strip_prefix("v="));
    match version {
        Some(version) if output.status.success() => Ok(format!("version {version}")),
        _ => bail!(
            "`{} --version` does not answer as a redis-server does",
            server.display()
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_is_found_in_the_folder_of_path_that_has_it() {
        let path = std::env::join_paths(["/nowhere", env!("CARGO_MANIFEST_DIR")]).unwrap();
        let found = on_path("Cargo.toml", &path).unwrap();
        assert_eq!(
            found,
            Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml")
        );
        assert_eq!(on_path("Cargo.toml", OsStr::new("/nowhere")), None);
        assert_eq!(on_path("src", &path), None, "a folder is no program");
    }

    #[test]
    fn what_is_no_server_is_not_taken_for_one() {
        let cargo = PathBuf::from(std::env::var_os("CARGO").unwrap());
        let error = version(&cargo).unwrap_err().to_string();
        assert!(error.contains("does not answer"), "{error}");
    }
}

//! What the programs of this package share, beside what `cacheflow-benches` has.

pub mod remote;
pub mod traces;

/// Crate and version of a peer, as `Cargo.toml` pins it.
///
/// # Panics
///
/// If no peer has this name.
#[must_use]
pub fn version(name: &str) -> String {
    let lines = include_str!("../Cargo.toml").lines();
    let pinned = lines.filter_map(|line| line.split_once(" = "));
    let mut pinned = pinned.filter(|(found, _)| *found == name);
    let version = pinned.find_map(|(_, told)| told.split_once("\"=")?.1.split('"').next());
    let version = version.unwrap_or_else(|| panic!("`{name}` is no peer"));
    format!("{name} {version}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_those_of_the_manifest() {
        assert_eq!(version("dashmap"), "dashmap 6.2.1");
        assert_eq!(version("moka"), "moka 0.12.16");
    }
}

//! `cargo xtask msrv`: the stated `rust-version` against what the dependencies state.
//!
//! It does not prove that the crates compile with that Rust, which only that Rust could. It proves
//! what can be proved without: no dependency asks for a newer one, and clippy watches
//! (`incompatible_msrv`) that our own code uses nothing of the standard library that came later.

use std::collections::{HashMap, VecDeque};

use anyhow::{Context, Result, bail};

use crate::metadata::{Metadata, Package};
use crate::process;

/// Checks all published crates of the workspace.
///
/// # Errors
///
/// Names every dependency that needs a newer Rust, and the way by which it came in.
pub(crate) fn run() -> Result<()> {
    let metadata = Metadata::with_dependencies()?;
    let manifest = std::fs::read_to_string(process::root().join("Cargo.toml"))?;
    let mut faults = too_new(&metadata)?;
    if !lint_is_on(&manifest) {
        faults.push("Cargo.toml: clippy's `incompatible_msrv` is not switched on".into());
    }
    if faults.is_empty() {
        let published = metadata.members().filter(|(_, package)| package.published);
        println!(
            "the dependencies of {} crates agree with their rust-version",
            published.count()
        );
        return Ok(());
    }
    bail!(
        "the stated rust-version does not hold\n  {}",
        faults.join("\n  ")
    )
}

/// One line for each dependency of a published crate that declares a newer Rust than the crate.
fn too_new(metadata: &Metadata) -> Result<Vec<String>> {
    let mut faults = Vec::new();
    for (id, package) in metadata.members().filter(|(_, package)| package.published) {
        let Some(stated) = &package.rust_version else {
            faults.push(format!("{} states no rust-version", package.name));
            continue;
        };
        let ours = parse(stated)?;
        for way in ways(metadata, id) {
            let dependency = way[way.len() - 1];
            let Some(declared) = &dependency.rust_version else {
                continue;
            };
            if parse(declared).with_context(|| format!("in {}", dependency.name))? > ours {
                let way: Vec<_> = way.iter().map(|package| package.name.as_str()).collect();
                faults.push(format!(
                    "{} {} needs Rust {declared}, but {} states {stated} ({})",
                    dependency.name,
                    dependency.version,
                    package.name,
                    way.join(" -> "),
                ));
            }
        }
    }
    // The graph comes in no order; the report should.
    faults.sort();
    Ok(faults)
}

/// The shortest way from a package to each of its dependencies, direct or not.
fn ways<'m>(metadata: &'m Metadata, from: &'m str) -> Vec<Vec<&'m Package>> {
    let mut found: HashMap<&str, Vec<&Package>> = HashMap::new();
    found.insert(from, vec![&metadata.packages[from]]);
    let mut queue = VecDeque::from([from]);
    while let Some(id) = queue.pop_front() {
        let way = found[id].clone();
        for next in &metadata.packages[id].dependencies {
            if !found.contains_key(next.as_str()) {
                let package = &metadata.packages[next];
                found.insert(next, way.iter().copied().chain([package]).collect());
                queue.push_back(next);
            }
        }
    }
    found.remove(from);
    found.into_values().collect()
}

/// A `rust-version`, whose missing parts count as zero: `1.88` is `1.88.0`.
fn parse(version: &str) -> Result<[u64; 3]> {
    let mut parts = [0; 3];
    let mut given = version.split('.');
    for (part, text) in parts.iter_mut().zip(&mut given) {
        *part = text
            .parse()
            .with_context(|| format!("`{version}` is no rust-version"))?;
    }
    if given.next().is_some() {
        bail!("`{version}` is no rust-version");
    }
    Ok(parts)
}

fn lint_is_on(manifest: &str) -> bool {
    manifest
        .lines()
        .skip_while(|line| line.trim() != "[workspace.lints.clippy]")
        .skip(1)
        .take_while(|line| !line.trim_start().starts_with('['))
        .any(|line| line.starts_with("incompatible_msrv") && !line.contains("\"allow\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn package(name: &str, rust_version: Option<&str>, dependencies: &[&str]) -> Package {
        Package {
            name: name.into(),
            version: "1.0.0".into(),
            rust_version: rust_version.map(Into::into),
            published: true,
            features: Vec::new(),
            examples: Vec::new(),
            dependencies: dependencies.iter().map(|name| name.to_string()).collect(),
        }
    }

    /// The first package is the workspace's own.
    fn workspace(packages: Vec<Package>) -> Metadata {
        Metadata {
            members: vec![packages[0].name.clone()],
            packages: packages
                .into_iter()
                .map(|package| (package.name.clone(), package))
                .collect(),
            target_directory: "/t".into(),
        }
    }

    #[test]
    fn versions_compare_by_number_not_by_letter() {
        assert!(parse("1.100").unwrap() > parse("1.88").unwrap());
        assert!(parse("1.88.1").unwrap() > parse("1.88").unwrap());
        assert_eq!(parse("1.88").unwrap(), parse("1.88.0").unwrap());
        assert_eq!(parse("1").unwrap(), [1, 0, 0]);
    }

    #[test]
    fn what_is_no_version_is_refused() {
        for text in ["", "1.x", "1.88-nightly", "1.2.3.4"] {
            assert!(parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn an_indirect_dependency_that_is_too_new_is_named_with_its_way() {
        let metadata = workspace(vec![
            package("cacheflow", Some("1.88"), &["redis", "moka"]),
            package("redis", Some("1.85"), &["new"]),
            package("moka", None, &["redis"]),
            package("new", Some("1.90"), &[]),
        ]);
        assert_eq!(
            too_new(&metadata).unwrap(),
            ["new 1.0.0 needs Rust 1.90, but cacheflow states 1.88 (cacheflow -> redis -> new)"],
        );
    }

    #[test]
    fn dependencies_up_to_the_stated_version_pass() {
        let metadata = workspace(vec![
            package("cacheflow", Some("1.88"), &["redis", "old"]),
            package("redis", Some("1.88.0"), &["old"]),
            package("old", None, &[]),
        ]);
        assert!(too_new(&metadata).unwrap().is_empty());
    }

    #[test]
    fn unpublished_members_may_depend_on_anything() {
        let mut benches = package("cacheflow-benches", Some("1.88"), &["new"]);
        benches.published = false;
        let metadata = workspace(vec![benches, package("new", Some("1.90"), &[])]);
        assert!(too_new(&metadata).unwrap().is_empty());
    }

    #[test]
    fn a_published_crate_without_a_version_is_a_fault() {
        let metadata = workspace(vec![package("cacheflow", None, &[])]);
        assert_eq!(
            too_new(&metadata).unwrap(),
            ["cacheflow states no rust-version"]
        );
    }

    #[test]
    fn the_lint_counts_only_where_it_is_switched_on() {
        assert!(lint_is_on(
            "[workspace.lints.clippy]\nincompatible_msrv = \"warn\"\n"
        ));
        assert!(!lint_is_on(
            "[workspace.lints.clippy]\nincompatible_msrv = \"allow\"\n"
        ));
        assert!(!lint_is_on(
            "[workspace.lints.clippy]\n[x]\nincompatible_msrv = \"warn\"\n"
        ));
        assert!(!lint_is_on("# incompatible_msrv"));
    }
}

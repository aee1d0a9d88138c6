//! Packing the published crates and compiling them from their archives, as users will get them.
//!
//! `cargo package` can verify what it packed, but not reliably for crates that depend on one
//! another (cargo 1.95): it unpacks them below `CARGO_HOME` once and never again, so that the
//! second run compiles the sources of the first. Hence it only packs here, and the archives are
//! unpacked and compiled side by side.

use std::fmt::Write;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, Result};

use crate::metadata::{Metadata, Package};
use crate::process::{self, cargo};

/// Packs and compiles. Where `CI` is set, what is not committed is refused.
///
/// # Errors
///
/// If a crate cannot be packed, or does not compile from what was packed.
pub(crate) fn run() -> Result<()> {
    let metadata = Metadata::of_workspace()?;
    let published: Vec<_> = metadata
        .members()
        .map(|(_, package)| package)
        .filter(|package| package.published)
        .collect();
    let archives = metadata.target_directory.join("package");
    // What an earlier run left there, cargo would mix with what it packs now.
    if archives.exists() {
        fs::remove_dir_all(&archives)?;
    }
    pack(&published, &metadata.target_directory)?;

    let unpacked = archives.join("unpacked");
    fs::create_dir_all(&unpacked)?;
    for package in &published {
        unpack(
            &archives.join(format!("{}.crate", folder(package))),
            &unpacked,
        )?;
    }
    fs::write(unpacked.join("Cargo.toml"), workspace_of(&published))?;
    // The same versions of all dependencies, which are compiled already.
    fs::copy(
        process::root().join("Cargo.lock"),
        unpacked.join("Cargo.lock"),
    )?;
    for package in &published {
        // One by one, as their users do: together, one could live on the features of another.
        let mut command = cargo(&["build", "--package", &package.name, "--target-dir"]);
        command.arg(&metadata.target_directory);
        command
            .arg("--manifest-path")
            .arg(unpacked.join("Cargo.toml"));
        process::run(&mut command)?;
    }
    Ok(())
}

fn pack(published: &[&Package], target: &Path) -> Result<()> {
    let mut command = cargo(&["package", "--no-verify", "--target-dir"]);
    command.arg(target);
    for package in published {
        command.args(["--package", &package.name]);
    }
    // A developer may run this before committing; what CI packs is what is committed.
    if std::env::var_os("CI").is_none() {
        command.arg("--allow-dirty");
    }
    process::run(&mut command)
}

fn unpack(archive: &Path, into: &Path) -> Result<()> {
    let mut command = Command::new("tar");
    // `-m`: archives carry a date long past, by which cargo would take new sources for old ones.
    command
        .args(["-x", "-z", "-m", "-f"])
        .arg(archive)
        .arg("-C")
        .arg(into);
    process::run(command.stdin(Stdio::null())).context("tar is needed to unpack archives")
}

/// The folder within an archive.
fn folder(package: &Package) -> String {
    format!("{}-{}", package.name, package.version)
}

/// The manifest of a workspace in which the unpacked crates find one another.
fn workspace_of(published: &[&Package]) -> String {
    let folders: Vec<_> = published.iter().map(|package| folder(package)).collect();
    let mut manifest = format!(
        "[workspace]\nresolver = \"3\"\nmembers = {folders:?}\n\n\
         # As in the workspace they come from, so that dependencies need no second build.\n\
         [profile.dev]\ndebug = \"line-tables-only\"\n\n\
         [patch.crates-io]\n"
    );
    for (package, folder) in published.iter().zip(&folders) {
        // Writing to a string cannot fail.
        let _ = writeln!(manifest, "{} = {{ path = {folder:?} }}", package.name);
    }
    manifest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unpacked_crates_are_patched_over_the_registry() {
        let package = Package {
            name: "cacheflow".into(),
            version: "0.1.0".into(),
            rust_version: None,
            published: true,
            features: Vec::new(),
            examples: Vec::new(),
            dependencies: Vec::new(),
        };
        let manifest = workspace_of(&[&package]);
        assert!(
            manifest.contains("members = [\"cacheflow-0.1.0\"]\n"),
            "{manifest}"
        );
        let patch = "[patch.crates-io]\ncacheflow = { path = \"cacheflow-0.1.0\" }\n";
        assert!(manifest.ends_with(patch), "{manifest}");
    }
}

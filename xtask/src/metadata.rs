//! What cargo knows about the workspace and all it depends on.

use std::collections::HashMap;
use std::path::PathBuf;

use anyhow::{Context, Result};
use serde_json::Value;

use crate::process;

/// The answer of `cargo metadata`, as far as the commands need it.
#[derive(Debug)]
pub(crate) struct Metadata {
    /// Every package that was asked for, by id.
    pub(crate) packages: HashMap<String, Package>,
    /// The ids of the workspace's own packages.
    pub(crate) members: Vec<String>,
    pub(crate) target_directory: PathBuf,
}

/// One package, of the workspace or from elsewhere.
#[derive(Debug)]
pub(crate) struct Package {
    pub(crate) name: String,
    pub(crate) version: String,
    pub(crate) rust_version: Option<String>,
    pub(crate) published: bool,
    pub(crate) features: Vec<String>,
    pub(crate) examples: Vec<String>,
    /// Ids of normal and build dependencies with all features on every platform; development
    /// dependencies, which no user of the package compiles, are left out.
    pub(crate) dependencies: Vec<String>,
}

impl Metadata {
    /// The workspace's own packages alone, without their dependencies. Needs no network.
    ///
    /// # Errors
    ///
    /// If cargo fails or answers in a form it never had before.
    pub(crate) fn of_workspace() -> Result<Self> {
        Self::ask(&["--no-deps"])
    }

    /// All packages of all features and platforms, which cargo downloads where they are missing.
    ///
    /// # Errors
    ///
    /// As [`of_workspace`](Self::of_workspace).
    pub(crate) fn with_dependencies() -> Result<Self> {
        Self::ask(&["--all-features"])
    }

    fn ask(args: &[&str]) -> Result<Self> {
        let mut command = process::cargo(&["metadata", "--format-version", "1"]);
        let answer = process::stdout(command.args(args))?;
        let answer = serde_json::from_str(&answer).context("`cargo metadata`: no JSON")?;
        Self::read(&answer).context("`cargo metadata` answers in an unknown form")
    }

    fn read(answer: &Value) -> Result<Self> {
        let mut packages = HashMap::new();
        for package in list(answer, "packages")? {
            packages.insert(text(package, "id")?, Package::read(package)?);
        }
        // Without dependencies `resolve` is null.
        if !answer["resolve"].is_null() {
            for node in list(&answer["resolve"], "nodes")? {
                let id = text(node, "id")?;
                let package = packages.get_mut(&id).context("a node of no package")?;
                package.dependencies = dependencies(node)?;
            }
        }
        let members = list(answer, "workspace_members")?;
        Ok(Self {
            packages,
            members: members.iter().map(string).collect::<Result<_>>()?,
            target_directory: text(answer, "target_directory")?.into(),
        })
    }

    /// The workspace's own packages.
    pub(crate) fn members(&self) -> impl Iterator<Item = (&str, &Package)> {
        self.members
            .iter()
            .map(|id| (id.as_str(), &self.packages[id]))
    }

    /// The workspace's own package of this name.
    ///
    /// # Errors
    ///
    /// If there is none.
    pub(crate) fn member(&self, name: &str) -> Result<&Package> {
        self.members()
            .map(|(_, package)| package)
            .find(|package| package.name == name)
            .with_context(|| format!("the workspace has no package `{name}`"))
    }
}

impl Package {
    fn read(package: &Value) -> Result<Self> {
        let mut examples = Vec::new();
        for target in list(package, "targets")? {
            if list(target, "kind")?.iter().any(|kind| kind == "example") {
                examples.push(text(target, "name")?);
            }
        }
        let features = package["features"].as_object().context("no `features`")?;
        Ok(Self {
            name: text(package, "name")?,
            version: text(package, "version")?,
            rust_version: package["rust_version"].as_str().map(str::to_owned),
            // `publish = false` arrives as an empty list of registries, its absence as null.
            published: package["publish"]
                .as_array()
                .is_none_or(|to| !to.is_empty()),
            features: features.keys().cloned().collect(),
            examples,
            dependencies: Vec::new(),
        })
    }
}

fn dependencies(node: &Value) -> Result<Vec<String>> {
    let mut dependencies = Vec::new();
    for dependency in list(node, "deps")? {
        // The kind is null for a normal dependency.
        let kinds = list(dependency, "dep_kinds")?;
        if kinds.iter().any(|kind| kind["kind"] != "dev") {
            dependencies.push(text(dependency, "pkg")?);
        }
    }
    Ok(dependencies)
}

fn list<'v>(value: &'v Value, field: &str) -> Result<&'v Vec<Value>> {
    value[field]
        .as_array()
        .with_context(|| format!("no list `{field}`"))
}

fn text(value: &Value, field: &str) -> Result<String> {
    string(&value[field]).with_context(|| format!("no text `{field}`"))
}

fn string(value: &Value) -> Result<String> {
    Ok(value.as_str().context("not a text")?.to_owned())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn package(id: &str, publish: Value) -> Value {
        json!({
            "id": id, "name": id, "version": "1.0.0", "rust_version": "1.88",
            "publish": publish, "features": { "default": [] },
            "targets": [{ "kind": ["lib"], "name": id }, { "kind": ["example"], "name": "tour" }],
        })
    }

    fn dependency(id: &str, kind: Value) -> Value {
        json!({ "pkg": id, "dep_kinds": [{ "kind": kind, "target": null }] })
    }

    #[test]
    fn development_dependencies_are_left_out() {
        let answer = json!({
            "packages": [
                package("ours", json!(null)), package("normal", json!(null)),
                package("build", json!(null)), package("dev", json!([])),
            ],
            "resolve": { "nodes": [{ "id": "ours", "deps": [
                dependency("normal", json!(null)), dependency("build", json!("build")),
                dependency("dev", json!("dev")),
            ]}]},
            "workspace_members": ["ours"],
            "target_directory": "/t",
        });
        let metadata = Metadata::read(&answer).unwrap();
        let ours = metadata.member("ours").unwrap();
        assert_eq!(ours.dependencies, ["normal", "build"]);
        assert_eq!(ours.examples, ["tour"]);
        assert!(ours.published);
        assert!(!metadata.packages["dev"].published);
    }

    #[test]
    fn the_real_workspace_is_understood() {
        let metadata = Metadata::of_workspace().unwrap();
        assert!(metadata.member("cacheflow").unwrap().published);
        assert!(!metadata.member("xtask").unwrap().published);
    }
}

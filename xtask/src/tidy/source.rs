//! What the rules look at, and what they find.

use std::fmt;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

/// One source file.
#[derive(Debug)]
pub(super) struct Source {
    /// From the root of the workspace, with `/` between folders: `cacheflow/src/store/mod.rs`.
    pub(super) path: String,
    pub(super) text: String,
}

impl Source {
    /// All Rust files below `src` of the crates whose folders are named `cacheflow…`, by path.
    pub(super) fn read_all(root: &Path) -> Result<Vec<Self>> {
        let mut sources = Vec::new();
        for name in names(root)? {
            let folder = root.join(&name).join("src");
            if name.starts_with("cacheflow") && folder.is_dir() {
                read_folder(&folder, &format!("{name}/src"), &mut sources)?;
            }
        }
        Ok(sources)
    }
}

fn read_folder(folder: &Path, path: &str, sources: &mut Vec<Source>) -> Result<()> {
    for name in names(folder)? {
        let file = folder.join(&name);
        let path = format!("{path}/{name}");
        if file.is_dir() {
            read_folder(&file, &path, sources)?;
        } else if name.ends_with(".rs") {
            let text =
                fs::read_to_string(&file).with_context(|| format!("{path} is unreadable"))?;
            sources.push(Source { path, text });
        }
    }
    Ok(())
}

/// What lies in a folder, sorted. A name that is not UTF-8 is none of ours.
fn names(folder: &Path) -> Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(folder).with_context(|| format!("{}", folder.display()))? {
        names.extend(entry?.file_name().into_string());
    }
    names.sort();
    Ok(names)
}

/// A place where a rule is broken.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Fault {
    pub(super) path: String,
    pub(super) line: usize,
    pub(super) message: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.path, self.line, self.message)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_crates_are_read_and_nothing_else() {
        let sources = Source::read_all(crate::process::root()).unwrap();
        assert!(
            sources
                .iter()
                .any(|source| source.path == "cacheflow/src/lib.rs")
        );
        assert!(
            sources
                .iter()
                .any(|source| source.path == "cacheflow-macros/src/lib.rs")
        );
        assert!(
            sources
                .iter()
                .all(|source| !source.path.starts_with("xtask"))
        );
    }
}

//! The rules over the real tree.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail};

use super::source::{Fault, Source};
use super::table::Table;
use super::{imports, limits};
use crate::process;

/// Where the table of rows stands.
const TABLE: &str = "docs/architecture.md";

/// Checks the workspace.
///
/// # Errors
///
/// Lists all faults, each with its file and line; or says why the table cannot be read.
pub(crate) fn run() -> Result<()> {
    let sources = Source::read_all(process::root())?;
    let faults = check(process::root(), &sources)?;
    if !faults.is_empty() {
        let lines: Vec<_> = faults.iter().map(Fault::to_string).collect();
        bail!("the source is not tidy\n  {}", lines.join("\n  "));
    }
    println!("{} files are tidy", sources.len());
    Ok(())
}

fn check(root: &Path, sources: &[Source]) -> Result<Vec<Fault>> {
    let text = fs::read_to_string(root.join(TABLE))
        .with_context(|| format!("{TABLE}, which has the table of rows, cannot be read"))?;
    let table = Table::read(&text).with_context(|| format!("{TABLE} has no usable table"))?;
    let mut faults = imports::check(&table, sources);
    faults.extend(limits::check(sources));
    Ok(faults)
}

#[cfg(test)]
mod tests {
    /// This is what makes `cargo test` fail on an arrow that runs back up.
    #[test]
    fn the_workspace_is_tidy() {
        if let Err(error) = super::run() {
            panic!("{error:#}");
        }
    }
}

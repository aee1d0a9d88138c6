//! The order of the parts.

use anyhow::Result;

use super::summary::Summary;
use super::{examples, suite};
use crate::metadata::Metadata;
use crate::{process, redis};

/// Runs all tests and examples, and adds up how they went. A failing one does not stop the others.
///
/// # Errors
///
/// If there is nothing to test with: no redis-server, no cargo, an example unknown to us.
pub(crate) fn run() -> Result<Summary> {
    process::heading("redis-server");
    let server = redis::ensure()?;
    examples::check_listed(&Metadata::of_workspace()?)?;

    process::heading("tests");
    let mut summary = suite::run(&server)?;
    process::heading("interleaved threads");
    summary += suite::interleaved()?;
    for example in examples::ALL {
        summary += example.run(&server)?;
    }
    Ok(summary)
}

//! The examples: each one is run as a user would run it. One that ends well counts as one test.

use std::path::Path;

use anyhow::{Result, bail};

use super::summary::Summary;
use crate::metadata::Metadata;
use crate::{process, redis};

const PACKAGE: &str = "cacheflow-examples";

/// Every run of every example. An example that is missing here fails `cargo xtask test`.
pub(super) const ALL: &[Example] = &[
    Example::new("quickstart", &["--quick"]),
    Example::new("quickstart", &["--quick"]).with_redis(),
    Example::new("quickstart", &["--quick", "--nodes", "3"]).with_redis(),
    Example::new("blog", &[]),
    Example::new("blog", &[]).with_redis(),
    Example::new("cache_aside", &[]),
    Example::new("multi_level", &[]),
    Example::new("multi_level", &[]).with_redis(),
    Example::new("write_through", &[]),
    Example::new("write_behind", &[]),
    Example::new("refresh_ahead", &[]),
    Example::new("circuit_breaker", &[]),
    Example::new("distributed_lock", &[]),
    Example::new("distributed_lock", &[]).with_redis(),
    Example::new("sealing", &[]),
    Example::new("dictionary", &[]),
    Example::new("custom_codec", &[]),
    Example::new("million", &["--keys", "20000"]),
    Example::new("operations", &["--listen", "127.0.0.1:0", "--for", "2s"]),
    Example::new("operations", &["--listen", "127.0.0.1:0", "--for", "2s"]).with_redis(),
    Example::new("warm_start", &["--entries", "20000"]),
    Example::new("warm_start", &["--entries", "20000"]).with_redis(),
    Example::new("costs", &["--millis", "50"]),
];

/// One run of one example of the package `cacheflow-examples`.
pub(super) struct Example {
    name: &'static str,
    args: &'static [&'static str],
    /// Whether a redis-server is started for it, whose address it gets as `--redis <url>`.
    redis: bool,
}

impl Example {
    const fn new(name: &'static str, args: &'static [&'static str]) -> Self {
        Self {
            name,
            args,
            redis: false,
        }
    }

    const fn with_redis(self) -> Self {
        Self {
            redis: true,
            ..self
        }
    }

    /// Builds it and runs it.
    ///
    /// # Errors
    ///
    /// If its server does not start. An example that fails is no error here but in the summary.
    pub(super) fn run(&self, server: &Path) -> Result<Summary> {
        process::heading(&format!(
            "example {}{}",
            self.name,
            if self.redis { " with Redis" } else { "" },
        ));
        let mut command =
            process::cargo(&["run", "--package", PACKAGE, "--example", self.name, "--"]);
        command.args(self.args);
        // Kept until the example has ended.
        let _running = if self.redis {
            let running = redis::Server::start(server)?;
            command.args(["--redis", &running.url()]);
            Some(running)
        } else {
            None
        };
        match process::run(&mut command) {
            Ok(()) => Ok(Summary::ONE_PASSED),
            Err(error) => {
                eprintln!("{error:#}");
                Ok(Summary::ONE_FAILED)
            }
        }
    }
}

/// Checks that no example is left out of [`ALL`].
pub(super) fn check_listed(metadata: &Metadata) -> Result<()> {
    let missing = unlisted(&metadata.member(PACKAGE)?.examples, ALL);
    if !missing.is_empty() {
        bail!(
            "xtask/src/test/examples.rs does not run: {}",
            missing.join(", ")
        );
    }
    Ok(())
}

fn unlisted<'m>(present: &'m [String], listed: &[Example]) -> Vec<&'m str> {
    present
        .iter()
        .map(String::as_str)
        .filter(|name| listed.iter().all(|example| example.name != *name))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_example_nobody_runs_is_noticed() {
        let present = ["quickstart".to_owned(), "tour".to_owned()];
        assert_eq!(
            unlisted(&present, &[Example::new("quickstart", &[])]),
            ["tour"]
        );
    }
}

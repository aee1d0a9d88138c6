//! `cargo xtask soak`: several processes, faults at random, and a judge of what they read.

use anyhow::{Context, Result, bail};

use crate::{process, redis};

/// What `cargo xtask help` prints of it.
pub(crate) const HELP: &str = "
  soak [--minutes N] [--seed S]
         Run the soak in a release build: node processes on real servers, faults drawn
         from the seed, every read judged. By default 10 minutes and seed 1. Ends with
         figures, or with the first violation and its history.
";

/// How long it runs unless it is told.
const MINUTES: f64 = 10.0;
const SEED: u64 = 1;

/// For how long, and with which operations and faults.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Options {
    minutes: f64,
    seed: u64,
}

/// Reads `--minutes N` and `--seed S`, in any order; both may be left out. `None` asks for help.
///
/// # Errors
///
/// On anything else.
pub(crate) fn parse(mut args: impl Iterator<Item = String>) -> Result<Option<Options>> {
    let mut options = Options {
        minutes: MINUTES,
        seed: SEED,
    };
    while let Some(name) = args.next() {
        let mut value = || {
            args.next()
                .with_context(|| format!("`{name}` wants a number"))
        };
        match name.as_str() {
            "--minutes" => options.minutes = number(&name, &value()?)?,
            "--seed" => options.seed = number(&name, &value()?)?,
            "-h" | "--help" => return Ok(None),
            _ => bail!("`cargo xtask soak` takes --minutes N and --seed S, but was given `{name}`"),
        }
    }
    Ok(Some(options))
}

fn number<N: std::str::FromStr>(name: &str, value: &str) -> Result<N> {
    let number = value.parse().ok();
    number.with_context(|| format!("`{name}` wants a number, but was given `{value}`"))
}

/// Runs the soak in a release build.
///
/// # Errors
///
/// If there is no redis-server, or a promise was broken.
pub(crate) fn run(options: Option<Options>) -> Result<()> {
    let Some(options) = options else {
        print!("Usage: cargo xtask soak{HELP}");
        return Ok(());
    };
    let server = redis::ensure()?;
    let (minutes, seed) = (options.minutes.to_string(), options.seed.to_string());
    let mut command = process::cargo(&["test", "--release", "-p", "cacheflow-redis", "--test"]);
    command.args(["soak", "--", "--minutes", &minutes, "--seed", &seed]);
    command.env(redis::SERVER_VARIABLE, server);
    process::run(&mut command)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse_words(words: &[&str]) -> Result<Option<Options>, String> {
        parse(words.iter().map(|word| word.to_string())).map_err(|error| error.to_string())
    }

    #[test]
    fn options_come_in_any_order_or_not_at_all() {
        let options = |minutes, seed| Ok(Some(Options { minutes, seed }));
        assert_eq!(parse_words(&[]), options(10.0, 1));
        assert_eq!(parse_words(&["--seed", "7"]), options(10.0, 7));
        assert_eq!(
            parse_words(&["--seed", "7", "--minutes", "0.5"]),
            options(0.5, 7)
        );
    }

    #[test]
    fn help_is_given() {
        assert_eq!(parse_words(&["--help"]), Ok(None));
    }

    #[test]
    fn what_is_no_option_or_no_number_is_refused() {
        for (words, part) in [
            (&["--fast"][..], "`--fast`"),
            (&["--minutes"], "`--minutes` wants a number"),
            (&["--seed", "x"], "given `x`"),
        ] {
            let error = parse_words(words).unwrap_err();
            assert!(error.contains(part), "{error}");
        }
    }
}

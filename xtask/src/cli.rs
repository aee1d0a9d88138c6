//! The command line: one word, nothing else.

use anyhow::{Result, bail};

use crate::nearest::nearest;

/// What `cargo xtask help` prints.
pub(crate) const HELP: &str = "\
Usage: cargo xtask <command>

  test   Set up what the tests need and run them all. Finds redis-server
         (TESTKIT_REDIS_SERVER, else redis-server or valkey-server on PATH) or
         installs it with the package manager; runs unit, integration, UI and
         documentation tests, then the examples, in-process and against a
         redis-server of its own. Ends with the line `N passed, M failed`.
  ci     All that must hold before a change lands, as .ci/run does it, stopping at
         the first step that fails:
           redis     redis-server is there or can be installed
           fmt       cargo fmt --all --check
           tidy      as below
           msrv      as below
           clippy    the whole workspace with all features, benches included
           features  cacheflow without features, and with each one alone
           doc       rustdoc without warnings
           test      as above
           package   cargo package of the published crates, built from the archive;
                     the tree must be committed where CI is set
         Ends with the line `N passed, M failed` of its tests.
  tidy   Check that modules of cacheflow name only lower rows of the table in
         docs/architecture.md, that no source file exceeds 500 lines and that no
         todo!, unimplemented! or dbg! is left.
  msrv   Check that nothing the published crates depend on needs a newer Rust than
         the rust-version they state.
  help   Print this.
";

const COMMANDS: [(&str, Command); 5] = [
    ("test", Command::Test),
    ("ci", Command::Ci),
    ("tidy", Command::Tidy),
    ("msrv", Command::Msrv),
    ("help", Command::Help),
];

/// What to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Command {
    Test,
    Ci,
    Tidy,
    Msrv,
    Help,
}

/// Reads the arguments after the program's name. None at all asks for help.
///
/// # Errors
///
/// On an unknown command, naming the nearest known one, and on anything after a command.
pub(crate) fn parse(mut args: impl Iterator<Item = String>) -> Result<Command> {
    let Some(name) = args.next() else {
        return Ok(Command::Help);
    };
    if is_help(&name) {
        return Ok(Command::Help);
    }
    let Some((name, command)) = COMMANDS.iter().find(|(known, _)| *known == name) else {
        bail!("{}", unknown(&name));
    };
    match args.next() {
        None => Ok(*command),
        Some(arg) if is_help(&arg) => Ok(Command::Help),
        Some(arg) => bail!("`cargo xtask {name}` takes no arguments, but was given `{arg}`"),
    }
}

fn is_help(arg: &str) -> bool {
    matches!(arg, "-h" | "--help")
}

fn unknown(name: &str) -> String {
    let known = COMMANDS.map(|(name, _)| name);
    let hint = match nearest(name, &known) {
        Some(near) => format!("did you mean `cargo xtask {near}`?"),
        None => format!("there are: {}", known.join(", ")),
    };
    format!("`{name}` is no command of xtask; {hint}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse_words(words: &[&str]) -> Result<Command, String> {
        parse(words.iter().map(|word| word.to_string())).map_err(|error| error.to_string())
    }

    #[test]
    fn every_command_is_read_and_explained() {
        for (name, command) in COMMANDS {
            assert_eq!(parse_words(&[name]), Ok(command));
            assert!(HELP.contains(&format!("\n  {name} ")), "help omits {name}");
        }
    }

    #[test]
    fn help_is_given_in_every_way_it_is_asked_for() {
        for words in [&[][..], &["-h"], &["--help"], &["test", "--help"]] {
            assert_eq!(parse_words(words), Ok(Command::Help));
        }
    }

    #[test]
    fn a_mistyped_command_names_the_nearest() {
        let error = parse_words(&["tets"]).unwrap_err();
        assert!(
            error.contains("did you mean `cargo xtask test`?"),
            "{error}"
        );
    }

    #[test]
    fn a_word_like_no_command_lists_them_all() {
        let error = parse_words(&["deploy"]).unwrap_err();
        assert!(error.contains("test, ci, tidy, msrv, help"), "{error}");
    }

    #[test]
    fn arguments_are_refused_rather_than_ignored() {
        let error = parse_words(&["test", "--release"]).unwrap_err();
        assert!(error.contains("`--release`"), "{error}");
    }
}

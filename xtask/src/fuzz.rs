//! `cargo xtask fuzz`: bytes that nobody has thought of.
//!
//! libFuzzer drives the targets of `fuzz/`. `cargo-fuzz` would want a nightly compiler; the
//! instruments themselves do not: they are a pass of LLVM, which a stable compiler takes as
//! well. What is left out so is the address sanitizer, for which there is no use where unsafe
//! code is forbidden. A C++ compiler is needed, for libFuzzer itself.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail, ensure};

use crate::process;

/// What `cargo xtask help` prints of it.
pub(crate) const HELP: &str = "
  fuzz [--seconds N] [--target NAME]
         Run each target of fuzz/ with libFuzzer, on a stable compiler, each for N
         seconds (by default 60), or the one of that name. Needs a C++ compiler. What
         it finds lies in target/fuzz/found; a crash ends it, and its bytes lie in
         fuzz/artifacts.
";

const SECONDS: u64 = 60;

/// What makes a fuzzer see where the bytes have led.
const INSTRUMENTS: [&str; 10] = [
    "--cfg=fuzzing",
    "-Cpasses=sancov-module",
    "-Cllvm-args=-sanitizer-coverage-level=4",
    "-Cllvm-args=-sanitizer-coverage-inline-8bit-counters",
    "-Cllvm-args=-sanitizer-coverage-pc-table",
    "-Cllvm-args=-sanitizer-coverage-trace-compares",
    "-Ccodegen-units=1",
    "-Cdebug-assertions",
    "-Coverflow-checks",
    "-Cforce-frame-pointers",
];

/// For how long, and which.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Options {
    seconds: u64,
    target: Option<String>,
}

/// Reads `--seconds N` and `--target NAME`, in any order; both may be left out. `None` asks for
/// help.
///
/// # Errors
///
/// On anything else.
pub(crate) fn parse(mut args: impl Iterator<Item = String>) -> Result<Option<Options>> {
    let mut options = Options {
        seconds: SECONDS,
        target: None,
    };
    while let Some(name) = args.next() {
        let mut value = || {
            args.next()
                .with_context(|| format!("`{name}` wants a value"))
        };
        match name.as_str() {
            "--seconds" => {
                let value = value()?;
                let number = value.parse().ok().filter(|seconds| *seconds > 0);
                let fault = || format!("`{name}` wants a number above 0, but was given `{value}`");
                options.seconds = number.with_context(fault)?;
            }
            "--target" => options.target = Some(value()?),
            "-h" | "--help" => return Ok(None),
            _ => bail!(
                "`cargo xtask fuzz` takes --seconds N and --target NAME, but was given `{name}`"
            ),
        }
    }
    Ok(Some(options))
}

/// Builds the targets and runs them, one after the other.
///
/// # Errors
///
/// If there is no such target, no C++ compiler, or a target has crashed.
pub(crate) fn run(options: Option<Options>) -> Result<()> {
    let Some(options) = options else {
        print!("Usage: cargo xtask fuzz{HELP}");
        return Ok(());
    };
    let root = process::root().join("fuzz");
    let mut targets = targets(&root)?;
    if let Some(wanted) = &options.target {
        let all = targets.join(", ");
        targets.retain(|target| target == wanted);
        ensure!(
            !targets.is_empty(),
            "`{wanted}` is no target; there are: {all}"
        );
    }
    let host = host()?;
    let built = process::root().join("target/fuzz");
    let mut command = process::cargo(&["build", "--release", "--target", &host]);
    command.arg("--manifest-path").arg(root.join("Cargo.toml"));
    command.arg("--target-dir").arg(&built);
    // For the target alone: build scripts and macros are not fuzzed.
    command.env("RUSTFLAGS", INSTRUMENTS.join(" "));
    process::run(&mut command).context("the targets cannot be built; is there a C++ compiler?")?;

    for target in &targets {
        process::heading(&format!("fuzzing {target} for {} s", options.seconds));
        let found = built.join("found").join(target);
        let artifacts = root.join("artifacts").join(target);
        fs::create_dir_all(&found)?;
        fs::create_dir_all(&artifacts)?;
        let program = built.join(&host).join("release").join(target);
        let mut command = std::process::Command::new(program);
        command.args([
            &format!("-max_total_time={}", options.seconds),
            &format!("-artifact_prefix={}/", artifacts.display()),
            "-max_len=8192",
            "-timeout=10",
            "-rss_limit_mb=2048",
            "-print_final_stats=1",
            "-verbosity=0",
        ]);
        command.arg(found).arg(root.join("corpus").join(target));
        process::run(&mut command).with_context(|| format!("the target {target} has crashed"))?;
    }
    println!("\n{} targets ran without a crash", targets.len());
    Ok(())
}

/// The names of all targets.
fn targets(root: &Path) -> Result<Vec<String>> {
    let mut names = Vec::new();
    for file in fs::read_dir(root.join("targets"))? {
        let path = file?.path();
        let name = path.file_stem().and_then(|name| name.to_str());
        names.extend(name.map(str::to_owned));
    }
    names.sort();
    Ok(names)
}

/// The compiler's own triple.
fn host() -> Result<String> {
    let told = process::stdout(std::process::Command::new("rustc").arg("-vV"))?;
    let host = told.lines().find_map(|line| line.strip_prefix("host: "));
    Ok(host.context("rustc does not tell its host")?.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse_words(words: &[&str]) -> Result<Option<Options>, String> {
        parse(words.iter().map(|word| word.to_string())).map_err(|error| error.to_string())
    }

    #[test]
    fn options_come_in_any_order_or_not_at_all() {
        let options = |seconds, target: Option<&str>| {
            Ok(Some(Options {
                seconds,
                target: target.map(str::to_owned),
            }))
        };
        assert_eq!(parse_words(&[]), options(60, None));
        assert_eq!(
            parse_words(&["--target", "json", "--seconds", "5"]),
            options(5, Some("json"))
        );
        assert_eq!(parse_words(&["--help"]), Ok(None));
    }

    #[test]
    fn what_is_no_option_or_no_number_is_refused() {
        for (words, part) in [
            (&["--fast"][..], "`--fast`"),
            (&["--seconds"], "`--seconds` wants a value"),
            (&["--seconds", "0"], "given `0`"),
        ] {
            let error = parse_words(words).unwrap_err();
            assert!(error.contains(part), "{error}");
        }
    }

    #[test]
    fn every_target_has_a_corpus() {
        let root = process::root().join("fuzz");
        let targets = targets(&root).unwrap();
        assert!(targets.len() >= 7, "{targets:?}");
        for target in targets {
            assert!(root.join("corpus").join(&target).is_dir(), "{target}");
        }
    }
}

//! How many tests passed, read from what the test programs print.

use std::fmt;
use std::ops::AddAssign;

/// The outcome of a run. Displayed as `N passed, M failed`, with `, K skipped` where tests are
/// marked `#[ignore]`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Summary {
    pub(crate) passed: u64,
    pub(crate) failed: u64,
    pub(crate) skipped: u64,
}

impl Summary {
    pub(crate) const ONE_PASSED: Self = Self {
        passed: 1,
        failed: 0,
        skipped: 0,
    };
    pub(crate) const ONE_FAILED: Self = Self {
        passed: 0,
        failed: 1,
        skipped: 0,
    };
}

impl AddAssign for Summary {
    fn add_assign(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
        self.skipped += other.skipped;
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} passed, {} failed", self.passed, self.failed)?;
        if self.skipped > 0 {
            write!(f, ", {} skipped", self.skipped)?;
        }
        Ok(())
    }
}

/// Adds up the result lines in the output of `cargo test`.
///
/// A test program says `running N tests`, and in the end `test result: …` with numbers that add up
/// to N. A result counts only after such an announcement and only if it does add up, so that a
/// result line inside the output of a failed test does not count beside the one it is part of.
#[derive(Debug, Default)]
pub(super) struct Tally {
    summary: Summary,
    announced: Option<u64>,
}

impl Tally {
    /// Takes the next line, without its end.
    pub(super) fn line(&mut self, line: &str) {
        if let Some(count) = announcement(line) {
            self.announced = Some(count);
        } else if let Some((total, result)) = result(line)
            && self.announced == Some(total)
        {
            self.announced = None;
            self.summary += result;
        }
    }

    /// The sum of all lines. A `cargo test` that did not succeed has failed somewhere, even if no
    /// line says so: it did not compile, or a test program crashed.
    pub(super) fn finish(mut self, success: bool) -> Summary {
        if !success {
            self.summary.failed = self.summary.failed.max(1);
        }
        self.summary
    }
}

/// Reads `running 3 tests`.
fn announcement(line: &str) -> Option<u64> {
    let (count, noun) = line.strip_prefix("running ")?.split_once(' ')?;
    matches!(noun, "test" | "tests").then(|| count.parse().ok())?
}

/// Reads `test result: ok. 3 passed; 0 failed; 1 ignored; 0 measured; 2 filtered out; finished in
/// 0.00s` as how many were run and how they went.
fn result(line: &str) -> Option<(u64, Summary)> {
    let counts = line.strip_prefix("test result: ")?;
    let counts = counts
        .strip_prefix("ok. ")
        .or_else(|| counts.strip_prefix("FAILED. "))?;
    let mut total = 0;
    let mut summary = Summary::default();
    for part in counts.split("; ") {
        let Some((count, what)) = part.split_once(' ') else {
            continue;
        };
        let Ok(count) = count.parse::<u64>() else {
            continue;
        };
        match what {
            "passed" => summary.passed = count,
            "failed" => summary.failed = count,
            "ignored" => summary.skipped = count,
            "measured" => {}
            _ => continue,
        }
        total += count;
    }
    Some((total, summary))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tally(output: &str) -> Summary {
        let mut tally = Tally::default();
        output.lines().for_each(|line| tally.line(line));
        tally.summary
    }

    fn summary(passed: u64, failed: u64, skipped: u64) -> Summary {
        Summary {
            passed,
            failed,
            skipped,
        }
    }

    #[test]
    fn results_of_all_programs_are_added() {
        let output = "
running 2 tests
test key::tests::a ... ok
test key::tests::b ... ignored

test result: ok. 1 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.00s


running 1 test
test c ... FAILED

failures:

failures:
    c

test result: FAILED. 0 passed; 1 failed; 0 ignored; 0 measured; 3 filtered out; finished in 1.20s

";
        assert_eq!(tally(output), summary(1, 1, 1));
    }

    #[test]
    fn merged_and_separate_doctests_both_count() {
        let output = "
running 2 tests
test cacheflow/src/lib.rs - (line 3) ... ok
test cacheflow/src/lib.rs - (line 9) ... ok

test result: ok. 2 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.01s


running 1 test
test cacheflow/src/key.rs - Key (line 20) - compile fail ... ok

test result: ok. 1 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.05s

all doctests ran in 0.41s; merged doctests compilation took 0.28s
";
        assert_eq!(tally(output), summary(3, 0, 0));
    }

    #[test]
    fn lines_of_trybuild_and_nextest_are_no_results() {
        let output = "
running 1 test
test tests/ui/unknown_option.rs ... ok
test tests/ui/missing_key.rs ... mismatch
test result of a fixture: ok. 9 passed; 0 failed
        PASS [   0.010s] cacheflow key::tests::a
     Summary [   0.512s] 9 tests run: 9 passed, 0 skipped
test ui ... ok

test result: ok. 1 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 2.51s
";
        assert_eq!(tally(output), summary(1, 0, 0));
    }

    #[test]
    fn a_result_inside_the_output_of_a_failed_test_does_not_count() {
        let output = "
running 2 tests
test a ... ok
test b ... FAILED

failures:

---- b stdout ----
test result: ok. 7 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.00s

test result: FAILED. 1 passed; 1 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.00s
test result: FAILED. 1 passed; 1 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.00s
";
        assert_eq!(tally(output), summary(1, 1, 0));
    }

    #[test]
    fn a_failure_without_any_result_line_is_a_failure() {
        assert_eq!(Tally::default().finish(false), summary(0, 1, 0));
        assert_eq!(Tally::default().finish(true), summary(0, 0, 0));
    }

    #[test]
    fn the_last_line_has_one_form() {
        assert_eq!(summary(12, 0, 0).to_string(), "12 passed, 0 failed");
        assert_eq!(
            summary(12, 1, 3).to_string(),
            "12 passed, 1 failed, 3 skipped"
        );
    }
}

//! Files stay small; nothing is left unfinished.

use super::source::{Fault, Source};
use super::tokens::{Kind, tokenize};

/// A file beyond this has more than one thing to say.
const MAX_LINES: usize = 500;

/// Macros that mark what is not finished. Clippy knows them too, but can be told to look away.
const UNFINISHED: [&str; 3] = ["todo", "unimplemented", "dbg"];

/// Checks every file by itself.
pub(super) fn check(sources: &[Source]) -> Vec<Fault> {
    let mut faults = Vec::new();
    for source in sources {
        let mut fault = |line, message| {
            let path = source.path.clone();
            faults.push(Fault {
                path,
                line,
                message,
            });
        };
        let lines = source.text.lines().count();
        if lines > MAX_LINES {
            fault(
                MAX_LINES + 1,
                format!("{lines} lines; cut the file, {MAX_LINES} are enough"),
            );
        }
        for pair in tokenize(&source.text).windows(3) {
            if let [
                Kind::Word(word),
                Kind::Sign('!'),
                Kind::Sign('(' | '[' | '{'),
            ] = [pair[0].kind, pair[1].kind, pair[2].kind]
                && UNFINISHED.contains(&word)
            {
                fault(pair[0].line, format!("`{word}!` is left in the source"));
            }
        }
    }
    faults
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults(text: &str) -> Vec<String> {
        let path = "cacheflow/src/key.rs".to_owned();
        let sources = [Source {
            path,
            text: text.to_owned(),
        }];
        check(&sources).iter().map(Fault::to_string).collect()
    }

    #[test]
    fn a_file_may_have_500_lines_and_no_more() {
        assert_eq!(faults(&"\n".repeat(500)), [""; 0]);
        let expected = "cacheflow/src/key.rs:501: 501 lines; cut the file, 500 are enough";
        assert_eq!(faults(&"\n".repeat(501)), [expected]);
    }

    #[test]
    fn unfinished_code_is_found_and_its_mention_is_not() {
        let expected = [
            "cacheflow/src/key.rs:1: `todo!` is left in the source",
            "cacheflow/src/key.rs:2: `dbg!` is left in the source",
            "cacheflow/src/key.rs:2: `unimplemented!` is left in the source",
        ];
        assert_eq!(faults("todo!()\nstd::dbg!(unimplemented! {})"), expected);
        assert_eq!(faults("// todo!()\n\"dbg!(x)\"; todo != (x)"), [""; 0]);
    }
}

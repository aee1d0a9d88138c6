//! The rows of `docs/architecture.md`.

use std::collections::HashMap;

use anyhow::{Context, Result, bail, ensure};

const OPENING: &str = "```text imports";
const CLOSING: &str = "```";

/// Which row each module of `cacheflow` stands in; higher rows may name lower ones.
#[derive(Debug)]
pub(super) struct Table {
    rows: HashMap<String, u32>,
}

impl Table {
    /// Reads the table from the first block of the text that opens with ` ```text imports `. Its
    /// lines are a row's number, the modules between ` · `, and after two or more spaces a remark:
    ///
    /// ```text
    ///  8 flow · cache            CacheFlow, Cache<K, V>, builders
    ///  7 config                  all options as data
    /// ```
    ///
    /// A module of the table need not exist yet.
    ///
    /// # Errors
    ///
    /// If there is no such block, if it does not end, if a line is no row, or if a row or a module
    /// stands in it twice.
    pub(super) fn read(text: &str) -> Result<Self> {
        let mut lines = text.lines().map(str::trim_end);
        lines
            .find(|line| *line == OPENING)
            .with_context(|| format!("there is no block that opens with `{OPENING}`"))?;
        let mut rows = HashMap::new();
        let mut numbers = Vec::new();
        for line in lines {
            if line == CLOSING {
                ensure!(!rows.is_empty(), "the block `{OPENING}` is empty");
                return Ok(Self { rows });
            }
            if line.is_empty() {
                continue;
            }
            let (number, modules) =
                parse_row(line).with_context(|| format!("`{line}` is no row of modules"))?;
            ensure!(
                !numbers.contains(&number),
                "row {number} stands there twice"
            );
            numbers.push(number);
            for module in modules {
                let before = rows.insert(module.to_owned(), number);
                ensure!(before.is_none(), "the module `{module}` stands there twice");
            }
        }
        bail!("the block `{OPENING}` does not end")
    }

    /// The row of a module, if it has one.
    pub(super) fn row(&self, module: &str) -> Option<u32> {
        self.rows.get(module).copied()
    }
}

fn parse_row(line: &str) -> Option<(u32, Vec<&str>)> {
    let (number, rest) = line.trim_start().split_once(' ')?;
    let rest = rest.trim_start();
    let modules = rest
        .split_once("  ")
        .map_or(rest, |(modules, _remark)| modules);
    let modules: Vec<_> = modules.split(" · ").collect();
    let named = modules.iter().all(|module| {
        let mut letters = module.chars();
        letters
            .next()
            .is_some_and(|first| first.is_ascii_lowercase() || first == '_')
            && letters.all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
    });
    Some((number.parse().ok()?, named.then_some(modules)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(rows: &str) -> Result<Table, String> {
        let text = format!("# Architecture\n\n```text\nno table\n```\n\n{OPENING}\n{rows}\n```\n");
        Table::read(&text).map_err(|error| format!("{error:#}"))
    }

    #[test]
    fn rows_have_a_number_modules_and_a_remark() {
        let table = table(
            "10 private                 what generated code calls\n\
             \n \
              8 flow · cache            CacheFlow, Cache<K, V>, builders\n \
              2 key",
        )
        .unwrap();
        let rows = ["private", "flow", "cache", "key"].map(|module| table.row(module));
        assert_eq!(rows, [Some(10), Some(8), Some(8), Some(2)]);
        assert_eq!(table.row("CacheFlow"), None, "a remark is no module");
    }

    #[test]
    fn a_text_without_the_block_says_what_is_missing() {
        let error = Table::read("# Architecture\n```text\n1 error\n```\n").unwrap_err();
        assert!(error.to_string().contains(OPENING), "{error}");
    }

    #[test]
    fn what_could_be_misread_is_refused() {
        assert!(
            Table::read(&format!("{OPENING}\n1 error\n"))
                .unwrap_err()
                .to_string()
                .contains("end")
        );
        assert!(table("").unwrap_err().contains("empty"));
        assert!(table("one error").unwrap_err().contains("no row"));
        assert!(table("1 error, clock").unwrap_err().contains("no row"));
        assert!(table("1 error what it is").unwrap_err().contains("no row"));
        assert!(table("1 error\n1 clock").unwrap_err().contains("row 1"));
        assert!(table("1 error\n2 error").unwrap_err().contains("`error`"));
    }
}

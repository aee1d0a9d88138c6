//! The direction of imports: a module of `cacheflow` names only modules of lower rows.
//!
//! A path to anything but a module of the table, such as an item that `lib.rs` re-exports, is
//! refused, because it would hide who is named; so is taking the root as a whole (`crate::*`).
//! `lib.rs` itself may name all.

use super::paths::{Named, module_of, named_in};
use super::source::{Fault, Source};
use super::table::Table;

const FOLDER: &str = "cacheflow/src/";

/// The one row that assembles: `CacheFlow` builds caches and `Cache` belongs to a `CacheFlow`, so
/// these two peers are one unit and may name each other.
const UNIT: [&str; 2] = ["flow", "cache"];

/// Checks the files of `cacheflow`; others are passed over.
pub(super) fn check(table: &Table, sources: &[Source]) -> Vec<Fault> {
    let mut faults = Vec::new();
    for source in sources {
        let Some(file) = source
            .path
            .strip_prefix(FOLDER)
            .filter(|file| *file != "lib.rs")
        else {
            continue;
        };
        let module = module_of(file);
        let fault = |line, message| Fault {
            path: source.path.clone(),
            line,
            message,
        };
        let Some(row) = table.row(module[0]) else {
            faults.push(fault(
                1,
                format!("the module `{}` is not in the table", module[0]),
            ));
            continue;
        };
        for (line, named) in named_in(&source.text, &module) {
            if let Err(why) = allowed(table, module[0], row, named) {
                faults.push(fault(line, why));
            }
        }
    }
    faults
}

fn allowed(table: &Table, module: &str, row: u32, named: Named<'_>) -> Result<(), String> {
    let Named::Item(item) = named else {
        return Err(format!(
            "`{module}` takes the whole crate: name the modules it needs"
        ));
    };
    let Some(other) = table.row(item) else {
        return Err(format!(
            "`{module}` names `crate::{item}`, which is no module of the table: name it by the \
             module it is defined in"
        ));
    };
    let unit = UNIT.contains(&module) && UNIT.contains(&item);
    if item == module || unit || other < row {
        return Ok(());
    }
    let why = if other == row {
        "peers do not name one another"
    } else {
        "the arrow runs back up"
    };
    Err(format!(
        "`{module}` (row {row}) names `{item}` (row {other}): {why}"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TABLE: &str = "\
```text imports
10 private
 9 warm
 8 flow · cache
 7 config
 6 strategy · invalidation
 5 store · source · bus · lock
 4 codec
 3 entry · event
 2 key
 1 error · clock · runtime
```";

    fn faults_in(files: &[(&str, &str)]) -> Vec<String> {
        let source = |(path, text): &(&str, &str)| Source {
            path: path.to_string(),
            text: text.to_string(),
        };
        let sources: Vec<_> = files.iter().map(source).collect();
        let table = Table::read(TABLE).unwrap();
        check(&table, &sources)
            .iter()
            .map(Fault::to_string)
            .collect()
    }

    #[test]
    fn arrows_down_pass_from_every_row() {
        let files = [
            (
                "cacheflow/src/lib.rs",
                "pub use crate::cache::Cache; pub mod private;",
            ),
            (
                "cacheflow/src/private.rs",
                "use crate::{warm::Warmer, cache, key::Key};",
            ),
            (
                "cacheflow/src/cache/mod.rs",
                "use crate::store::Store; use crate::strategy;",
            ),
            (
                "cacheflow/src/store/memory.rs",
                "use crate::{entry::Entry, key::*, error::Error};",
            ),
            (
                "cacheflow/src/key.rs",
                "use crate::error::Error; use std::fmt;",
            ),
            ("cacheflow/src/error.rs", "pub(crate) struct Error;"),
        ];
        assert_eq!(faults_in(&files), [""; 0]);
    }

    #[test]
    fn an_arrow_turned_round_is_found_with_its_line() {
        let files = [(
            "cacheflow/src/store/mod.rs",
            "use crate::key::Key;\nuse crate::cache::Cache;\n",
        )];
        let expected = "cacheflow/src/store/mod.rs:2: `store` (row 5) names `cache` (row 8): \
                        the arrow runs back up";
        assert_eq!(faults_in(&files), [expected]);
    }

    #[test]
    fn every_pair_of_modules_is_judged_by_its_rows() {
        let rows: [&[&str]; 10] = [
            &["error", "clock", "runtime"],
            &["key"],
            &["entry", "event"],
            &["codec"],
            &["store", "source", "bus", "lock"],
            &["strategy", "invalidation"],
            &["config"],
            &["flow", "cache"],
            &["warm"],
            &["private"],
        ];
        let modules = || {
            let numbered = rows.iter().enumerate();
            numbered.flat_map(|(row, names)| names.iter().map(move |name| (row, *name)))
        };
        for (row, module) in modules() {
            for (other_row, other) in modules() {
                let path = format!("cacheflow/src/{module}.rs");
                let faults = faults_in(&[(&path, &format!("fn f() {{ crate::{other}::f() }}"))]);
                let unit = row == 7 && other_row == 7;
                let allowed = module == other || other_row < row || unit;
                assert_eq!(
                    faults.is_empty(),
                    allowed,
                    "{module} -> {other}: {faults:?}"
                );
            }
        }
    }

    #[test]
    fn peers_do_not_name_one_another_except_the_unit_that_assembles() {
        let faults = faults_in(&[("cacheflow/src/store.rs", "use crate::bus::Bus;")]);
        assert_eq!(faults.len(), 1);
        assert!(faults[0].contains("peers"), "{}", faults[0]);
        let unit = [
            ("cacheflow/src/flow.rs", "use crate::cache::Cache;"),
            ("cacheflow/src/cache.rs", "use crate::flow::CacheFlow;"),
        ];
        assert_eq!(faults_in(&unit), [""; 0]);
    }

    #[test]
    fn a_module_outside_the_table_is_a_fault() {
        let faults = faults_in(&[("cacheflow/src/util/text.rs", "")]);
        let expected = "cacheflow/src/util/text.rs:1: the module `util` is not in the table";
        assert_eq!(faults, [expected]);
    }

    #[test]
    fn a_name_that_hides_its_module_is_a_fault() {
        let faults = faults_in(&[("cacheflow/src/key.rs", "use crate::Cache;\nuse crate::*;")]);
        assert_eq!(faults.len(), 2);
        assert!(
            faults[0].contains("`crate::Cache`, which is no module"),
            "{}",
            faults[0]
        );
        assert!(faults[1].contains("takes the whole crate"), "{}", faults[1]);
    }

    #[test]
    fn other_crates_are_passed_over() {
        let file = (
            "cacheflow-redis/src/store.rs",
            "use cacheflow::cache::Cache; use crate::bus;",
        );
        assert_eq!(faults_in(&[file]), [""; 0]);
    }
}

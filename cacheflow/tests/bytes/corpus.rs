//! What the fuzzer has found, gone over without it: `cargo xtask fuzz` finds more.

use std::fs;
use std::path::Path;

#[path = "../../../fuzz/checks.rs"]
mod checks;

#[test]
fn what_was_found_by_fuzzing_does_no_harm() {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz/corpus");
    for (name, check) in checks::ALL {
        let folder = corpus.join(name);
        let files = fs::read_dir(&folder).unwrap_or_else(|fault| panic!("{folder:?}: {fault}"));
        let mut count = 0;
        for file in files {
            let bytes = fs::read(file.unwrap().path()).unwrap();
            check(&bytes);
            count += 1;
        }
        assert!(count > 3, "{name} has a corpus");
    }
}

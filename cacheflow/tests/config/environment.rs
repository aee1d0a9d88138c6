//! The file of the working directory, and the variables of the process: each in a child
//! process of its own.

use std::path::Path;
use std::process::Command;

use cacheflow::CacheFlowConfig;

/// What the child prints before its configuration.
const LOADED: &str = "loaded: ";

/// Run by the others, in a process of its own.
#[test]
#[ignore = "the child of other tests"]
fn child() {
    match CacheFlowConfig::load() {
        Ok(config) => println!("{LOADED}{}", serde_json::to_string(&config).unwrap()),
        Err(error) => println!("{LOADED}{error}"),
    }
}

fn loaded(dir: &Path, variables: &[(&str, &str)]) -> String {
    let mut child = Command::new(std::env::current_exe().unwrap());
    child
        .args(["--exact", "environment::child", "--ignored", "--nocapture"])
        .current_dir(dir)
        .env_remove("CACHEFLOW_CONFIG")
        .envs(variables.iter().copied());
    // Those of the tests of this repository.
    for (name, _) in std::env::vars_os() {
        let name = name.to_string_lossy().into_owned();
        if name.starts_with("CACHEFLOW_") {
            child.env_remove(name);
        }
    }
    child.envs(variables.iter().copied());
    let output = child.output().unwrap();
    let output = String::from_utf8(output.stdout).unwrap();
    let line = output.lines().find_map(|line| line.split_once(LOADED));
    line.unwrap_or_else(|| panic!("{output}")).1.to_owned()
}

#[test]
fn the_file_of_the_working_directory_is_read_if_it_is_there_and_variables_over_it() {
    let dir = tempfile::tempdir().unwrap();
    assert_eq!(loaded(dir.path(), &[]), "{}");
    let file = "namespace = \"shop\"\n[caches.users]\nttl = \"1h\"\n";
    std::fs::write(dir.path().join("cacheflow.toml"), file).unwrap();
    let expected = r#"{"namespace":"shop","caches":{"users":{"ttl":"1h"}}}"#;
    assert_eq!(loaded(dir.path(), &[]), expected);
    let variables = [
        ("CACHEFLOW_ENABLED", "false"),
        ("CACHEFLOW_NAMESPACE", "else"),
    ];
    let expected = r#"{"enabled":false,"namespace":"else","caches":{"users":{"ttl":"1h"}}}"#;
    assert_eq!(loaded(dir.path(), &variables), expected);
}

#[test]
fn the_file_that_a_variable_names_must_be_there() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("cacheflow.toml"), "namespace = \"here\"").unwrap();
    std::fs::write(dir.path().join("other.yaml"), "namespace: there").unwrap();
    let other = loaded(dir.path(), &[("CACHEFLOW_CONFIG", "other.yaml")]);
    assert_eq!(other, r#"{"namespace":"there"}"#);
    let missing = loaded(dir.path(), &[("CACHEFLOW_CONFIG", "missing.toml")]);
    assert!(
        missing.contains("missing.toml: the file cannot be read"),
        "{missing}"
    );
}

#[test]
fn faults_of_file_and_variables_are_told_together() {
    let dir = tempfile::tempdir().unwrap();
    let file = "namespase = \"shop\"\n[caches.users]\nttl = \"soon\"\nmax_entries = 0\n";
    std::fs::write(dir.path().join("cacheflow.toml"), file).unwrap();
    let faults = loaded(dir.path(), &[("CACHEFLOW_ENABELD", "false")]);
    for part in [
        "cacheflow.toml: namespase: there is no such option; did you mean namespace?",
        "cacheflow.toml: caches.users.ttl: the duration \"soon\" cannot be read",
        "CACHEFLOW_ENABELD: there is no such option; did you mean CACHEFLOW_ENABLED?",
        "caches.users: max_entries = 0: allowed is 1 to",
    ] {
        assert!(faults.contains(part), "{part:?} is not in {faults}");
    }
}

//! The command line.

use std::path::PathBuf;
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// What this process is to be.
pub(crate) enum Role {
    Driver(Soak),
    Node(Box<NodeSettings>),
    /// Another test was asked for by name.
    Nothing,
}

/// A run.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Soak {
    pub(crate) seed: u64,
    pub(crate) nodes: usize,
    /// `None` for the short run among other tests.
    pub(crate) minutes: Option<f64>,
}

impl Soak {
    pub(crate) fn time(&self) -> Duration {
        match self.minutes {
            Some(minutes) => Duration::from_secs_f64(minutes * 60.0),
            None => Duration::from_secs(6),
        }
    }
}

/// What a node is told by its driver.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct NodeSettings {
    pub(crate) node: usize,
    pub(crate) nodes: usize,
    pub(crate) seed: u64,
    pub(crate) store: String,
    pub(crate) bus: String,
    pub(crate) database: PathBuf,
    pub(crate) max_staleness: Duration,
}

/// Before the settings of a node.
pub(crate) const NODE: &str = "--as-node";

/// Options of the test programs beside us that have a value.
const OF_OTHERS: [&str; 4] = ["--test-threads", "--skip", "--format", "--color"];

pub(crate) fn parse(args: impl Iterator<Item = String>) -> Result<Role, String> {
    let mut soak = Soak {
        seed: 1,
        nodes: 4,
        minutes: None,
    };
    let mut names = Vec::new();
    let mut args = args.peekable();
    while let Some(arg) = args.next() {
        let mut value = |what: &str| args.next().ok_or(format!("{what} wants a value"));
        match arg.as_str() {
            NODE => {
                let settings = serde_json::from_str(&value(NODE)?);
                return settings
                    .map(|settings| Role::Node(Box::new(settings)))
                    .map_err(|error| error.to_string());
            }
            "--minutes" => soak.minutes = Some(number(&arg, &value("--minutes")?)?),
            "--seed" => soak.seed = number(&arg, &value("--seed")?)?,
            "--nodes" => soak.nodes = number(&arg, &value("--nodes")?)?,
            "--list" => {
                println!("soak: test");
                return Ok(Role::Nothing);
            }
            other if OF_OTHERS.contains(&other) => drop(value(other)?),
            other if other.starts_with('-') => {}
            name => names.push(name.to_owned()),
        }
    }
    let is_asked_for = names.is_empty() || names.iter().any(|name| "soak".contains(name.as_str()));
    let sane = soak.nodes >= 2 && soak.minutes.is_none_or(|minutes| minutes > 0.0);
    match (is_asked_for, sane) {
        (_, false) => Err("wanted are two nodes or more, and a time above 0".to_owned()),
        (true, true) => Ok(Role::Driver(soak)),
        (false, true) => Ok(Role::Nothing),
    }
}

fn number<N: std::str::FromStr>(name: &str, value: &str) -> Result<N, String> {
    value
        .parse()
        .map_err(|_| format!("{name} wants a number, not {value:?}"))
}

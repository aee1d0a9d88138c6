//! What was measured, as it is kept: the sections of a run, their tables and
//! their goals.

use std::fs;
use std::io;
use std::path::Path;

use serde::{Deserialize, Serialize};

mod number;
mod spread;

pub use spread::Spread;

/// What one program has measured.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Section {
    /// Its name on the command line and in file names.
    pub id: String,
    /// Its name for readers.
    pub title: String,
    /// What was done, how, and who is left out for which reason, as Markdown.
    pub about: String,
    /// What was measured.
    pub tables: Vec<Measured>,
    /// What was aimed at.
    pub goals: Vec<Goal>,
}

/// The same work, done by several candidates.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Measured {
    /// What was done.
    pub title: String,
    /// What a sample counts: `ns`, `bytes`, `hits ÷ requests`.
    pub unit: String,
    /// Which samples are the better ones.
    pub better: Better,
    /// Under which circumstances.
    pub scenarios: Vec<String>,
    /// Who did it.
    pub candidates: Vec<Subject>,
    /// The candidate that ratios are taken to. None where the samples do not
    /// depend on the machine, and are compared as they are.
    pub base: Option<usize>,
    /// Of each candidate, in each scenario, of each round. Empty where nothing
    /// was measured, not a number where a round was spoilt.
    #[serde(with = "number::nested")]
    pub samples: Vec<Vec<Vec<f64>>>,
}

/// Which of two numbers is the better one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Better {
    /// The smaller one, as of times.
    Less,
    /// The greater one, as of hits.
    More,
}

/// A candidate.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Subject {
    /// What a table calls it, as Markdown.
    pub name: String,
    /// Whether it is `CacheFlow`.
    pub ours: bool,
    /// The version of the crate that was measured.
    pub version: String,
}

/// Something that is aimed at.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Goal {
    /// Of what.
    pub what: String,
    /// The aim, for readers: `≤ 2 × a bare DashMap`.
    pub target: String,
    /// The aim as a number.
    pub limit: f64,
    /// On which side of the limit it is met.
    pub better: Better,
    /// What was measured; not a number where it was not.
    #[serde(with = "number")]
    pub measured: f64,
    /// What was tried where it is missed, and why it is.
    pub tried: String,
}

/// A section with the circumstances under which it was measured.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Run {
    /// What was measured.
    pub section: Section,
    /// When it began, in seconds since 1970.
    pub began: u64,
    /// For how long, in seconds.
    pub seconds: f64,
    /// Processor and number of cores.
    pub machine: String,
    /// The compiler.
    pub rust: String,
    /// The commit of the tree.
    pub commit: String,
    /// How much was measured.
    pub extent: Extent,
    /// What else the machine did, before and after; empty if it was quiet.
    pub disturbances: Vec<String>,
}

#[cfg(test)]
impl Run {
    /// A full run of a section, of a second of a quiet machine that has no name.
    pub(crate) fn of(section: Section) -> Self {
        Self {
            section,
            began: 0,
            seconds: 1.0,
            machine: String::new(),
            rust: String::new(),
            commit: String::new(),
            extent: Extent::Full,
            disturbances: Vec::new(),
        }
    }
}

/// How much is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Extent {
    /// Only to see that it runs.
    Trial,
    /// Short rounds, fewer and smaller scenarios.
    Quick,
    /// All of it.
    Full,
}

impl Extent {
    /// One of three, by how much is measured.
    #[must_use]
    pub fn pick<T>(self, trial: T, quick: T, full: T) -> T {
        match self {
            Self::Trial => trial,
            Self::Quick => quick,
            Self::Full => full,
        }
    }
}

/// The sections of a whole run.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Results {
    /// In the order in which they were measured.
    pub runs: Vec<Run>,
}

impl Subject {
    /// `CacheFlow`.
    #[must_use]
    pub fn ours(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            ours: true,
            version: format!("cacheflow {}", env!("CARGO_PKG_VERSION")),
        }
    }

    /// Somebody else, with the crate and its version.
    #[must_use]
    pub fn peer(name: &str, version: &str) -> Self {
        Self {
            name: name.to_owned(),
            ours: false,
            version: version.to_owned(),
        }
    }
}

impl Goal {
    /// Whether it is met; `None` if it was not measured.
    #[must_use]
    pub fn is_met(&self) -> Option<bool> {
        let met = match self.better {
            Better::Less => self.measured <= self.limit,
            Better::More => self.measured >= self.limit,
        };
        (!self.measured.is_nan()).then_some(met)
    }

    /// By which share of the limit it is missed.
    #[must_use]
    pub fn missed_by(&self) -> f64 {
        match self.better {
            Better::Less => self.measured / self.limit - 1.0,
            Better::More => 1.0 - self.measured / self.limit,
        }
    }
}

impl Measured {
    /// What [`rounds::measure`](crate::rounds::measure) took, one scenario after
    /// the other, put in order by candidates.
    #[must_use]
    pub fn by_candidate(taken: &[Vec<Vec<f64>>]) -> Vec<Vec<Vec<f64>>> {
        let candidates = taken.iter().map(Vec::len).max().unwrap_or(0);
        let of = |candidate: usize| {
            let rounds = taken.iter().map(|taken| taken.get(candidate).cloned());
            rounds.map(Option::unwrap_or_default).collect()
        };
        (0..candidates).map(of).collect()
    }

    /// The samples of a candidate in a scenario; none if it was not measured.
    #[must_use]
    pub fn rounds(&self, candidate: usize, scenario: usize) -> &[f64] {
        let scenarios = self.samples.get(candidate);
        let rounds = scenarios.and_then(|scenarios| scenarios.get(scenario));
        rounds.map_or(&[], Vec::as_slice)
    }

    /// The samples in the table's unit.
    #[must_use]
    pub fn spread(&self, candidate: usize, scenario: usize) -> Option<Spread> {
        Spread::of(self.rounds(candidate, scenario).to_vec())
    }

    /// The ratios to another candidate, each within a round.
    #[must_use]
    pub fn ratio(&self, candidate: usize, to: usize, scenario: usize) -> Option<Spread> {
        let (of, to) = (self.rounds(candidate, scenario), self.rounds(to, scenario));
        Spread::of(of.iter().zip(to).map(|(of, to)| of / to).collect())
    }

    /// The place of the candidate of this name.
    #[must_use]
    pub fn candidate(&self, name: &str) -> Option<usize> {
        self.candidates.iter().position(|it| it.name == name)
    }
}

impl Results {
    /// Reads what [`write`](Self::write) wrote.
    ///
    /// # Errors
    ///
    /// If there is no such file, or something else is in it.
    pub fn read(path: &Path) -> io::Result<Self> {
        Ok(serde_json::from_slice(&fs::read(path)?)?)
    }

    /// Writes them as JSON.
    ///
    /// # Errors
    ///
    /// If the file cannot be written.
    pub fn write(&self, path: &Path) -> io::Result<()> {
        let mut text = serde_json::to_string(self)?;
        text.push('\n');
        fs::write(path, text)
    }

    /// When the last of them began.
    #[must_use]
    pub fn newest(&self) -> u64 {
        self.runs.iter().map(|run| run.began).max().unwrap_or(0)
    }

    /// Takes in a section, in place of an earlier run of it. What was measured
    /// on another machine, or to another extent, cannot stand beside it and goes.
    pub fn take_in(&mut self, run: Run) {
        self.runs
            .retain(|old| old.machine == run.machine && old.extent == run.extent);
        let earlier = self
            .runs
            .iter()
            .position(|old| old.section.id == run.section.id);
        match earlier {
            Some(place) => self.runs[place] = run,
            None => self.runs.push(run),
        }
    }
}

#[cfg(test)]
mod tests;
